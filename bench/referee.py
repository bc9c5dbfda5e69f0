"""The referee: one rule, in float64 on the CPU, for the end points of every solver. No solver's own word counts.

Stationary: |df/dx_i| <= 2 max(gtol, noise_i) for every i, and the point lies within 1e6 times the box.
`noise_i` is what rounding the point alone does to the gradient: 16 eps sqrt(sum_j (H_ij x_j)^2), eps of the cell's
dtype; below it a gradient cannot be told from zero. The factor 2 allows for the solver's own arithmetic.

Kind: by the signs of the eigenvalues of the Hessian, scaled symmetrically to unit rows (the signs do not change, the
units of the variables drop out). Singular: the smallest is lost in the Hessian's own rounding, or changes by more than
a quarter over one Newton step, so that the sign at the root itself is open (as at the minimum of x^4).
"""

from collections.abc import Callable, Iterator
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int, PyTree

from problems import Problem, Truth

FAR = 1e6
"""How many times the box a point may be away and still count."""
_NOISE_FACTOR = 16.0
_PROBES = 8
_LOST = 1e-12
"""A scaled eigenvalue smaller than this is rounding error."""


class Kind(IntEnum):
    """What an end point is."""

    NOT_STATIONARY = 0
    MINIMUM = 1
    SADDLE = 2
    MAXIMUM = 3
    SINGULAR = 4


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

    @property
    def stationary(self) -> Bool[np.ndarray, " lanes"]:
        """Which lanes ended on a stationary point."""
        return self.kind != Kind.NOT_STATIONARY


class Referee:
    """Judges end points of one problem; its derivative programs are compiled once and serve every solver."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        cpu = jax.local_devices(backend="cpu")[0]
        self._data = jax.device_put(jax.tree.map(np.asarray, problem.data), cpu)
        self._slopes = _in_chunks(_slopes, problem, max(8, min(256, 2**15 // problem.dim)), cpu)
        self._hessians = _in_chunks(_hessian, problem, max(1, min(256, 2**20 // problem.dim**2)), cpu)

    def slopes(self, x: Float[np.ndarray, "lanes n"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """F [lanes], its gradient [lanes, n] and the gradient's noise for eps = 1 [lanes, n]."""
        return self._slopes(x, self._data)

    def tolerance(self, gtol: float, dtype: str) -> Float[np.ndarray, " n"]:
        """The stopping rule's tolerance per coordinate: gtol, or the gradient's noise where that is larger.

        The noise is taken at the first known minimiser, else at the published start, else at the box's centre, and is
        the same for all solvers.
        """
        truth, problem = self.problem.truth, self.problem
        middle = (problem.lower + problem.upper) / 2 if problem.start is None else problem.start
        at = middle if truth.minimisers is None else truth.minimisers[0]
        return np.maximum(gtol, _NOISE_FACTOR * np.finfo(dtype).eps * self.slopes(at[None])[2][0])

    def judge(self, x: Float[np.ndarray, "lanes n"], gtol: float, dtype: str) -> Verdict:
        """The verdict on each end point; `dtype` is the one the solver worked in."""
        x = np.asarray(x, np.float64)
        f, g, noise = self.slopes(x)
        allowed = 2 * np.maximum(gtol, _NOISE_FACTOR * np.finfo(dtype).eps * noise)
        with np.errstate(invalid="ignore"):
            stationary = np.isfinite(f) & np.all(np.abs(g) <= allowed, axis=1) & self._near(x)
        kind = np.zeros(len(x), int)
        if stationary.any():
            kind[stationary] = self._kinds(x[stationary], g[stationary])
        truth = self.problem.truth
        gap = np.full(len(x), np.nan) if truth.minimum is None else f - truth.minimum
        return Verdict(f, np.max(np.abs(g), axis=1), kind, gap, *nearest(truth, x))

    def _near(self, x: Float[np.ndarray, "lanes n"]) -> Bool[np.ndarray, " lanes"]:
        centre, reach = around(self.problem)
        return np.all(np.abs(x - centre) <= reach, axis=1)

    def _kinds(self, x: Float[np.ndarray, "lanes n"], g: Float[np.ndarray, "lanes n"]) -> Int[np.ndarray, " lanes"]:
        kinds = []
        size = max(1, 2**22 // self.problem.dim**2)
        for piece in range(0, len(x), size):
            here, slope = x[piece : piece + size], g[piece : piece + size]
            H = _finite(self._hessians(here, self._data)[0])
            scale = equilibrate(H)
            eigenvalues = np.linalg.eigvalsh(_scaled(H, scale))
            with np.errstate(all="ignore"):
                newton = _solve(_scaled(H, scale), slope * scale) * scale
            after = _finite(self._hessians(here - newton, self._data)[0])
            kinds.append(classify(eigenvalues, np.linalg.eigvalsh(_scaled(after, scale))))
        return np.concatenate(kinds)


def around(problem: Problem) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """The centre of the box and how far from it, per coordinate, a point may be: 1e6 times the box."""
    centre = (problem.lower + problem.upper) / 2
    return centre, FAR * (problem.upper - problem.lower)


def classify(now: Float[np.ndarray, "lanes n"], after: Float[np.ndarray, "lanes n"]) -> Int[np.ndarray, " lanes"]:
    """Kinds from the scaled eigenvalues at the point and those one Newton step on."""
    smallest, smallest_after = np.abs(now).min(axis=1), np.abs(after).min(axis=1)
    up, up_after = (now > 0).sum(axis=1), (after > 0).sum(axis=1)
    regular = (smallest > _LOST) & (up == up_after) & (smallest_after >= 0.75 * smallest)
    regular &= smallest_after <= smallest / 0.75
    n = now.shape[1]
    return np.select([~regular, up == n, up == 0], [Kind.SINGULAR, Kind.MINIMUM, Kind.MAXIMUM], Kind.SADDLE)


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


def _slopes(problem: Problem, x: jax.Array, data: PyTree) -> tuple[jax.Array, jax.Array, jax.Array]:
    def value_and_slope(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jax.value_and_grad(problem.fn)(x, data)

    (f, g), change = jax.linearize(value_and_slope, x)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (_PROBES, x.size))
    shaken = jax.vmap(lambda sign: change(sign * x)[1])(jnp.asarray(signs))
    return f, g, jnp.sqrt(jnp.mean(shaken**2, axis=0))


def _hessian(problem: Problem, x: jax.Array, data: PyTree) -> tuple[jax.Array]:
    return (jax.hessian(problem.fn)(x, data),)


def _in_chunks(fn: Callable[..., Any], problem: Problem, size: int, device: jax.Device) -> Callable[..., Any]:
    """`fn` over lanes, compiled for one chunk size, so that a new batch compiles nothing and needs bounded memory."""
    compiled = jax.jit(jax.vmap(lambda x, data: fn(problem, x, data), in_axes=(0, None)))

    def chunks(x: np.ndarray) -> Iterator[np.ndarray]:
        for first in range(0, len(x), size):
            piece = x[first : first + size]
            yield np.concatenate([piece, np.repeat(piece[-1:], size - len(piece), axis=0)])

    def over_all(x: np.ndarray, data: PyTree) -> tuple[np.ndarray, ...]:
        parts = [jax.tree.map(np.asarray, compiled(jax.device_put(piece, device), data)) for piece in chunks(x)]
        return tuple(np.concatenate(part)[: len(x)] for part in zip(*parts, strict=True))

    return over_all


def _scaled(H: np.ndarray, d: np.ndarray) -> np.ndarray:
    return H * d[..., :, None] * d[..., None, :]


def _solve(H: np.ndarray, g: np.ndarray) -> np.ndarray:
    """H^-1 g by eigenvalues, which raises nothing where H is singular."""
    values, vectors = np.linalg.eigh(H)
    return np.einsum("lij,lj->li", vectors, np.einsum("lij,li->lj", vectors, g) / values)


def _finite(H: np.ndarray) -> np.ndarray:
    """LAPACK refuses what is not finite; a zero matrix is classified as singular."""
    return np.where(np.isfinite(H).all(axis=(1, 2), keepdims=True), H, 0.0)


@lru_cache(maxsize=8)
def referee(problem: Problem) -> Referee:
    """The referee of a problem, kept so that its programs are compiled once."""
    return Referee(problem)
