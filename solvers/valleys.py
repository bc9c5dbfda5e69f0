"""Is the floor of a valley level, or does it fall too gently to be seen at the end?

Along the tangent of a curved valley the slope grows on both sides, since the valley turns away: of its floor that says
nothing. So the floor is followed (Allgower & Georg 1990, Numerical Continuation Methods, ch. 2): a step along it, then
Newton's method for the gradient in all directions but that of the step.
"""

import numpy as np
from jaxtyping import Bool, Float

from solvers.calculus import Calculus
from solvers.lines import Ends, Lines, slopes

_STEPS, _CORRECTIONS = 16, 2
"""Together the steps on one side are as long as the end's reach."""
_FLAT = 1e-10
"""Part of the largest eigenvalue below which nothing is corrected."""


def levels(calculus: Calculus, ends: Ends, lines: Lines, calm: Float[np.ndarray, " n"]) -> Bool[np.ndarray, " lines"]:
    """Does the slope of the floor grow on both sides of the end, or stay within `calm` on both?"""
    here = np.abs(slopes(ends, lines))
    nothing = np.abs(lines.along) @ calm
    grown = [_steepest(calculus, ends, lines, side) > 2 * np.maximum(here, nothing) for side in (1, -1)]
    return (grown[0] & grown[1]) | (~grown[0] & ~grown[1] & (here <= nothing))


def _steepest(calculus: Calculus, ends: Ends, lines: Lines, side: int) -> Float[np.ndarray, " lines"]:
    """The largest slope of the floor on one side, per length of the line."""
    x, step = ends.x[lines.lane], side / _STEPS * lines.along
    reach, steepest = ends.reach[lines.lane], np.zeros(len(lines.lane))
    goes_on = np.ones(len(x), bool)
    for _ in range(_STEPS):
        there = _corrected(calculus, x + step, step)
        turned = there - x
        length = np.max(np.abs(turned) / reach, axis=1) * _STEPS
        goes_on &= np.isfinite(length) & (length > 0.5) & (length < 2)
        step = np.where(goes_on[:, None], turned / length[:, None], 0.0)
        x = np.where(goes_on[:, None], there, x)
        slope = np.abs(np.einsum("mi,mi->m", calculus.slopes(x)[1], step)) * _STEPS
        steepest = np.fmax(steepest, slope)
    return steepest


def _corrected(calculus: Calculus, x: Float[np.ndarray, "m n"], step: Float[np.ndarray, "m n"]) -> np.ndarray:
    """Brought back to the floor, in directions at right angles to the step in the problem's units."""
    units = calculus.scale.units
    along = step / units
    length = np.linalg.norm(along, axis=1, keepdims=True)
    along = along / np.where(length > 0, length, 1.0)
    across = np.eye(x.shape[1]) - along[:, :, None] * along[:, None, :]
    for _ in range(_CORRECTIONS):
        g, H = calculus.slopes(x)[1] * units, calculus.hessians(x) * units[:, None] * units
        known = np.isfinite(g).all(axis=1) & np.isfinite(H).all(axis=(1, 2))
        H = across @ np.where(known[:, None, None], H, 0.0) @ across
        away = np.einsum("mij,mj->mi", across, np.where(known[:, None], g, 0.0))
        x = x - units * np.einsum("mij,mj->mi", np.linalg.pinv(H, rcond=_FLAT, hermitian=True), away)
    return x
