"""From exponents and coefficients to the tables that `homotopy` evaluates."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Complex, Int

from solvers.exact.continuation.homotopy import Coefficients, Support

Terms = Sequence[tuple[Int[np.ndarray, "terms n"], Complex[np.ndarray, "terms ..."], Complex[np.ndarray, "terms ..."]]]
"""Per equation: exponents, and of each term its coefficient in the start and in the target."""


class _Row(NamedTuple):
    """A product of coordinates with its coefficients."""

    factors: tuple[int, ...]
    start: np.ndarray
    target: np.ndarray
    parent: int = 0
    """The number of the term, counted within its equation, whose derivative this is."""


def tables(terms: Terms, degrees: Sequence[int]) -> tuple[Support, Coefficients]:
    """The homogeneous system's support, and its coefficients as NumPy arrays [rows, paths or 1]."""
    n = len(terms)
    equations = [
        [_Row(_factors(table[k], degree), start[k], target[k], k) for k in range(len(table))]
        for (table, start, target), degree in zip(terms, degrees, strict=True)
    ]
    slopes = [[_derivative(rows, j) for j in range(n + 1)] for rows in equations]
    groups = [rows for line in slopes for rows in line if rows]
    numbers = iter(range(len(groups)))
    entries = [next(numbers) if rows else len(groups) for line in slopes for rows in line]
    values, slope_rows, highest = _padded(equations), _padded(groups), max(degrees)
    support = Support(
        n,
        highest,
        _powers(values, n, highest),
        _powers(slope_rows, n, highest),
        len(values) // n,
        len(slope_rows) // len(groups),
        tuple(entries),
        _parents(slopes, len(values) // n, len(slope_rows) // len(groups)),
    )
    parts = (
        _column(values, "start"),
        _column(values, "target"),
        _column(slope_rows, "start"),
        _column(slope_rows, "target"),
    )
    return support, Coefficients(*parts)


def _parents(slopes: Sequence[Sequence[Sequence[_Row]]], value_terms: int, slope_terms: int) -> tuple[int, ...]:
    """Of each row of the padded groups; padding has any."""
    groups = [(i, rows) for i, line in enumerate(slopes) for rows in line if rows]
    numbers = [[i * value_terms + row.parent for row in rows] for i, rows in groups]
    return tuple(k for rows in numbers for k in (*rows, *[0] * (slope_terms - len(rows))))


def _factors(powers: Int[np.ndarray, " n"], degree: int) -> tuple[int, ...]:
    """Coordinate numbers, 0 being the homogenising one, as often as they occur."""
    own = [j + 1 for j, power in enumerate(powers) for _ in range(power)]
    return (*(0 for _ in range(degree - len(own))), *own)


def _derivative(rows: Sequence[_Row], j: int) -> list[_Row]:
    found = []
    for factors, start, target, parent in rows:
        if power := factors.count(j):
            place = factors.index(j)
            found.append(_Row(factors[:place] + factors[place + 1 :], power * start, power * target, parent))
    return found


def _padded(groups: Sequence[Sequence[_Row]]) -> list[_Row]:
    """All groups with as many rows; the added ones are zero."""
    most = max(map(len, groups))
    nothing = _Row((), 0 * groups[0][0].start, 0 * groups[0][0].target)
    return [row for group in groups for row in (*group, *[nothing] * (most - len(group)))]


def _powers(rows: Sequence[_Row], n: int, highest: int) -> tuple[tuple[int, ...], ...]:
    """Each product by the numbers of its powers, all rows with as many: z_j^k has number (k - 1) (n + 1) + j."""
    found = [[(count - 1) * (n + 1) + j for j, count in sorted(Counter(row.factors).items())] for row in rows]
    length = max(1, *map(len, found))
    return tuple((*numbers, *(highest * (n + 1),) * (length - len(numbers))) for numbers in found)


def _column(rows: Sequence[_Row], name: str) -> Any:
    values = np.array([np.atleast_1d(getattr(row, name)) for row in rows], complex)
    return np.ascontiguousarray(values.real), np.ascontiguousarray(values.imag)
