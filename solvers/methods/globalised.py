"""Newton's method kept from running away: damped (still finds any root) and modified (finds minima)."""

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from solvers.linalg.derivatives import HESSIAN_BLOCK, dense_hessian
from solvers.methods.backtracking import SUFFICIENT, ahead, dot, falls, settle
from solvers.methods.newton import Newton
from solvers.solver import Evaluations, Method, Objective, Point, Step


@dataclass(frozen=True)
class DampedNewton(Newton):
    """Newton's step, halved until |grad f| falls by 1e-4 t of itself: root-finding that cannot run away.

    Like Newton's method it finds saddles and maxima as gladly as minima; it may stop at a point where |grad f| is
    smallest and not zero, since there the step length shrinks without end.
    Reference: Nocedal & Wright 2006, algorithm 11.4, with the merit function 1/2 |grad f|^2.
    """

    per_step: ClassVar[Evaluations] = Evaluations(g=1, h=1, linear_solves=1)

    def init(self, x: Point, rate: Float[Array, ""]) -> Any:
        """The first length is 1: Newton's own step."""
        del x
        return jnp.ones_like(rate)

    def step(self, fn: Objective, x: Point, g: Point, memory: Any) -> Step:
        """One trial."""
        p, singular, doubt = self.direction(fn, x, g)
        trial = ahead(x, p, memory)
        slope = jax.grad(fn)(trial)
        good = dot(slope, slope) <= (1 - SUFFICIENT * memory) ** 2 * dot(g, g)
        return settle(x, trial, memory, good, most=1.0, singular=singular)._replace(doubt=doubt)


@dataclass(frozen=True)
class ModifiedNewton(Method):
    """Newton's step with |lambda| for every eigenvalue of the Hessian, halved until f falls: a descent, so minima.

    The Hessian is scaled to unit rows first, so that the units of the variables drop out; eigenvalues below 1e-8 of the
    largest count as that.
    Reference: Gill, Murray & Wright 1981, Practical Optimization, section 4.4.2.1; Nocedal & Wright 2006, section 3.4.
    """

    per_step: ClassVar[Evaluations] = Evaluations(f=1, h=1, linear_solves=1)
    lowers: ClassVar[bool] = True

    def init(self, x: Point, rate: Float[Array, ""]) -> Any:
        """The first length is 1."""
        del x
        return jnp.ones_like(rate)

    def step(self, fn: Objective, x: Point, g: Point, memory: Any) -> Step:
        """One trial."""
        H = dense_hessian(fn, x)
        rows = jnp.max(jnp.abs(H), axis=1)
        unit = jnp.where(rows > 0, jax.lax.rsqrt(rows), 1)
        values, vectors = jnp.linalg.eigh(H * unit[:, None] * unit)
        size = jnp.maximum(jnp.abs(values), _FLOOR * jnp.max(jnp.abs(values)))
        p = unit * (vectors @ ((vectors.T @ (unit * g)) / size))
        trial = ahead(x, p, memory)
        good = falls(fn, x, trial, SUFFICIENT * memory * dot(g, p))
        return settle(x, trial, memory, good, most=1.0, singular=jnp.max(rows) == 0)

    def workspace(self, n: int, f: int) -> int:
        """The Hessian, its vectors, and f differentiated along as many directions as there are at a time."""
        return 3 * n * n + min(n, HESSIAN_BLOCK) * 2 * f


_FLOOR = 1e-8
