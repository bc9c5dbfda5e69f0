"""What f does along lines through the ends of a solver: what it does through a root of its gradient, or not."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from solvers.stationarity.calculus import Calculus

NEAR, FAR = 1 / 16, 1 / 4
"""How far a root may be from the end, in lengths of a line. The farther one where the slope is seen to be small beside
the slopes in the box: where it falls with the third or the ninth power of the distance, an end is early."""
_RADII = 0.5 ** np.arange(24, 0, -1)
"""Distances from the end at which a line is looked at, in its lengths."""
_UNEVEN = 4
"""By how much the distances of growth on the two sides of a far root may differ."""
_FIRST = 8
"""Distances at which what the slope does beside the Hessian's word is rounding."""
_TINY = 1e-300
_ZOOMS, _PLACES, _NOTHING = 4, 33, 1e-4
"""Looking for a root between two places: how often, at how many places, which part of the end's slope is none."""
_STEEPEST = 16
"""Starts beside which a line is looked at: those at which f changes most along it."""
_NEIGHBOURS = 8
"""Roundings of an end by which the noise of f is known."""
_EPS = float(np.finfo(float).eps)
_AT_ONCE = 2**20
"""Numbers in the points looked at in one go."""


class Ends(NamedTuple):
    """End points with what is known of them; float64."""

    x: Float[np.ndarray, "lanes n"]
    f: Float[np.ndarray, " lanes"]
    g: Float[np.ndarray, "lanes n"]
    H: Float[np.ndarray, "lanes n n"]
    reach: Float[np.ndarray, "lanes n"]
    """The sides of the box, or the distance from its centre where that is longer."""
    noise: Float[np.ndarray, "lanes n"]
    """Of the gradient, from rounding."""
    f_noise: Float[np.ndarray, " lanes"]
    """Of f; 0 until it is measured."""
    top: Float[np.ndarray, " lanes"]
    """Largest eigenvalue of the Hessian, in the problem's units."""
    gentle: Bool[np.ndarray, " lanes"]
    """Is the gradient small beside those in the box?"""


class Lines(NamedTuple):
    """Lines through ends."""

    lane: Int[np.ndarray, " lines"]
    """Number of the end."""
    along: Float[np.ndarray, "lines n"]
    """As long as the end's reach in the coordinate where it is longest."""

    def of(self, which: np.ndarray) -> "Lines":
        """Some of them."""
        return Lines(self.lane[which], self.along[which])


def with_f_noise(calculus: Calculus, ends: Ends) -> Ends:
    """The ends with what rounding does to f: four times as much as it differs a few units in the last place away."""
    random = np.random.default_rng(4)
    near = [ends.x * (1 + _EPS * random.integers(-2, 3, ends.x.shape)) for _ in range(_NEIGHBOURS)]
    apart = np.max([np.abs(calculus.slopes(beside)[0] - ends.f) for beside in near], axis=0)
    return ends._replace(f_noise=4 * np.nan_to_num(apart) + 16 * _EPS * np.abs(ends.f))


def root_within(
    calculus: Calculus, ends: Ends, lines: Lines, sharply: Bool[np.ndarray, " lines"]
) -> Float[np.ndarray, " lines"]:
    """Within which distance, in lengths of the line, the slope along it grows on both sides of the end, as at a root.

    Infinite where it does not. It must grow to twice what it is at the end, and to twice what is seen beside rounding:
    by the measure of f's slopes at the starts; or, where `sharply`, by that of what the slope does near the end though
    the Hessian says that it does not.
    """
    both = np.concatenate([_RADII, -_RADII])
    slope, _ = _looked(calculus, ends, lines, np.tile(both, (len(lines.lane), 1)))
    bend = np.einsum("mi,mij,mj->m", lines.along, ends.H[lines.lane], lines.along)
    odd = np.abs(slope - slopes(ends, lines)[:, None] - bend[:, None] * both)
    slope, odd = (figure.reshape(-1, 2, _RADII.size) for figure in (slope, odd))
    rough = _on_both_sides(calculus, ends, lines, slope, noises(ends, lines), np.abs(bend))
    # An eigenvector is known to a few eps: it may lean so far towards the steepest of them.
    leaning = (8 * _EPS) ** 2 * ends.top[lines.lane] * np.sum((lines.along / calculus.scale.units) ** 2, axis=1)
    clear = np.where(np.abs(slope) > 2 * leaning[:, None, None] * _RADII, slope, 0.0)
    near = 4 * np.max(np.nan_to_num(odd[:, :, :_FIRST]), axis=(1, 2), initial=0.0)
    fine = _on_both_sides(calculus, ends, lines, clear, near, np.abs(bend))
    return np.where(sharply, np.minimum(rough, fine), rough)


def _on_both_sides(
    calculus: Calculus, ends: Ends, lines: Lines, slope: np.ndarray, noise: np.ndarray, bend: np.ndarray
) -> Float[np.ndarray, " lines"]:
    """Within which distance; infinite where it does not."""
    here = np.abs(slopes(ends, lines))
    grown = np.abs(slope) >= np.maximum(2 * np.maximum(here, noise), _TINY)[:, None, None]
    first = grown.argmax(axis=2)
    at = np.where(grown.any(axis=2), _RADII[first], np.inf)
    narrow, wide = at.min(axis=1), at.max(axis=1)
    shown = (wide <= NEAR) | (here < noise) & (wide <= np.minimum(FAR, _UNEVEN * narrow))
    # Along the tangent of a curved valley the slope grows on both sides even if the valley falls: Newton's step tells.
    shown &= (here < noise) | (here <= 4 * wide * bend)
    side = np.sign(np.take_along_axis(slope, first[:, :, None], axis=2)[:, :, 0])
    if (dips := np.flatnonzero(shown & (side[:, 0] == side[:, 1]))).size:
        nothing = np.maximum(noise, here * _NOTHING)[dips]
        shown[dips] = _vanishes(calculus, ends, lines.of(dips), at[dips], nothing)
    return np.where(shown, wide, np.inf)


def constant(calculus: Calculus, ends: Ends, lines: Lines, calm: Float[np.ndarray, " n"]) -> Bool[np.ndarray, " lines"]:
    """Does f not change along the line, looked at beside the starts at which it does change most in this direction?

    The slope stays within `calm`, given per coordinate, and is no more than rounding at an end outside the box; or f
    itself changes by no more than rounding.
    """
    steepness = np.abs(lines.along @ calculus.scale.gradients.T)
    steepest = np.argsort(-steepness, axis=1)[:, :_STEEPEST]
    places = np.take_along_axis(beside_starts(calculus, ends, lines), steepest, axis=1)
    slope, rise = _looked(calculus, ends, lines, places)
    unseen = ~(np.isfinite(slope) & np.isfinite(rise))
    level, here = np.abs(lines.along) @ calm, np.abs(slopes(ends, lines))
    in_box = np.all(ends.reach[lines.lane] == calculus.problem.upper - calculus.problem.lower, axis=1)
    calm_here = here <= np.where(in_box, level, noises(ends, lines))
    no_slope = calm_here & np.all(unseen | (np.abs(slope) <= level[:, None]), axis=1)
    return no_slope | np.all(unseen | (np.abs(rise) <= ends.f_noise[lines.lane, None]), axis=1)


def constant_together(calculus: Calculus, ends: Ends, lines: Lines, calm: Float[np.ndarray, " n"]) -> bool:
    """The same for several lines through one end at once: f must not change in the space that they span."""
    places, end = beside_starts(calculus, ends, lines), lines.lane[0]
    f, g = calculus.slopes(ends.x[end] + places.T @ lines.along)
    seen = np.isfinite(f) & np.isfinite(g).all(axis=1)
    slope, level = np.abs(g[seen] @ lines.along.T), np.abs(lines.along) @ calm
    no_slope = (slope <= level).all() and (np.abs(slopes(ends, lines)) <= level).all()
    return bool(no_slope or (np.abs(f[seen] - ends.f[end]) <= ends.f_noise[end]).all())


def beside_starts(calculus: Calculus, ends: Ends, lines: Lines) -> Float[np.ndarray, "lines k"]:
    """Where on the line each of the problem's sample of starts is nearest, in the problem's units."""
    weights = lines.along / calculus.scale.units**2
    own = np.einsum("mi,mi->m", ends.x[lines.lane], weights)
    return (weights @ calculus.scale.points.T - own[:, None]) / np.einsum("mi,mi->m", lines.along, weights)[:, None]


def slopes(ends: Ends, lines: Lines) -> Float[np.ndarray, " lines"]:
    """Along each line at its end."""
    return np.einsum("mi,mi->m", lines.along, ends.g[lines.lane])


def noises(ends: Ends, lines: Lines) -> Float[np.ndarray, " lines"]:
    """Of these slopes."""
    return np.einsum("mi,mi->m", np.abs(lines.along), ends.noise[lines.lane])


def _vanishes(
    calculus: Calculus, ends: Ends, lines: Lines, at: Float[np.ndarray, "lines 2"], nothing: Float[np.ndarray, " lines"]
) -> Bool[np.ndarray, " lines"]:
    """Does a slope of one sign fall to nothing between two places where it has grown, or does it only dip?"""
    low, high, every = -at[:, 1], at[:, 0], np.arange(len(at))
    least = np.full(len(at), np.inf)
    for _ in range(_ZOOMS):
        places, step = np.linspace(low, high, _PLACES, axis=1), (high - low) / (_PLACES - 1)
        size = np.nan_to_num(np.abs(_looked(calculus, ends, lines, places)[0]), nan=np.inf)
        middle = places[every, size.argmin(axis=1)]
        least, low, high = np.minimum(least, size.min(axis=1)), middle - step, middle + step
    return least <= nothing


def _looked(
    calculus: Calculus, ends: Ends, lines: Lines, places: Float[np.ndarray, "lines k"]
) -> tuple[Float[np.ndarray, "lines k"], Float[np.ndarray, "lines k"]]:
    """The slope along the line at places on it, and how much higher f is there than at the end."""
    size = max(1, _AT_ONCE // (places.shape[1] * ends.x.shape[1]))
    pieces = np.split(np.arange(len(places)), range(size, len(places), size))
    parts = [_looked_at(calculus, ends, lines.of(piece), places[piece]) for piece in pieces]
    slope, rise = (np.concatenate(part) for part in zip(*parts, strict=True))
    return slope, rise


def _looked_at(calculus: Calculus, ends: Ends, lines: Lines, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points = ends.x[lines.lane, None] + places[:, :, None] * lines.along[:, None]
    f, g = calculus.slopes(points.reshape(-1, points.shape[2]))
    slope = np.einsum("mki,mi->mk", g.reshape(points.shape), lines.along)
    return slope, f.reshape(places.shape) - ends.f[lines.lane, None]
