"""The referee: one rule, in float64 on the CPU, for the end points of every solver. No solver's own word counts.

Small: |df/dx_i| <= 2 max(tolerance_i, noise_i) for every i, and the point lies within 1e6 times the box. `tolerance_i`
is what stops a lane; `noise_i` is what rounding the point does to the gradient there, 16 eps sqrt(sum_j (H_ij x_j)^2),
eps of the cell's dtype, and at most a sixteenth of the slopes that f has at the starts. The factor 2 allows for the
solver's own arithmetic.

Stationary: small, and a root of the gradient is shown to be near (`solvers.stationarity.roots`). Else it is flat.

Kind: by the signs of the eigenvalues of the Hessian, scaled symmetrically to unit rows (the signs do not change, the
units of the variables drop out). Singular: the smallest is lost in the Hessian's own rounding, or changes by more than
a quarter over one Newton step, so that the sign at the root itself is open (as at the minimum of x^4).
"""

from collections.abc import Iterator
from enum import IntEnum
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from problems import Problem, Truth
from solvers.stationarity.calculus import Calculus
from solvers.stationarity.roots import GENTLE, finite, near_root

_FAR = 1e6
"""How many times the box a point may be away and still count."""
_NOISE_FACTOR = 16.0
_LOST = 1e-12
"""A scaled eigenvalue smaller than this is rounding error."""
_SHORT = (0.75, 0.25)
"""Parts of a Newton step after which the Hessian is looked at where it has no value at the step's end; the smaller for
steps of the size of rounding."""
_EDGE = 1e-3
"""An end is in the box if the root near it may be, but no farther outside than such a part of the box."""


class PointKind(IntEnum):
    """What an end point is."""

    NOT_STATIONARY = 0
    MINIMUM = 1
    SADDLE = 2
    MAXIMUM = 3
    SINGULAR = 4
    FLAT = 5
    """The gradient is small, but no root of it is near: a plateau, or a direction in which f has stopped changing."""


class Verdict(NamedTuple):
    """Per lane, float64 NumPy arrays of shape [lanes]; NaN where the truth is unknown."""

    f: Float[np.ndarray, " lanes"]
    grad_norm: Float[np.ndarray, " lanes"]
    kind: Int[np.ndarray, " lanes"]
    gap: Float[np.ndarray, " lanes"]
    x_error: Float[np.ndarray, " lanes"]
    digits: Float[np.ndarray, " lanes"]
    point: Int[np.ndarray, " lanes"]
    """Number of the nearest known point."""
    within: Float[np.ndarray, "lanes n"]
    """How far away, per coordinate, the root may be that is near; 0 where none is, infinite along a valley."""
    inside: Bool[np.ndarray, " lanes"]
    """Is the end in the closed box, to the rounding of the cell's dtype and to `within`?"""

    @property
    def stationary(self) -> Bool[np.ndarray, " lanes"]:
        """Which lanes ended on a stationary point."""
        return (self.kind != PointKind.NOT_STATIONARY) & (self.kind != PointKind.FLAT)


class Probe(NamedTuple):
    """Where the gradient's noise was taken, once for a problem."""

    noise: Float[np.ndarray, " n"]
    """For a relative rounding error of 1 in every coordinate; 0 where the derivatives are finite nowhere."""
    remark: str | None
    """Which derivative is not finite where it was looked for first."""


class Referee:
    """Judges end points of one problem; its derivative programs are compiled once and serve every solver."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.calculus = problem, Calculus(problem)

    def slopes(self, x: Float[np.ndarray, "lanes n"]) -> tuple[np.ndarray, np.ndarray]:
        """f [lanes] and its gradient [lanes, n]."""
        return self.calculus.slopes(x)

    def tolerance(self, gtol: float, dtype: str) -> Float[np.ndarray, " n"]:
        """The stopping rule's tolerance per coordinate: gtol, or the gradient's noise where that is larger.

        The noise is the same for all solvers, see `probe`.
        """
        return np.maximum(gtol, self._noise(self.probe.noise, dtype))

    @cached_property
    def probe(self) -> Probe:
        """The noise at the first known minimiser, else the published start, else the box's centre.

        Where f, its gradient or its Hessian is not finite there, at the next of these, or at the first of the starts
        where all are.
        """
        places, refused = list(_places(self.problem, self.calculus.scale.points)), None
        for name, at in places:
            (f, g), noise = self.slopes(at[None]), self.calculus.noise(at[None])
            broken = _not_finite(f, g, noise)
            if broken is None:
                told = None if refused is None else f"{refused}; the gradient's noise is taken at {name} instead"
                return Probe(noise[0], told)
            refused = refused or f"{broken} is not finite at {name} {point_text(at)}"
        return Probe(np.zeros(self.problem.dim), f"{refused}, nor at any of {len(places) - 1} other points of the box")

    def judge(self, x: Float[np.ndarray, "lanes n"], gtol: float, dtype: str) -> Verdict:
        """The verdict on each end point; `dtype` is the one the solver worked in."""
        x = np.asarray(x, np.float64)
        f, g = self.slopes(x)
        small = np.isfinite(f) & self._near(x) & self._small(x, g, gtol, dtype)
        kind, within = np.where(small, PointKind.FLAT, PointKind.NOT_STATIONARY), np.zeros(x.shape)
        size = max(1, 2**20 // self.problem.dim**2)
        for lanes in np.split(np.flatnonzero(small), range(size, int(small.sum()), size)) if small.any() else ():
            kind[lanes], within[lanes] = self._kinds(x[lanes], f[lanes], g[lanes], gtol)
        truth = self.problem.truth
        gap = np.full(len(x), np.nan) if truth.minimum is None else f - truth.minimum
        inside = in_box(self.problem, x, dtype, within)
        return Verdict(f, np.max(np.abs(g), axis=1), kind, gap, *nearest(truth, x), within, inside)

    def _near(self, x: Float[np.ndarray, "lanes n"]) -> Bool[np.ndarray, " lanes"]:
        centre, reach = around(self.problem)
        return np.all(np.abs(x - centre) <= reach, axis=1)

    def _small(self, x: np.ndarray, g: np.ndarray, gtol: float, dtype: str) -> Bool[np.ndarray, " lanes"]:
        """Is the gradient within twice what stopped the lanes, or within twice the noise at this very point?"""
        allowed = np.broadcast_to(2 * self.tolerance(gtol, dtype), x.shape).copy()
        if (open_ := np.flatnonzero(~np.all(np.abs(g) <= allowed, axis=1))).size:
            allowed[open_] = np.fmax(allowed[open_], 2 * self._noise(self.calculus.noise(x[open_]), dtype))
        return np.all(np.abs(g) <= allowed, axis=1)

    def _noise(self, noise: np.ndarray, dtype: str) -> np.ndarray:
        """In the dtype; and no slope that f has at the starts is taken for noise."""
        steep = self.calculus.scale.slopes
        return np.minimum(_NOISE_FACTOR * np.finfo(dtype).eps * noise, np.where(steep > 0, GENTLE * steep, np.inf))

    def _kinds(self, x: np.ndarray, f: np.ndarray, g: np.ndarray, gtol: float) -> tuple[np.ndarray, np.ndarray]:
        H = finite(self.calculus.hessians(x))
        near = near_root(self.calculus, x, f, g, H, gtol)
        scale = equilibrate(H)
        values, vectors = np.linalg.eigh(_scaled(H, scale))
        with np.errstate(all="ignore"):  # an eigenvalue may be 0
            slopes = np.einsum("lij,li->lj", vectors, g * scale)
            newton = np.einsum("lij,lj->li", vectors, slopes / values) * scale
        kinds = classify(values, np.linalg.eigvalsh(_scaled(self._after(x, newton), scale)))
        return np.where(near.shown, kinds, PointKind.FLAT), np.where(near.shown[:, None], near.within, 0.0)

    def _after(self, x: np.ndarray, step: np.ndarray) -> Float[np.ndarray, "lanes n n"]:
        """The Hessians one Newton step on; just before it where they are not finite, as at a minimum written |x|^2."""
        H = self.calculus.hessians(x - step)
        for part in _SHORT:
            if (broken := np.flatnonzero(~np.isfinite(H).all(axis=(1, 2)))).size:
                H[broken] = self.calculus.hessians(x[broken] - part * step[broken])
        return finite(H)


def _places(problem: Problem, starts: np.ndarray) -> Iterator[tuple[str, Float[np.ndarray, " n"]]]:
    if problem.truth.minimisers is not None:
        yield "the first known minimiser", problem.truth.minimisers[0]
    if problem.start is not None:
        yield "the problem's start", problem.start
    yield "the centre of the box", (problem.lower + problem.upper) / 2
    for start in starts:
        yield "a random start", start


def _not_finite(f: np.ndarray, g: np.ndarray, noise: np.ndarray) -> str | None:
    named = {"the value of f": f, "the gradient of f": g, "the Hessian of f": noise}
    return next((name for name, values in named.items() if not np.isfinite(values).all()), None)


def in_box(problem: Problem, x: np.ndarray, dtype: str, within: np.ndarray) -> Bool[np.ndarray, " lanes"]:
    """Is a point in the closed box, to rounding, or near enough to it for its root to be?

    Where the problem puts known minimisers outside its box, as NIST's whose boxes hold the starts, the box reaches to
    the farthest of them, to the digits in which they are known.
    """
    lower, upper = problem.lower, problem.upper
    if (known := problem.truth.minimisers) is not None:
        digits = 10.0**-problem.truth.digits * np.abs(known)
        out_below, out_above = (known < lower).any(axis=0), (known > upper).any(axis=0)
        lower = np.where(out_below, (known - digits).min(axis=0), lower)
        upper = np.where(out_above, (known + digits).max(axis=0), upper)
    rounding = 4 * np.finfo(dtype).eps * np.maximum(np.abs(lower), np.abs(upper))
    beside = rounding + np.minimum(np.where(np.isfinite(within), within, 0.0), _EDGE * (upper - lower))
    return np.all((x >= lower - beside) & (x <= upper + beside), axis=1)


def point_text(x: Float[np.ndarray, " n"]) -> str:
    """A point for a sentence."""
    shown = ", ".join(f"{value:.4g}" for value in x[:4])
    return f"({shown}{', ...' if len(x) > 4 else ''})"


def around(problem: Problem) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """The centre of the box and how far from it, per coordinate, a point may be: 1e6 times the box."""
    centre = (problem.lower + problem.upper) / 2
    return centre, _FAR * (problem.upper - problem.lower)


def classify(now: Float[np.ndarray, "lanes n"], after: Float[np.ndarray, "lanes n"]) -> Int[np.ndarray, " lanes"]:
    """Kinds from the scaled eigenvalues at the point and those one Newton step on."""
    smallest, smallest_after = np.abs(now).min(axis=1), np.abs(after).min(axis=1)
    up, up_after = (now > 0).sum(axis=1), (after > 0).sum(axis=1)
    regular = (smallest > _LOST) & (up == up_after) & (smallest_after >= 0.75 * smallest)
    regular &= smallest_after <= smallest / 0.75
    n = now.shape[1]
    return np.select(
        [~regular, up == n, up == 0], [PointKind.SINGULAR, PointKind.MINIMUM, PointKind.MAXIMUM], PointKind.SADDLE
    )


def equilibrate(H: Float[np.ndarray, "lanes n n"]) -> Float[np.ndarray, "lanes n"]:
    """D such that diag(d) H diag(d) has rows of largest entry near 1 (Ruiz 2001, RAL-TR-2001-034); 1 for a zero row."""
    d = np.ones(H.shape[:-1])
    for _ in range(6):
        rows = np.abs(_scaled(H, d)).max(axis=-1)
        d = d / np.sqrt(np.where(rows > 0, rows, 1.0))
    return d


def nearest(truth: Truth, x: Float[np.ndarray, "lanes n"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x_error, digits and number of the nearest known point, each [lanes]; the distance is the largest relative error.

    Digits are the log relative error of the worst coordinate (absolute where the known coordinate is 0), as NIST's
    StRD scores them, at least 0 and at most the truth's own digits.
    """
    points = truth.points
    if points is None:
        unknown = np.full(len(x), np.nan)
        return unknown, unknown, np.full(len(x), -1)
    found = [_nearest(points, piece) for piece in np.array_split(x, max(1, x.size * len(points) // 2**22))]
    error, relative, point = (np.concatenate(parts) for parts in zip(*found, strict=True))
    with np.errstate(divide="ignore"):
        return error, np.clip(-np.log10(relative), 0.0, truth.digits) + 0.0, point


def _nearest(points: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    absolute = np.abs(x[:, None] - points)
    relative = np.nan_to_num((absolute / np.where(points == 0, 1.0, np.abs(points))).max(axis=2), nan=np.inf)
    point = relative.argmin(axis=1)
    lanes = np.arange(len(x))
    return absolute.max(axis=2)[lanes, point], relative[lanes, point], point


def _scaled(H: np.ndarray, d: np.ndarray) -> np.ndarray:
    return H * d[..., :, None] * d[..., None, :]


@lru_cache(maxsize=8)
def referee(problem: Problem) -> Referee:
    """The referee of a problem, kept so that its programs are compiled once."""
    return Referee(problem)
