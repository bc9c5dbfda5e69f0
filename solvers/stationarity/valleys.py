"""Is the floor of a valley level, or does it fall too gently to be seen at the end?

Along the tangent of a curved valley the slope grows on both sides, since the valley turns away: of its floor that says
nothing. So the floor is followed (Allgower & Georg 1990, Numerical Continuation Methods, ch. 2): a step along it, then
Newton's method for the gradient in all directions but that of the step.
"""

import numpy as np
from jaxtyping import Bool, Float

from solvers.stationarity.calculus import Calculus
from solvers.stationarity.lines import Ends, Lines, slopes

_STEPS, _CORRECTIONS = 48, 4
_LONGEST, _SHORTEST = 1 / 16, 1 / 1024
"""Steps in parts of the end's reach: a step from which nothing leads back to the floor is halved, the
next one after a good one doubled."""
_SETTLED = 1e-6
"""The last correction is at most such a part of the step where the floor has been found again."""
_FLAT = 1e-10
"""Part of the largest eigenvalue below which nothing is corrected."""


def levels(calculus: Calculus, ends: Ends, lines: Lines, calm: Float[np.ndarray, " n"]) -> Bool[np.ndarray, " lines"]:
    """Does the slope of the floor grow on both sides of the end, or stay within `calm` on both?

    A side on which no floor is found, as where several directions are degenerate at once, says nothing.
    """
    here, nothing = np.abs(slopes(ends, lines)), np.abs(lines.along) @ calm
    sides = np.array([_steepest(calculus, ends, lines, side) for side in (1, -1)])
    grown, unseen = sides > 2 * np.maximum(here, nothing), np.isnan(sides)
    return np.where(grown.any(axis=0), (grown | unseen).all(axis=0), here <= nothing)


def _steepest(calculus: Calculus, ends: Ends, lines: Lines, side: int) -> Float[np.ndarray, " lines"]:
    """The largest slope of the floor on one side, per length of the line; NaN where there is none to follow."""
    x, along, reach = ends.x[lines.lane], side * lines.along, ends.reach[lines.lane]
    size, steepest = np.full(len(x), _LONGEST), np.full(len(x), np.nan)
    for _ in range(_STEPS):
        if not (on := np.flatnonzero(size >= _SHORTEST)).size:
            break
        there, left = _corrected(calculus, x[on], size[on, None] * along[on])
        turned = (there - x[on]) / size[on, None]
        length = np.max(np.abs(turned) / reach[on], axis=1)
        found = (length > 0.5) & (length < 2) & (np.max(np.abs(left) / reach[on], axis=1) <= _SETTLED * size[on])
        size[on] = np.where(found, np.minimum(2 * size[on], _LONGEST), size[on] / 2)
        on, turned = on[found], turned[found] / length[found, None]
        x[on], along[on] = there[found], turned
        slope = np.abs(np.einsum("mi,mi->m", calculus.slopes(x[on])[1], turned))
        steepest[on] = np.fmax(steepest[on], slope)
    return steepest


def _corrected(
    calculus: Calculus, x: Float[np.ndarray, "m n"], step: Float[np.ndarray, "m n"]
) -> tuple[Float[np.ndarray, "m n"], Float[np.ndarray, "m n"]]:
    """A step on, brought back to the floor at right angles to the step in the problem's units; the last correction."""
    units = calculus.scale.units
    along = step / units
    length = np.linalg.norm(along, axis=1, keepdims=True)
    along = along / np.where(length > 0, length, 1.0)
    across = np.eye(x.shape[1]) - along[:, :, None] * along[:, None, :]
    x, left = x + step, np.zeros(x.shape)
    for _ in range(_CORRECTIONS):
        g, H = calculus.slopes(x)[1] * units, calculus.hessians(x) * units[:, None] * units
        known = np.isfinite(g).all(axis=1) & np.isfinite(H).all(axis=(1, 2))
        H = across @ np.where(known[:, None, None], H, 0.0) @ across
        away = np.einsum("mij,mj->mi", across, np.where(known[:, None], g, 0.0))
        left = units * np.einsum("mij,mj->mi", np.linalg.pinv(H, rcond=_FLAT, hermitian=True), away)
        left[~known] = np.inf
        x = x - np.where(known[:, None], left, 0.0)
    return x, left
