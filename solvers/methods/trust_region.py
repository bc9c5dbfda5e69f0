"""Newton's method without a matrix: a trust region and conjugate gradients."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solvers.method import Evaluations, Method, Objective, Point, Step


class Region(NamedTuple):
    """Of one lane: the radius, and the Hessian-vector products so far."""

    radius: Float[Array, ""]
    products: Int[Array, ""]


class _Search(NamedTuple):
    """The state of the conjugate gradients for min g.p + 1/2 p.Hp, |p| <= radius."""

    p: Float[Array, " n"]
    residual: Float[Array, " n"]
    direction: Float[Array, " n"]
    products: Int[Array, ""]
    done: Bool[Array, ""]


@dataclass(frozen=True)
class NewtonCG(Method):
    """Trust-region Newton with Steihaug's truncated conjugate gradients, Hessian-vector products only.

    Memory grows with n, arithmetic with n times the products. Lengths are Euclidean, so the units of the variables
    matter.
    Reference: Steihaug 1983, SIAM J. Numer. Anal. 20(3), 626; Nocedal & Wright 2006, algorithms 4.1 and 7.2.
    """

    per_step = Evaluations(f=1)
    lowers = True
    most_products: int = 100
    """Most products of one step."""

    def init(self, x: Point, rate: Float[Array, ""]) -> Region:
        """The first radius is the length of the point, or 1."""
        return Region(jnp.maximum(1.0, jnp.linalg.norm(x)) * jnp.ones_like(rate), jnp.int32(0))

    def step(self, fn: Objective, x: Point, g: Point, memory: Region) -> Step:
        """One step, taken where f falls by a tenth of what the quadratic model promises."""
        product = jax.linearize(jax.grad(fn), x)[1]
        search = self._steihaug(product, g, memory.radius)
        p = search.p
        promised = -(g @ p + p @ product(p) / 2)
        gained = fn(x) - fn(x + p)
        ratio = gained / promised
        length = jnp.linalg.norm(p)
        wider = (ratio > 0.75) & (length >= 0.99 * memory.radius)
        radius = jnp.where(wider, 2 * memory.radius, jnp.where(ratio >= 0.25, memory.radius, length / 4))
        # Near a minimum f no longer tells two points apart: there a step inside the region is trusted.
        good = (ratio > 0.1) | ((jnp.abs(gained) <= _SAME * jnp.abs(fn(x))) & (length < memory.radius))
        state = Region(jnp.where(good, jnp.maximum(radius, length), radius), memory.products + search.products + 1)
        return Step(jnp.where(good, x + p, x), state)

    def spent(self, memory: Region) -> Evaluations:
        """The products."""
        return Evaluations(hvp=memory.products)  # type: ignore[arg-type]

    def workspace(self, n: int, f: int) -> int:
        """Six vectors, and f there, back and along a direction."""
        return 6 * n + 4 * f

    def _steihaug(self, product: Objective, g: Point, radius: Float[Array, ""]) -> _Search:
        size = jnp.linalg.norm(g)
        enough = jnp.minimum(0.5, jnp.sqrt(size)) * size  # superlinear: Nocedal & Wright (7.3)
        most = min(self.most_products, 2 * g.size)

        def unfinished(search: _Search) -> Bool[Array, ""]:
            return ~search.done & (search.products < most)

        def advance(search: _Search) -> _Search:
            p, r, d, products, _ = search
            Hd = product(d)
            curvature, square = d @ Hd, r @ r
            alpha = square / curvature
            outside = (curvature <= 0) | (jnp.linalg.norm(p + alpha * d) >= radius)
            inner, edge = p + alpha * d, p + _to_the_edge(p, d, radius) * d
            after = r + alpha * Hd
            beta = (after @ after) / square
            done = outside | (jnp.linalg.norm(after) <= enough) | ~jnp.isfinite(curvature)
            return _Search(jnp.where(outside, edge, inner), after, beta * d - after, products + 1, done)

        return jax.lax.while_loop(unfinished, advance, _Search(jnp.zeros_like(g), g, -g, jnp.int32(0), size == 0))


_SAME = 1e-12


def _to_the_edge(p: Float[Array, " n"], d: Float[Array, " n"], radius: Float[Array, ""]) -> Float[Array, ""]:
    """The positive t with |p + t d| = radius."""
    a, b, c = d @ d, p @ d, p @ p - radius**2
    return (-b + jnp.sqrt(jnp.maximum(b * b - a * c, 0))) / a
