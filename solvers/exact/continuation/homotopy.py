"""Paths of roots: H(z, t) = 0 with H = sum_k c_k(t) z^a_k and c(t) = gamma t c_start + (1 - t) c_target.

Points are projective: n + 1 coordinates on a random plane v.z = 1, so that a root at infinity is a point like any other
(Morgan 1987, chapter 3). Here are H, its Jacobian, and Newton's correction with the path's direction.
"""

from functools import reduce
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from solvers.exact.continuation.pairs import ONE, ZERO, Pair, add, both, div, mul, solve_pairs, sub


class Support(NamedTuple):
    """The monomials of a homogeneous system and of its Jacobian, as rows of factors; static, hashable."""

    n: int
    values: tuple[tuple[int, ...], ...]
    """Per equation and term: the numbers of its factors, padded by n + 1, whose value is one."""
    slopes: tuple[tuple[int, ...], ...]
    """The same for every term's derivatives."""
    value_terms: int
    """Of each equation."""
    slope_terms: int
    """Of each entry of the Jacobian that is not zero by structure."""
    entries: tuple[int, ...]
    """n (n + 1) numbers: which group of slopes is that entry; the last group is zero."""


class Coefficients(NamedTuple):
    """Of start and target, one per row of `Support.values` and of `Support.slopes`; [rows, paths or 1]."""

    start: Pair
    target: Pair
    start_slopes: Pair
    target_slopes: Pair


def newton_correction(support: Support, c: Coefficients, plane: Pair, z: Pair, t: Array) -> tuple[Pair, Pair]:
    """Newton's correction of z [n + 1, paths] at t [paths], and dz/ds there, s = -log t; both along the plane."""
    rows = both(lambda part, one: jnp.concatenate([part, jnp.full_like(part[:1], one)]), z, ONE)
    value, change = _values(support, c, _products(rows, support.values), t)
    J = _jacobian(support, c, _products(rows, support.slopes), t)
    # On the plane the homogenising coordinate follows from the others: J dz + r = 0 with v.dz = 1 - v.z.
    off = sub(ONE, both(_total, mul(plane, z)))
    first = both(lambda part: part[0], plane)
    share = div(both(lambda part: part[1:], plane), first)
    column = both(lambda part: part[:, 0], J)
    spread = mul(both(lambda part: part[:, None], column), both(lambda part: part[None], share))
    reduced = sub(both(lambda part: part[:, 1:], J), spread)
    residual = sub(ZERO, add(value, mul(column, div(off, first))))
    # Rows in units of what their terms amount to here, or the pivots would be chosen by units.
    unit = 1 / jnp.max((jnp.abs(J[0]) + jnp.abs(J[1])) * sizes(z), axis=1)
    sides = both(lambda part: unit * part, residual), both(lambda part: unit * t * part, change)
    correction, slope = solve_pairs(both(lambda part: part * unit[:, None], reduced), *sides)
    return _with_head(correction, share, div(off, first)), _with_head(slope, share, ZERO)


def sizes(z: Pair) -> Float[Array, "n1 paths"]:
    """Of each coordinate, at least `_SMALL` times the largest."""
    size = jnp.abs(z[0]) + jnp.abs(z[1])
    return jnp.maximum(size, _SMALL * jnp.max(size, axis=0))


_SMALL = 1e-13
"""Coordinates below this part of the largest count as that large: nothing is asked of their digits."""


def _with_head(tail: Pair, share: Pair, along: Any) -> Pair:
    head = sub(along, both(_total, mul(share, tail)))
    return both(lambda h, part: jnp.concatenate([h[None], part]), head, tail)


def _total(part: Array) -> Array:
    return jnp.sum(part, axis=0)


def _products(z: Pair, table: tuple[tuple[int, ...], ...]) -> Pair:
    """Of the factors of each row, [rows, paths]."""
    columns = np.array(table, np.int32).T
    return reduce(mul, [both(lambda part, column=column: part[column], z) for column in columns])


def _values(support: Support, c: Coefficients, products: Pair, t: Array) -> tuple[Pair, Pair]:
    """H and -dH/dt, each [n, paths]."""
    shape = support.n, support.value_terms, -1
    start, target = (
        both(lambda part: jnp.sum(part.reshape(*shape), axis=1), mul(coefficients, products))
        for coefficients in (c.start, c.target)
    )
    return both(lambda a, b: t * a + (1 - t) * b, start, target), sub(start, target)


def _jacobian(support: Support, c: Coefficients, products: Pair, t: Array) -> Pair:
    """dH/dz, [n, n + 1, paths]."""
    at_t = both(lambda a, b: t * a + (1 - t) * b, c.start_slopes, c.target_slopes)
    groups = len(support.slopes) // support.slope_terms
    entries = np.array(support.entries, np.int32)

    def dense(part: Array) -> Array:
        sums = jnp.sum(part.reshape(groups, support.slope_terms, -1), axis=1)
        padded = jnp.concatenate([sums, jnp.zeros_like(sums[:1])])
        return padded[entries].reshape(support.n, support.n + 1, -1)

    return both(dense, mul(at_t, products))
