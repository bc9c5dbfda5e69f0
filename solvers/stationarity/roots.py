"""Is a root of the gradient near a point? A small gradient alone does not show it: on a plateau it is small everywhere.

Around a root the gradient grows on all sides; on a plateau it grows on one side and dies away on the other. The test
looks for that along the eigenvectors of the Hessian, which is taken in the problem's own units:

1. Newton-Kantorovich (Ortega & Rheinboldt 1970, Iterative Solution of Nonlinear Equations, 12.6.2): over a box of four
   Newton steps around the point the gradient changes as the Hessian says, to within a half. Its components then have
   opposite signs on opposite faces of the box, and a root lies in it (Miranda 1940, Boll. Un. Mat. Ital. 3, 5).
2. Where that fails, as at x^4, whose Hessian vanishes with the gradient, or where the Hessian is singular, line by line
   (`lines`): the slope along the line grows on both sides, or f rises on both or falls on both; or f does not change
   along the line at all, neither here nor beside any of the starts, as along a valley or an unused variable.

Corners of the box and points on the lines are samples: this is a test, not a proof.
"""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float

from solvers.stationarity.calculus import Calculus
from solvers.stationarity.lines import (
    FAR,
    NEAR,
    Ends,
    Lines,
    constant,
    constant_together,
    noises,
    root_within,
    slopes,
    with_f_noise,
)
from solvers.stationarity.valleys import levels

GENTLE = 1 / 16
"""A gradient is small beside those in the box if it is at most such a part of their median."""
_EPS = float(np.finfo(float).eps)
_RESOLVED = 1e-13
"""A smaller eigenvalue, in parts of the largest, is not believed."""
_SIZES = (4, 64, 1024)
"""Half sides of the box in Newton steps; the larger ones for where rounding hides what the gradient does over a few."""
_MOST_LINES = 32
"""Through a point; where more directions are open, so many combinations of them stand for all."""
_STEPS = 24
_OFF = 100
"""Sides of the box; an end farther away has run off unless the Hessian shows its root: no line tells there what f does
on the scale of the box."""
_FLOOR, _MOST_FLOORS = 1e-4, 4
"""A line along which the Hessian is smaller than such a part of its largest eigenvalue may be a valley's floor."""


class Nearness(NamedTuple):
    """What the test says of each point."""

    shown: Bool[np.ndarray, " lanes"]
    """Is a root near?"""
    within: Float[np.ndarray, "lanes n"]
    """How far away at most, per coordinate; infinite where f does not change along some line."""


class _Box(NamedTuple):
    """Ends, and the box around each of them in which the gradient does what the Hessian says."""

    ends: Ends
    columns: Float[np.ndarray, "lanes n n"]
    """Eigenvectors of the Hessian, as long as the end's reach in the coordinate where they are longest."""
    length: Float[np.ndarray, "lanes n"]
    """In the problem's units, in which they are orthogonal."""
    curvature: Float[np.ndarray, "lanes n"]
    """Of f along them; 0 where the Hessian does not tell."""
    sides: Float[np.ndarray, "lanes n"]
    """Half of the box's, in columns; infinite where no root is shown."""

    @property
    def shown(self) -> Bool[np.ndarray, " lanes"]:
        """In which boxes is a root?"""
        return np.isfinite(self.sides).all(axis=1)

    def of(self, lanes: np.ndarray) -> "_Box":
        """Some of them."""
        return _Box(Ends(*(figure[lanes] for figure in self.ends)), *(figure[lanes] for figure in self[1:]))


def near_root(
    calculus: Calculus,
    x: Float[np.ndarray, "lanes n"],
    f: Float[np.ndarray, " lanes"],
    g: Float[np.ndarray, "lanes n"],
    H: Float[np.ndarray, "lanes n n"],
    gtol: float,
) -> Nearness:
    """Tests points at which f, its gradient and its Hessian are finite; of gtol a quarter is no slope at all."""
    with np.errstate(all="ignore"):  # f may overflow beside an end
        box = _with_sides(calculus, _box(calculus, x, f, g, H))
        # Beside the floor of a valley its Hessian is not that of the floor: such ends are brought nearer first.
        bend = np.abs(box.curvature) / box.length**2
        shown, within = box.shown & (bend > _FLOOR * box.ends.top[:, None]).all(axis=1), _reached(box)
        if (rest := np.flatnonzero(~shown)).size:
            nearer, start = _with_sides(calculus, _approached(calculus, box.of(rest))), box.of(rest).ends
            away, sides = np.abs(nearer.ends.x - x[rest]), calculus.problem.upper - calculus.problem.lower
            found = _by_lines(calculus, nearer, np.minimum(gtol / 4, GENTLE * calculus.scale.slopes))
            close = np.all(away <= np.where(start.gentle, FAR, NEAR / 4)[:, None] * start.reach, axis=1)
            told = nearer.shown | np.all(start.reach <= _OFF * sides, axis=1)
            shown[rest], within[rest] = found.shown & close & told, _reached(nearer) + found.within + away
    return Nearness(shown, within)


def _reached(box: _Box) -> Float[np.ndarray, "lanes n"]:
    return np.einsum("lik,lk->li", np.abs(box.columns), np.where(np.isfinite(box.sides), box.sides, 0.0))


def finite(H: Float[np.ndarray, "lanes n n"]) -> Float[np.ndarray, "lanes n n"]:
    """The Hessians, 0 where one is not finite: LAPACK refuses it, and a zero matrix tells as little."""
    return np.where(np.isfinite(H).all(axis=(1, 2), keepdims=True), H, 0.0)


def _box(calculus: Calculus, x: np.ndarray, f: np.ndarray, g: np.ndarray, H: np.ndarray) -> _Box:
    """Ends with their eigenvectors; the sides are still open."""
    units = calculus.scale.units
    values, vectors = np.linalg.eigh(H * units[:, None] * units)
    top = np.abs(values).max(axis=1)
    ends = _ends(calculus, x, f, g, H, top)
    values = np.where(np.abs(values) > _RESOLVED * top[:, None], values, 0.0)
    columns = units[:, None] * vectors
    length = 1 / np.max(np.abs(columns) / ends.reach[:, :, None], axis=1)
    return _Box(ends, columns * length[:, None, :], length, values * length**2, np.full(values.shape, np.inf))


def _ends(calculus: Calculus, x: np.ndarray, f: np.ndarray, g: np.ndarray, H: np.ndarray, top: np.ndarray) -> Ends:
    problem, steep = calculus.problem, calculus.scale.slopes
    reach = np.maximum(problem.upper - problem.lower, np.abs(x - (problem.lower + problem.upper) / 2))
    rounded = np.sqrt(np.einsum("lij,lj->li", H**2, x**2))
    gentle = np.all(np.abs(g) <= GENTLE * steep, axis=1)
    return Ends(x, f, g, H, reach, 2 * _EPS * (rounded + 4 * steep), np.zeros(len(x)), top, gentle)


def _with_sides(calculus: Calculus, box: _Box) -> _Box:
    """The box with the smallest sides that do."""
    slope, noise = _slopes(box)
    steps = np.maximum(np.abs(slope), 2 * noise) / np.where(box.curvature == 0, np.nan, np.abs(box.curvature))
    signs = np.random.default_rng(1).choice([-1.0, 1.0], slope.shape[1])
    sides, far = np.full(slope.shape, np.inf), np.where(box.ends.gentle, FAR, NEAR)[:, None]
    for size in _SIZES:
        asked = np.isinf(sides) & (size * steps <= far)
        if (lanes := np.flatnonzero(asked.any(axis=1))).size:
            side = np.where(asked, size * steps, 0.0)[lanes]
            kept = _as_the_hessian_says(calculus, box.of(lanes), slope[lanes], signs * side)
            sides[lanes] = np.where(asked[lanes] & kept, side, sides[lanes])
    return box._replace(sides=sides)


def _slopes(box: _Box) -> tuple[Float[np.ndarray, "lanes n"], Float[np.ndarray, "lanes n"]]:
    """Along the columns, and their noise."""
    along = np.einsum("lik,li->lk", box.columns, box.ends.g)
    return along, np.einsum("lik,li->lk", np.abs(box.columns), box.ends.noise)


def _as_the_hessian_says(
    calculus: Calculus, box: _Box, slope: Float[np.ndarray, "lanes n"], move: Float[np.ndarray, "lanes n"]
) -> Bool[np.ndarray, "lanes n"]:
    """At two opposite corners of the box, has every component of the gradient changed as foreseen, to within a half?"""
    foreseen, kept = box.curvature * move, np.ones(move.shape, bool)
    shift = np.einsum("lik,lk->li", box.columns, move)
    for side in (1, -1):
        there = np.einsum("lik,li->lk", box.columns, calculus.slopes(box.ends.x + side * shift)[1])
        kept &= np.abs(there - slope - side * foreseen) <= np.abs(foreseen) / 2
    return kept


def _approached(calculus: Calculus, box: _Box) -> _Box:
    """The ends, brought nearer to a root by Newton's method until rounding hides their slopes.

    Along columns in which a step would lead away from the end nothing is done.
    """
    for _ in range(_STEPS):
        slope, noise = _slopes(box)
        useful = np.abs(slope) <= NEAR / 2 * np.abs(box.curvature)
        if not (moving := np.flatnonzero((useful & (np.abs(slope) > noise)).any(axis=1))).size:
            break
        step = np.where(useful, slope / box.curvature, 0.0)[moving]
        x = box.ends.x[moving] - np.einsum("lik,lk->li", box.columns[moving], step)
        f, g = calculus.slopes(x)
        known = np.isfinite(f) & np.isfinite(g).all(axis=1)
        x, f, g, moving = x[known], f[known], g[known], moving[known]
        box = _replaced(box, moving, _box(calculus, x, f, g, finite(calculus.hessians(x))))
    return box


def _replaced(box: _Box, lanes: np.ndarray, new: _Box) -> _Box:
    def put(old: np.ndarray, new: np.ndarray) -> np.ndarray:
        old = old.copy()
        old[lanes] = new
        return old

    return jax.tree.map(put, box, new)


def _by_lines(calculus: Calculus, box: _Box, calm: Float[np.ndarray, " n"]) -> Nearness:
    """Is every direction at a root in which the box shows none?"""
    ends, lines = with_f_noise(calculus, box.ends), _lines(box)
    still = constant(calculus, ends, lines, calm)
    moving = lines.of(~still)
    level = np.bincount(lines.lane[still], minlength=len(ends.x)) > 0
    radius = root_within(calculus, ends, moving, ~level[moving.lane])
    good, shown, within = still.copy(), np.ones(len(ends.x), bool), np.zeros(ends.x.shape)
    good[~still] = np.isfinite(radius)
    np.logical_and.at(shown, lines.lane, good)
    np.add.at(within, moving.lane, np.where(np.isfinite(radius), radius, 0.0)[:, None] * np.abs(moving.along))
    np.add.at(within, lines.lane[still], np.where(lines.along[still] != 0, np.inf, 0.0))
    between = _unsettled(calculus, ends, lines.of(still & shown[lines.lane]), calm)
    for more in (_steepest(calculus, ends, moving), between):
        shown[more.lane[np.isinf(root_within(calculus, ends, more, ~level[more.lane]))]] = False
    floors = _floors(calculus, ends, moving.of(shown[moving.lane]))
    shown[floors.lane[~levels(calculus, ends, floors, calm)]] = False
    return Nearness(shown, within)


def _lines(box: _Box) -> Lines:
    """Along every column in which no root is shown; where there are too many, along combinations of them."""
    parts = [Lines(np.zeros(0, int), box.ends.x[:0])]
    for lane, left in enumerate(np.isinf(box.sides)):
        along = box.columns[lane][:, left].T
        if len(along) > _MOST_LINES:
            mixed = np.random.default_rng(2).standard_normal((len(along), _MOST_LINES))
            along = np.linalg.qr(mixed)[0].T @ (along / box.length[lane, left, None])
        parts.append(_lengthened(box.ends, np.full(len(along), lane), along))
    return Lines(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _floors(calculus: Calculus, ends: Ends, lines: Lines) -> Lines:
    """Of the lines those which may lead along the floor of a valley, the flattest few through each end."""
    bend = np.abs(np.einsum("mi,mij,mj->m", lines.along, ends.H[lines.lane], lines.along))
    bend = bend / np.sum((lines.along / calculus.scale.units) ** 2, axis=1)
    order = np.lexsort((bend, lines.lane))
    first = np.searchsorted(lines.lane[order], lines.lane[order])
    return lines.of(
        order[(np.arange(len(order)) - first < _MOST_FLOORS) & (bend <= _FLOOR * ends.top[lines.lane])[order]]
    )


def _steepest(calculus: Calculus, ends: Ends, moving: Lines) -> Lines:
    """Of several lines through one end the one between them along which f changes most: none hides a plateau there."""
    weight = slopes(ends, moving) / np.sum((moving.along / calculus.scale.units) ** 2, axis=1)
    along, count = np.zeros(ends.x.shape), np.bincount(moving.lane, minlength=len(ends.x))
    np.add.at(along, moving.lane, weight[:, None] * moving.along)
    lanes = np.flatnonzero((count > 1) & along.any(axis=1))
    lines = _lengthened(ends, lanes, along[lanes])
    return lines.of(np.abs(slopes(ends, lines)) >= noises(ends, lines))


def _unsettled(calculus: Calculus, ends: Ends, still: Lines, calm: np.ndarray) -> Lines:
    """Lines between those along which f does not change, where it changes between them."""
    parts = [Lines(still.lane[:0], still.along[:0])]
    for lane in np.unique(still.lane):
        own = still.of(still.lane == lane)
        if not constant_together(calculus, ends, own, calm):
            mixed = np.random.default_rng(3).standard_normal((len(own.lane),) * 2)
            parts.append(_lengthened(ends, own.lane, np.linalg.qr(mixed)[0] @ own.along))
    return Lines(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _lengthened(ends: Ends, lane: np.ndarray, along: np.ndarray) -> Lines:
    longest = np.max(np.abs(along) / ends.reach[lane], axis=1, initial=0.0)
    return Lines(lane, along / longest[:, None])
