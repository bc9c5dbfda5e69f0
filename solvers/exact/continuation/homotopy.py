"""Paths of roots: H(z, t) = 0 with H = sum_k c_k(t) z^a_k and c_k(t) = (t start_k + (1 - t) target_k) (1 - t)^e_k.

Where every exponent e is zero, the one system is deformed into the other along a line. In the polyhedral homotopy each
cell has its own exponents, so that at t = 1 two terms of an equation are left (Huber & Sturmfels 1995).

Points are projective: n + 1 coordinates on a random plane v.z = 1, so that a root at infinity is a point like any other
(Morgan 1987, chapter 3). Here are H, its Jacobian, and Newton's correction with the path's direction.
"""

from functools import reduce
from itertools import accumulate
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from solvers.exact.continuation.pairs import ONE, ZERO, Pair, add, both, div, mul, solve_pairs, sub


class Support(NamedTuple):
    """The monomials of a homogeneous system and of its Jacobian, as rows of powers of coordinates; static, hashable."""

    n: int
    highest: int
    """Power of a coordinate."""
    values: tuple[tuple[int, ...], ...]
    """Per equation and term: its powers, z_j^k by the number (k - 1) (n + 1) + j, padded by the number of one."""
    slopes: tuple[tuple[int, ...], ...]
    """The same for every term's derivatives."""
    value_terms: int
    """Of each equation."""
    slope_terms: int
    """Of each entry of the Jacobian that is not zero by structure."""
    entries: tuple[int, ...]
    """n (n + 1) numbers: which group of slopes is that entry; the last group is zero."""
    parents: tuple[int, ...]
    """Of every row of `slopes` the row of `values` whose derivative it is."""


class Coefficients(NamedTuple):
    """Of start and target, one per row of `Support.values` and of `Support.slopes`; [rows, paths or 1]."""

    start: Pair
    target: Pair
    start_slopes: Pair
    target_slopes: Pair
    exponents: Any = None
    """e, 0 or at least 1, one per row of `Support.values`; [rows, paths]. None: all are zero."""


def newton_correction(support: Support, c: Coefficients, plane: Pair, z: Pair, t: Array) -> tuple[Pair, Pair]:
    """Newton's correction of z [n + 1, paths] at t [paths], and dz/ds there, s = -log t; both along the plane."""
    powers = list(accumulate([z] * support.highest, mul))
    ones = both(lambda part, one: jnp.full_like(part[:1], one), z, ONE)
    rows = both(lambda *parts: jnp.concatenate(parts), *powers, ones)
    fade, fading = _fade(c.exponents, t)
    value, change = _values(support, c, _products(rows, support.values), t, fade, fading)
    J = _jacobian(support, c, _products(rows, support.slopes), t, fade)
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


def _fade(exponents: Any, t: Array) -> tuple[Any, Any]:
    """(1 - t)^e and its negative derivative by t, e (1 - t)^(e - 1), [rows, paths]; None where all e are zero."""
    if exponents is None:
        return None, None
    left = jnp.maximum(1 - t, _LEAST)
    fade = jnp.exp(exponents * jnp.log(left))
    return fade, exponents * (fade / left)


_LEAST = 1e-300
"""1 - t at the start: e (1 - t)^(e - 1) is 0 there for e = 0, 1 for e = 1, and 0 for larger ones."""


def _values(support: Support, c: Coefficients, products: Pair, t: Array, fade: Any, fading: Any) -> tuple[Pair, Pair]:
    """H and dH/dt, each [n, paths]."""
    if fade is None:
        start, target = (_summed(support, mul(part, products)) for part in (c.start, c.target))
        return _between(t, start, target), sub(start, target)
    weighted = both(lambda part: fade * part, products)
    start, target = (_summed(support, mul(part, weighted)) for part in (c.start, c.target))
    less = mul(_between(t, c.start, c.target), both(lambda part: fading * part, products))
    return _between(t, start, target), sub(sub(start, target), _summed(support, less))


def _summed(support: Support, terms: Pair) -> Pair:
    """Over the terms of each equation."""
    return both(lambda part: jnp.sum(part.reshape(support.n, support.value_terms, -1), axis=1), terms)


def _between(t: Array, start: Pair, target: Pair) -> Pair:
    return both(lambda a, b: t * a + (1 - t) * b, start, target)


def _jacobian(support: Support, c: Coefficients, products: Pair, t: Array, fade: Any) -> Pair:
    """dH/dz, [n, n + 1, paths]."""
    at_t = _between(t, c.start_slopes, c.target_slopes)
    if fade is not None:
        parents = np.array(support.parents, np.int32)
        at_t = both(lambda part: fade[parents] * part, at_t)
    groups = len(support.slopes) // support.slope_terms
    entries = np.array(support.entries, np.int32)

    def dense(part: Array) -> Array:
        sums = jnp.sum(part.reshape(groups, support.slope_terms, -1), axis=1)
        padded = jnp.concatenate([sums, jnp.zeros_like(sums[:1])])
        return padded[entries].reshape(support.n, support.n + 1, -1)

    return both(dense, mul(at_t, products))
