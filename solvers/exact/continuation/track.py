"""The paths of a system from start to end: a queue of starts, so many in flight, refilled as they end."""

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import product
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Complex, Int

from solvers.exact.continuation.homotopy import Coefficients, Support
from solvers.exact.continuation.path import End, Limits, Paths, advance, begin
from solvers.exact.continuation.polynomials import System
from solvers.exact.continuation.support import tables
from solvers.method import CannotSolve

MOST_PATHS = 200_000
_STEPS = 16
"""Between two looks at which paths have ended."""


class _Ends(NamedTuple):
    """Where paths ended, in the order of their starts."""

    x: Complex[np.ndarray, "paths n"]
    """Affine coordinates in the system's own units; huge where a path went to infinity."""
    end: Int[np.ndarray, " paths"]
    steps: Int[np.ndarray, " paths"]


@dataclass(frozen=True)
class Course:
    """How paths are followed."""

    accuracy: float = 1e-6
    """Of the predictor, relative."""
    most_steps: int = 2000
    longest: float = 2.0
    """Step in s = -log t."""
    width: int = 256
    """Paths in flight on a device."""

    def tighter(self) -> "Course":
        """The same with smaller steps, for paths that seem to have left their way."""
        return replace(self, accuracy=self.accuracy / 100, longest=self.longest / 4, most_steps=4 * self.most_steps)


class Homotopy(NamedTuple):
    """A deformation of systems of polynomials."""

    support: Support
    coefficients: Coefficients
    plane: Complex[np.ndarray, " n1"]
    """On which the points lie: plane.z = 1."""


def from_roots_of_unity(system: System, seed: int) -> tuple[Homotopy, Complex[np.ndarray, "paths n1"]]:
    """The total-degree homotopy, gamma (z_i^d_i - z_0^d_i) t + (1 - t) F, and its starts on the plane.

    gamma and the plane are random: for all but finitely many gamma on the circle no two paths meet before the end, and
    the ends are all isolated roots (Sommese & Wampler 2005, theorem 8.3.1).

    Raises:
        CannotSolve: there are more than `MOST_PATHS` paths.
    """
    if system.bezout > MOST_PATHS:
        raise CannotSolve(f"{system.bezout} paths, the product of the degrees, are more than {MOST_PATHS}")
    generator = np.random.default_rng(seed)
    gamma, plane = _on_circle(generator, 1)[0], _on_circle(generator, system.n + 1)
    terms = [
        _with_start(i, table, c, gamma)
        for i, (table, c) in enumerate(zip(system.exponents, system.coefficients, strict=True))
    ]
    support, coefficients = tables(terms, system.degrees)
    roots = [np.exp(2j * np.pi * np.arange(d) / d) for d in system.degrees]
    affine = np.array(list(product(*roots))).reshape(-1, system.n)
    starts = np.concatenate([np.ones((len(affine), 1)), affine], axis=1)
    return Homotopy(support, coefficients, plane), starts / (starts @ plane)[:, None]


def _on_circle(generator: np.random.Generator, count: int) -> Complex[np.ndarray, " count"]:
    return np.exp(2j * np.pi * generator.uniform(size=count))


def _with_start(i: int, table: np.ndarray, c: np.ndarray, gamma: complex) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The terms of equation i with those of gamma (x_i^d - 1)."""
    powers = {tuple(row): [0.0 + 0j, complex(value)] for row, value in zip(table, c, strict=True)}
    degree, n = int(table.sum(axis=1).max()), table.shape[1]
    for power, value in ((degree, gamma), (0, -gamma)):
        row = tuple(power * (np.arange(n) == i))
        powers.setdefault(row, [0j, 0j])[0] += value
    values = np.array(list(powers.values()))
    return np.array(list(powers)), values[:, 0], values[:, 1]


def compiled_tracker(system: System, seed: int) -> None:
    """Compiles the steps for a system, by following one path."""
    homotopy, starts = from_roots_of_unity(system, seed)
    track(homotopy, starts[:1], Course(most_steps=1), len(starts))


def track(
    homotopy: Homotopy, starts: Complex[np.ndarray, "paths n1"], course: Course, room: int | None = None
) -> _Ends:
    """Follows every start to its end; the program has room for the `course.width` or `room` paths."""
    runner = _runner(homotopy.support, min(course.width, room or len(starts)))
    limits = Limits(course.accuracy, np.int32(course.most_steps), course.longest)
    plane = homotopy.plane.real[:, None], homotopy.plane.imag[:, None]
    return _Queue(runner, homotopy.coefficients, plane, limits, starts).run()


class _Runner(NamedTuple):
    width: int
    begin: Any
    advance: Any


@lru_cache(maxsize=32)
def _runner(support: Support, width: int) -> _Runner:
    """Compiled once for a support: other coefficients, limits and seeds compile nothing anew."""
    return _Runner(width, jax.jit(partial(begin, support)), jax.jit(partial(_many, support)))


def _many(support: Support, c: Coefficients, plane: Any, limits: Limits, paths: Paths) -> Paths:
    return advance(support, c, plane, limits, _STEPS, paths)


class _Queue:
    """The host's side: who flies, who waits, who has ended."""

    def __init__(self, runner: _Runner, c: Coefficients, plane: Any, limits: Limits, starts: np.ndarray) -> None:
        self._runner, self._c, self._plane, self._limits, self._starts = runner, c, plane, limits, starts
        count, n1 = starts.shape
        self._z = np.zeros((count, n1), complex)
        self._end = np.full(count, int(End.RUNNING), np.int32)
        self._steps = np.zeros(count, np.int32)

    def run(self) -> _Ends:
        """All to their ends."""
        waiting, width = len(self._starts), self._runner.width
        flying = np.where(np.arange(width) < waiting, np.arange(width), -1)
        paths = self._begun(np.maximum(flying, 0))
        next_start = width
        while True:
            paths = jax.tree.map(np.array, self._runner.advance(self._c, self._plane, self._limits, paths))
            done = (paths.end != int(End.RUNNING)) & (flying >= 0)
            self._land(paths, flying, done)
            flying[done] = -1
            free = np.flatnonzero(flying < 0)
            taken = np.arange(next_start, min(waiting, next_start + len(free)))
            if not len(taken) and (flying < 0).all():
                return _Ends(*self._affine(), self._end, self._steps)
            if len(taken):
                seats = free[: len(taken)]
                chosen = np.zeros(width, int)
                chosen[seats], flying[seats] = taken, taken
                fresh = self._begun(chosen)
                jax.tree.map(lambda old, new, seats=seats: old.__setitem__((..., seats), new[..., seats]), paths, fresh)
                next_start += len(taken)

    def _begun(self, which: Int[np.ndarray, " width"]) -> Paths:
        z = self._starts[which].T
        return jax.tree.map(np.array, self._runner.begin(self._c, self._plane, (z.real.copy(), z.imag.copy())))

    def _land(self, paths: Paths, flying: np.ndarray, done: np.ndarray) -> None:
        at = flying[done]
        z, slope = (np.asarray(part[0] + 1j * part[1])[:, done].T for part in (paths.z, paths.slope))
        singular = (paths.end[done] == int(End.SINGULAR))[:, None]
        self._z[at] = np.where(singular, _extrapolated(z, slope, paths, done), z)
        landed_far = (paths.end[done] == int(End.FINITE)) & (np.abs(z[:, 0]) < _VANISHED * np.abs(z).max(axis=1))
        self._end[at] = np.where(landed_far, int(End.INFINITE), paths.end[done])
        self._steps[at] = paths.steps[done]

    def _affine(self) -> tuple[Complex[np.ndarray, "paths n"]]:
        with np.errstate(all="ignore"):
            return (self._z[:, 1:] / self._z[:, :1],)


_VANISHED = 1e-9
"""A homogenising coordinate this small beside the others is zero: a regular root at infinity."""


def _extrapolated(z: np.ndarray, slope: np.ndarray, paths: Paths, done: np.ndarray) -> np.ndarray:
    """z + m dz/ds, where slopes fall like exp(-s / m): the limit of a power series in t^(1/m) cut after two terms."""
    one = paths.before[0]
    before = (one.slope[0] + 1j * one.slope[1])[:, done].T
    with np.errstate(all="ignore"):
        fall = np.log(np.abs(before).max(axis=1) / np.abs(slope).max(axis=1)) / one.gap[done]
    winding = np.where(np.isfinite(fall) & (fall > 0.01), 1 / np.maximum(fall, 0.01), 0.0)
    return z + winding[:, None] * slope
