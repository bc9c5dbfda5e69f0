"""Interval Newton's method on a batch of boxes: which hold no root, which exactly one, and what is left of the others.

Hansen & Sengupta 1981, BIT 21, 201; Neumaier 1990, Interval Methods for Systems of Equations, theorem 5.1.7: when every
new interval lies strictly inside of the old one, the box holds exactly one root and its Hessians are all regular.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from solvers.exact.certified.interval import Interval, add, div, mul, point, sub, total


class Contracted(NamedTuple):
    """What a step knows of each box."""

    box: Interval
    """[n boxes]: every root of the box is in here."""
    empty: Bool[Array, " boxes"]
    """It certainly holds no root."""
    proved: Bool[Array, " boxes"]
    """It holds exactly one."""


def contract(
    box: Interval,
    middle: Float[Array, "n boxes"],
    g: Interval,
    H: Interval,
    near: Float[Array, "n n boxes"],
    fixed: Bool[Array, "n boxes"],
) -> Contracted:
    """One sweep of interval Gauss-Seidel on Y g(m) + Y H (x - m) = 0.

    Args:
        box: [n boxes], with `middle` a point inside.
        middle: m.
        g: the gradient at m.
        H: the Hessian over the box, [n n boxes].
        near: Y is the inverse of this; any matrix is right, this one makes the sweep sharp.
        fixed: coordinates that are held.
    """
    Y = inverse(near)
    r = total(mul(point(Y), Interval(g.lo[None], g.hi[None])), (1,))
    M = total(mul(point(Y[:, :, None]), Interval(H.lo[None], H.hi[None])), (1,))
    nothing = jnp.zeros(box.lo.shape[1:], bool)

    def sweep(i: Array, so_far: Contracted) -> Contracted:
        row, x, m = M.part(i), so_far.box.part(i), middle[i]
        others = (jnp.arange(len(middle)) != i)[:, None]
        terms = mul(row, sub(so_far.box, point(middle)))
        apart = total(Interval(*(jnp.where(others, bound, 0.0) for bound in terms)), (0,))
        s, a = add(r.part(i), apart), row.part(i)
        straight = sub(point(m), div(s, a))
        inside = (straight.lo > x.lo) & (straight.hi < x.hi)
        new = _met(x, straight)
        new = _met(new, _outside_of_gap(new, m, s, a))
        empty = so_far.empty | (new.lo > new.hi)
        new = Interval(jnp.where(empty, x.lo, new.lo), jnp.where(empty, x.hi, new.hi))
        box = Interval(so_far.box.lo.at[i].set(new.lo), so_far.box.hi.at[i].set(new.hi))
        return Contracted(box, empty, so_far.proved & (inside | fixed[i]))

    return lax.fori_loop(0, len(middle), sweep, Contracted(box, nothing, ~nothing))


def _met(a: Interval, b: Interval) -> Interval:
    """Their intersection; an unknown bound of b changes nothing."""
    return Interval(jnp.where(b.lo > a.lo, b.lo, a.lo), jnp.where(b.hi < a.hi, b.hi, a.hi))


def _outside_of_gap(x: Interval, m: Float[Array, " boxes"], s: Interval, a: Interval) -> Interval:
    """The hull of x with m - s / a, where a holds 0 and s does not: the line without a gap.

    Hansen & Walster 2004, Global Optimization Using Interval Analysis, section 4.3. Unknown where that is not so.
    """
    flipped = s.hi < 0
    low = jnp.where(flipped, -s.hi, s.lo)
    left, right = jnp.where(flipped, -a.hi, a.lo), jnp.where(flipped, -a.lo, a.hi)
    above = jnp.where(left < 0, sub(point(m), div(point(low), point(left))).lo, jnp.inf)
    below = jnp.where(right > 0, sub(point(m), div(point(low), point(right))).hi, -jnp.inf)
    # m - s/a <= below or >= above, strictly between them nothing.
    lo = jnp.where(x.lo <= below, x.lo, above)
    hi = jnp.where(x.hi >= above, x.hi, below)
    applies = (a.lo <= 0) & (a.hi >= 0) & (low > 0)
    return Interval(jnp.where(applies, lo, jnp.nan), jnp.where(applies, hi, jnp.nan))


def inverse(A: Float[Array, "n n boxes"]) -> Float[Array, "n n boxes"]:
    """By Gauss-Jordan with row pivoting, all boxes in step; the identity where A is singular."""
    n = len(A)
    eye = jnp.eye(n)[:, :, None]
    number = jnp.arange(n)[:, None]

    def eliminate(k: Array, W: Float[Array, "n w boxes"]) -> Float[Array, "n w boxes"]:
        candidates = jnp.where(number >= k, jnp.abs(W[:, k]), -1.0)
        chosen = jnp.argmax(candidates, axis=0)
        pivot = jnp.take_along_axis(W, chosen[None, None], axis=0)[0]
        W = jnp.where((number == chosen)[:, None], W[k], W)
        pivot = pivot / pivot[k]
        return jnp.where((number == k)[:, None], pivot, W - W[:, k][:, None] * pivot)

    both = jnp.concatenate([A, jnp.broadcast_to(eye, A.shape)], axis=1)
    Y = lax.fori_loop(0, n, eliminate, both)[:, n:]
    return jnp.where(jnp.all(jnp.isfinite(Y), axis=(0, 1)), Y, eye)
