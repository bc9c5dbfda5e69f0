"""The paths of a homotopy from start to end: a queue of starts, so many in flight, refilled as they end."""

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float, Int

from solvers.exact.continuation.homotopy import Coefficients, Support
from solvers.exact.continuation.pairs import Pair, both, select_pairs
from solvers.exact.continuation.path import End, Limits, Paths, advance, begin
from solvers.transforms.target import target

STEPS = 8
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

    accuracy: float = 1e-4
    """Of the predictor, relative."""
    most_steps: int = 2000
    longest: float = 2.0
    """Step in s = -log t."""
    width: int = 64
    """Paths in flight on a CPU: their state fits into a cache."""

    @property
    def in_flight(self) -> int:
        """Paths in flight; on a GPU a step is fifty launches, which take as long for one path as for thousands."""
        return self.width if target() == "cpu" else _ON_GPU

    def tighter(self) -> "Course":
        """The same with smaller steps, for paths that seem to have left their way."""
        return replace(self, accuracy=self.accuracy / 100, longest=self.longest / 4, most_steps=4 * self.most_steps)


_ON_GPU = 16_384


class Homotopy(NamedTuple):
    """A deformation of systems of polynomials."""

    support: Support
    coefficients: Coefficients
    """Without exponents."""
    plane: Complex[np.ndarray, " n1"]
    """On which the points lie: plane.z = 1."""
    exponents: Float[np.ndarray, "rows cells"] | None = None
    """Of a polyhedral homotopy: `Coefficients.exponents` of each of its cells."""


def track(
    homotopy: Homotopy,
    starts: Complex[np.ndarray, "paths n1"],
    course: Course,
    room: int | None = None,
    cells: Int[np.ndarray, " paths"] | None = None,
) -> _Ends:
    """Follows every start to its end, each in its cell; the program has room for `room` paths, or as many as these."""
    count, room = len(starts), max(room or 0, len(starts))
    program = _program(homotopy.support, min(course.in_flight, -(-room // _LANES) * _LANES))
    padded = np.zeros((starts.shape[1], room), complex)
    padded[:, :count] = starts.T
    queue = _Queue(
        (padded.real.copy(), padded.imag.copy()),
        None if cells is None else np.resize(cells, room).astype(np.int32),
        np.int32(count),
    )
    plane = homotopy.plane.real[:, None], homotopy.plane.imag[:, None]
    limits = Limits(course.accuracy, np.int32(course.most_steps), course.longest)
    landed = program(homotopy.coefficients, plane, limits, homotopy.exponents, queue)
    z, end, steps = jax.tree.map(lambda part: np.array(part)[..., :count], (landed.z, landed.end, landed.steps))
    with np.errstate(all="ignore"):
        x = (z[0][1:] + 1j * z[1][1:]) / (z[0][0] + 1j * z[1][0])
    return _Ends(np.ascontiguousarray(x.T), end, steps)


_LANES = 8
"""A width is a multiple of this: what a processor computes at a time."""


class _Queue(NamedTuple):
    """The starts, and which of them are paths."""

    starts: Any
    cells: Any
    count: Any


class _Landed(NamedTuple):
    """Where paths have ended, with one place more for those in no seat."""

    z: Pair
    end: Int[Array, " paths1"]
    steps: Int[Array, " paths1"]


class _Flight(NamedTuple):
    """Paths in flight: seats, who sits there, and who comes next."""

    paths: Paths
    exponents: Any
    seats: Int[Array, " width"]
    """The number of a path, or of the place behind the last."""
    next: Int[Array, ""]
    landed: _Landed


@lru_cache(maxsize=32)
def _program(support: Support, width: int) -> Any:
    """Compiled once for a support and a size: other coefficients, limits and seeds compile nothing anew."""
    return jax.jit(partial(_followed, support, width))


def _followed(
    support: Support, width: int, c: Coefficients, plane: Pair, limits: Limits, exponents: Any, queue: _Queue
) -> _Landed:
    """All to their ends: one loop on the device, no look from the host."""
    places = queue.starts[0].shape[1]

    def boarded(flight: _Flight) -> _Flight:
        free = flight.seats == places
        number = flight.next + jnp.cumsum(free) - 1
        boards = free & (number < queue.count)
        who = jnp.where(boards, number, 0)
        own = flight.exponents
        if exponents is not None:
            own = jnp.where(boards, exponents[:, queue.cells[who]], own)
        fresh = begin(both(lambda part: part[:, who], queue.starts))
        paths = jax.tree.map(lambda new, old: jnp.where(boards, new, old), fresh, flight.paths)
        return flight._replace(
            paths=paths, exponents=own, seats=jnp.where(boards, number, flight.seats), next=flight.next + boards.sum()
        )

    def moved(flight: _Flight) -> _Flight:
        waits = jnp.any(flight.seats == places) & (flight.next < queue.count)
        flight = lax.cond(waits, boarded, lambda flight: flight, flight)
        paths = advance(support, c._replace(exponents=flight.exponents), plane, limits, STEPS, flight.paths)
        z, end = landing(paths)
        done = paths.end != int(End.RUNNING)
        at = jnp.where(done, flight.seats, places)
        landed = _Landed(
            both(lambda all_, part: all_.at[:, at].set(part), flight.landed.z, z),
            flight.landed.end.at[at].set(end),
            flight.landed.steps.at[at].set(paths.steps),
        )
        return flight._replace(paths=paths, seats=jnp.where(done, places, flight.seats), landed=landed)

    def on(flight: _Flight) -> Array:
        return jnp.any(flight.seats < places) | (flight.next < queue.count)

    return lax.while_loop(on, moved, _empty(exponents, queue, width)).landed


def _empty(exponents: Any, queue: _Queue, width: int) -> _Flight:
    """Nobody in flight, nobody landed."""
    n1, places = queue.starts[0].shape
    paths = begin(both(lambda part: jnp.zeros((n1, width)), queue.starts))
    own = None if exponents is None else jnp.zeros((len(exponents), width))
    nobody = jnp.zeros(places + 1, jnp.int32)
    landed = _Landed(both(lambda part: jnp.zeros((n1, places + 1)), queue.starts), nobody, nobody)
    ended = paths._replace(end=jnp.full(width, int(End.GIVEN_UP), jnp.int32))
    return _Flight(ended, own, jnp.full(width, places), jnp.zeros((), int), landed)


_VANISHED = 1e-9
"""A homogenising coordinate this small beside the others is zero: a regular root at infinity."""


def landing(paths: Paths) -> tuple[Pair, Int[Array, " width"]]:
    """Where paths end, [n + 1, paths], singular ends extrapolated, and how (`End`)."""
    z = select_pairs(paths.end == int(End.SINGULAR), _extrapolated(paths), paths.z)
    size = jnp.hypot(*z)
    far = (paths.end == int(End.FINITE)) & (size[0] < _VANISHED * jnp.max(size, axis=0))
    return z, jnp.where(far, int(End.INFINITE), paths.end)


def _extrapolated(paths: Paths) -> Pair:
    """z + m dz/ds, where slopes fall like exp(-s / m): the limit of a power series in t^(1/m) cut after two terms."""
    one = paths.before[0]
    now, then = (jnp.max(jnp.hypot(*slope), axis=0) for slope in (paths.slope, one.slope))
    fall = jnp.log(then / now) / one.gap
    winding = jnp.where(jnp.isfinite(fall) & (fall > 0.01), 1 / jnp.maximum(fall, 0.01), 0.0)
    return both(lambda z, slope: z + winding * slope, paths.z, paths.slope)
