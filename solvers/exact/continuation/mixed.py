"""Mixed cells of the Newton polytopes of a system: how many roots its exponents allow, and where their paths start.

Every exponent is lifted to a random height; a mixed cell is an edge of each lower hull, all with one normal, and the
volumes of all of them add up to the mixed volume. By the theorem of Bernstein, Kushnirenko and Khovanskii a system with
these exponents has no more isolated roots without a zero coordinate (Cox, Little & O'Shea 2005, Using Algebraic
Geometry, section 7.5).

The cells are found by a flow (Jensen 2016, "Tropical homotopy continuation"): with the exponents 0 and d_i e_i put to
equation i, low at first, there is one cell, of volume d_1 ... d_n. While these extra points rise, for ever, cells flip
into others; those that hold no extra point at the end are the cells sought. All in integers, so that the sum is exact.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

_HEIGHTS, _RISES = 1 << 14, 1 << 8
"""Random heights and rises are integers below these."""
_MOST_HEIGHTS = 10_000_000
"""Cells times points, at a time."""
_LARGEST = 2.0**60
"""Integers of 64 bits beyond it might overflow."""


class Cells(NamedTuple):
    """All mixed cells of a lifting."""

    edges: Int[np.ndarray, "cells n 2"]
    """Per equation, the numbers of the two terms."""
    volumes: Int[np.ndarray, " cells"]
    heights: tuple[Float[np.ndarray, "cells terms"], ...]
    """Per equation: how far each term's lifted exponent is above the cell's plane; zero on the edge alone."""

    @property
    def mixed_volume(self) -> int:
        """Of the Newton polytopes."""
        return int(self.volumes.sum())


class TooMany(ValueError):
    """More cells, or larger numbers, than can be."""


def mixed_cells(supports: Sequence[Int[np.ndarray, "terms n"]], seed: int) -> Cells:
    """The cells of a random lifting.

    Raises:
        TooMany: more cells at a time than `_MOST_HEIGHTS` allows, or numbers beyond 64 bits.
    """
    for attempt in range(_ATTEMPTS):
        flow = _Flow(supports, np.random.default_rng((seed, attempt)))
        if (cells := flow.run()) is not None:
            return cells
    raise TooMany("no lifting is generic")


_ATTEMPTS = 20


class _Plane(NamedTuple):
    """What is known of cells: det (a_i - b_i) > 0, its adjugate, and D times each point's height above them."""

    D: np.ndarray
    adjugate: np.ndarray
    height: list[np.ndarray]
    rise: list[np.ndarray]


class _Flow:
    """Points and their heights, base + u rise."""

    def __init__(self, supports: Sequence[np.ndarray], generator: np.random.Generator) -> None:
        self._own = [len(table) for table in supports]
        self._points, self._base, self._rise, self._start = [], [], [], []
        for i, table in enumerate(supports):
            n, degree = table.shape[1], int(table.sum(axis=1).max())
            corners = [np.zeros(n, int), degree * np.eye(n, dtype=int)[i]]
            points = [tuple(row) for row in table]
            places = []
            for corner in map(tuple, corners):
                if corner not in points:
                    points.append(corner)
                places.append(points.index(corner))
            base, rise = generator.integers(1, _HEIGHTS, len(points)), generator.integers(1, _RISES, len(points))
            base[places], rise[: len(table)] = 0, 0
            self._points.append(np.array(points))
            self._base.append(base)
            self._rise.append(rise)
            self._start.append(places)

    def run(self) -> Cells | None:
        """Until no cell flips any more; None where two flips are at the same time."""
        cells, ended = np.array([self._start]), []
        while len(cells):
            if len(cells) * sum(map(len, self._points)) > _MOST_HEIGHTS:
                raise TooMany(f"{len(cells)} mixed cells at a time")
            plane = self._plane(cells)
            equation, point, flips, tie = self._first_flip(plane)
            if tie:
                return None
            ended.append(cells[~flips])
            which = np.flatnonzero(flips)
            cells = self._flipped(cells[which], equation[which], point[which], plane.D[which], plane.adjugate[which])
        final = np.concatenate(ended)
        final = final[np.all(final < np.array(self._own)[:, None], axis=(1, 2))]
        return self._cells(final)

    def _cells(self, edges: np.ndarray) -> Cells | None:
        plane = self._plane(edges)
        heights = tuple(h[:, :own] for h, own in zip(plane.height, self._own, strict=True))
        if any(np.any((h == 0).sum(axis=1) != 2) or np.any(h < 0) for h in heights):
            return None
        return Cells(edges, plane.D, tuple(h / plane.D[:, None] for h in heights))

    def _plane(self, cells: np.ndarray) -> _Plane:
        ends = np.stack([points[cells[:, i]] for i, points in enumerate(self._points)], axis=1)  # [cells, n, 2, n]
        M = ends[:, :, 0] - ends[:, :, 1]
        D = np.rint(np.linalg.det(M)).astype(np.int64) if len(M) else np.zeros(0, np.int64)
        inverse = np.linalg.inv(M) if len(M) else np.zeros(M.shape)
        adjugate = np.rint(inverse * D[:, None, None]).astype(np.int64)
        if np.any(M @ adjugate != D[:, None, None] * np.eye(M.shape[1], dtype=int)):
            raise TooMany("determinants beyond 53 bits")
        adjugate, D = adjugate * np.sign(D)[:, None, None], np.abs(D)
        parts = []
        for lifting in (self._base, self._rise):
            lifted = np.stack([w[cells[:, i]] for i, w in enumerate(lifting)], axis=1)  # [cells, n, 2]
            normal = -np.einsum("cij,cj->ci", adjugate, lifted[:, :, 0] - lifted[:, :, 1])  # D alpha
            if np.abs(normal).max(initial=0) * float(max(map(np.max, self._points))) * M.shape[1] > _LARGEST:
                raise TooMany("heights beyond 64 bits")
            parts.append(
                [
                    D[:, None] * (w - lifted[:, i, :1])
                    + normal @ points.T
                    - np.sum(normal * ends[:, i, 0], axis=1)[:, None]
                    for i, (w, points) in enumerate(zip(lifting, self._points, strict=True))
                ]
            )
        return _Plane(D, adjugate, *parts)

    def _first_flip(self, plane: _Plane) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
        """The equation and the point that a cell's plane meets first, and whether it meets any."""
        height, rise = np.concatenate(plane.height, axis=1), np.concatenate(plane.rise, axis=1)
        with np.errstate(all="ignore"):
            u = np.where(rise < 0, -height / rise, np.inf)
        at = np.argmin(u, axis=1)
        two = np.sort(u, axis=1)[:, :2]
        flips = np.isfinite(two[:, 0])
        tie = np.any(flips & (two[:, 1] <= two[:, 0] * (1 + 1e-12)))
        firsts = np.cumsum([0, *(len(points) for points in self._points)])
        equation = np.searchsorted(firsts, at, side="right") - 1
        return equation, at - firsts[equation], flips, bool(tie)

    def _flipped(
        self, cells: np.ndarray, i: np.ndarray, c: np.ndarray, D: np.ndarray, adjugate: np.ndarray
    ) -> np.ndarray:
        """The cells on the other side: c takes the place of a or of b, the ends of edge i, or of each.

        c - a = sum_j share_j (a_j - b_j) is the circuit: a goes where 1 + share_i > 0, and b where share_i < 0. Where
        two cells become one, that one is made from the cell whose new point has the smaller number.
        """
        every = np.arange(len(cells))
        a, b = cells[every, i].T
        step = np.array([self._points[k][p] - self._points[k][q] for k, p, q in zip(i, c, a, strict=True)])
        step = step.reshape(len(cells), cells.shape[1])
        share = np.sum(step * adjugate[every, :, i], axis=1)  # D share_i
        found = []
        for end, goes, other, merges in ((0, share + D > 0, b, share > 0), (1, share < 0, a, share + D < 0)):
            made = goes & (~merges | (c < other))
            new = cells[made].copy()
            new[np.arange(len(new)), i[made], end] = c[made]
            found.append(new)
        return np.concatenate(found)
