"""Complex numbers as pairs of reals, and linear systems of them; no library is called.

Lanes are the last axis of every array, so that all of it is elementwise over them.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

Pair = tuple[Array, Array]
"""Real and imaginary parts."""
ZERO, ONE = (0.0, 0.0), (1.0, 0.0)


def both(fn: Callable[..., Array], *pairs: Any) -> Pair:
    """What `fn` makes of the real parts, and of the imaginary parts."""
    return fn(*(real for real, _ in pairs)), fn(*(imaginary for _, imaginary in pairs))


def add(a: Any, b: Any) -> Pair:
    """The sum."""
    return a[0] + b[0], a[1] + b[1]


def sub(a: Any, b: Any) -> Pair:
    """The difference."""
    return a[0] - b[0], a[1] - b[1]


def mul(a: Any, b: Any) -> Pair:
    """The product."""
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def div(a: Any, b: Any) -> Pair:
    """The quotient."""
    size = b[0] ** 2 + b[1] ** 2
    return (a[0] * b[0] + a[1] * b[1]) / size, (a[1] * b[0] - a[0] * b[1]) / size


def log(a: Pair) -> Pair:
    """The main branch of the logarithm."""
    return 0.5 * jnp.log(a[0] ** 2 + a[1] ** 2), jnp.arctan2(a[1], a[0])


def exp(a: Pair) -> Pair:
    """The exponential function."""
    size = jnp.exp(a[0])
    return size * jnp.cos(a[1]), size * jnp.sin(a[1])


def select_pairs(which: Array, new: Pair, old: Pair) -> Pair:
    """`new` where `which` holds, else `old`."""
    return both(lambda a, b: jnp.where(which, a, b), new, old)


def solve_pairs(A: Pair, *sides: Pair) -> list[Pair]:
    """Solves A x = b for every b, by Gauss and Jordan's elimination, each lane with its own pivots.

    A [n, n, lanes], b and x [n, lanes] (Golub & Van Loan, Matrix Computations, 4th ed., section 3.4). Written out
    column by column, so that what is left becomes smaller; row by row XLA would compute a row again for each reader.
    """
    n = A[0].shape[0]
    rows = both(lambda a, *bs: jnp.concatenate([a, *(b[:, None] for b in bs)], axis=1), A, *sides)
    done = both(lambda part: part[:0], rows)
    for k in range(n):
        pivot, rows = _pivoted(rows, jnp.arange(n - k))
        unit = div(both(lambda part: part[1:], pivot), both(lambda part: part[0], pivot))
        rows = _without(rows, unit)
        done = both(lambda part, row: jnp.concatenate([part, row[None]]), _without(done, unit), unit)
    return [both(lambda part, k=k: part[:, k], done) for k in range(len(sides))]


def _without(rows: Pair, unit: Pair) -> Pair:
    """The rows less so much of the pivot's that the first column is zero; without that column."""
    factors = both(lambda part: part[:, :1], rows)
    return sub(both(lambda part: part[:, 1:], rows), mul(factors, both(lambda part: part[None], unit)))


def _pivoted(rows: Pair, places: Array) -> tuple[Pair, Pair]:
    """The row that is largest in the first column, and the others; the first row takes its place."""
    size = rows[0][:, 0] ** 2 + rows[1][:, 0] ** 2
    is_pivot = (places[:, None] == jnp.argmax(size, axis=0))[:, None]
    pivot = both(lambda part: jnp.sum(jnp.where(is_pivot, part, 0.0), axis=0), rows)
    return pivot, both(lambda part: jnp.where(is_pivot[1:], part[:1], part[1:]), rows)
