"""Complex numbers as pairs of reals, and linear systems of them; no library is called.

Lanes are the last axis of every array, so that all of it is elementwise over them.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import lax
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

    A [n, n, lanes], b and x [n, lanes] (Golub & Van Loan, Matrix Computations, 4th ed., section 3.4). A loop over the
    columns: written out, four unknowns take twice as long to compile and run as fast.
    """
    n = A[0].shape[0]
    rows = both(lambda a, *bs: jnp.concatenate([a, *(b[:, None] for b in bs)], axis=1), A, *sides)
    places = jnp.arange(n)[:, None]

    def eliminate(k: Array, rows: Pair) -> Pair:
        column = both(lambda part: part[:, k], rows)
        size = jnp.where(places < k, -1.0, column[0] ** 2 + column[1] ** 2)
        is_pivot = (places == jnp.argmax(size, axis=0))[:, None]
        pivot = both(lambda part: jnp.sum(jnp.where(is_pivot, part, 0.0), axis=0), rows)
        unit = div(pivot, both(lambda part: part[k], pivot))
        rows = both(lambda part: jnp.where(is_pivot, part[k], part), rows)  # rows change places
        factors = both(lambda part: part[:, k][:, None], rows)
        others = sub(rows, mul(factors, unit))
        return both(lambda part, row: jnp.where((places == k)[:, None], row, part), others, unit)

    rows = lax.fori_loop(0, n, eliminate, rows)
    return [both(lambda part, k=k: part[:, n + k], rows) for k in range(len(sides))]
