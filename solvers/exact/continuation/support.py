"""From exponents and coefficients to the tables that `homotopy` evaluates."""

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


def tables(terms: Terms, degrees: Sequence[int]) -> tuple[Support, Coefficients]:
    """The homogeneous system's support, and its coefficients as NumPy arrays [rows, paths or 1]."""
    n = len(terms)
    equations = [
        [_Row(_factors(table[k], degree), start[k], target[k]) for k in range(len(table))]
        for (table, start, target), degree in zip(terms, degrees, strict=True)
    ]
    slopes = [[_derivative(rows, j) for j in range(n + 1)] for rows in equations]
    groups = [rows for line in slopes for rows in line if rows]
    numbers = iter(range(len(groups)))
    entries = [next(numbers) if rows else len(groups) for line in slopes for rows in line]
    values, slope_rows = _padded(equations, n), _padded(groups, n)
    support = Support(
        n,
        tuple(row.factors for row in values),
        tuple(row.factors for row in slope_rows),
        len(values) // n,
        len(slope_rows) // len(groups),
        tuple(entries),
    )
    parts = (
        _column(values, "start"),
        _column(values, "target"),
        _column(slope_rows, "start"),
        _column(slope_rows, "target"),
    )
    return support, Coefficients(*parts)


def _factors(powers: Int[np.ndarray, " n"], degree: int) -> tuple[int, ...]:
    """Coordinate numbers, 0 being the homogenising one, as often as they occur."""
    own = [j + 1 for j, power in enumerate(powers) for _ in range(power)]
    return (*(0 for _ in range(degree - len(own))), *own)


def _derivative(rows: Sequence[_Row], j: int) -> list[_Row]:
    found = []
    for factors, start, target in rows:
        if power := factors.count(j):
            place = factors.index(j)
            found.append(_Row(factors[:place] + factors[place + 1 :], power * start, power * target))
    return found


def _padded(groups: Sequence[Sequence[_Row]], n: int) -> list[_Row]:
    """All groups with as many rows, all rows with as many factors; a factor n + 1 is one."""
    most = max(map(len, groups))
    length = max(1, max(len(row.factors) for rows in groups for row in rows))
    nothing = _Row((), 0 * groups[0][0].start, 0 * groups[0][0].target)
    rows = [row for group in groups for row in (*group, *[nothing] * (most - len(group)))]
    return [row._replace(factors=(*row.factors, *(n + 1,) * (length - len(row.factors)))) for row in rows]


def _column(rows: Sequence[_Row], name: str) -> Any:
    values = np.array([np.atleast_1d(getattr(row, name)) for row in rows], complex)
    return np.ascontiguousarray(values.real), np.ascontiguousarray(values.imag)
