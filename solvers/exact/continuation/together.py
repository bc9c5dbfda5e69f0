"""Paths of many systems at once: from the roots of one to those of the others, a lane for every system and root."""

from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Complex, Int

from solvers.exact.continuation.gradients import Gradients
from solvers.exact.continuation.homotopy import Coefficients, Support
from solvers.exact.continuation.pairs import Pair
from solvers.exact.continuation.path import End, Limits, Paths, advance, begin
from solvers.exact.continuation.polynomials import System
from solvers.exact.continuation.support import tables
from solvers.exact.continuation.track import STEPS, Course, landing


class Start(NamedTuple):
    """A system whose roots are known, and from where they are followed."""

    system: System
    z: Complex[np.ndarray, "roots n1"]
    """Its roots, on the plane."""
    plane: Complex[np.ndarray, " n1"]


class Deformed(NamedTuple):
    """The straight lines of coefficients from a start to all members."""

    support: Support
    coefficients: Coefficients
    """The start's [rows, 1], the targets' [rows, sets]."""
    start: Start

    @property
    def lanes(self) -> int:
        """Data sets times roots of the start."""
        return int(self.coefficients.target[0].shape[1] * len(self.start.z))

    def followed(
        self, lanes: Int[np.ndarray, " lanes"], course: Course
    ) -> tuple[Complex[np.ndarray, "lanes n"], Int[np.ndarray, " lanes"]]:
        """The ends of lanes, numbered data set by data set, and how each ended (`End`)."""
        width = min(course.in_flight, self.lanes)
        limits = Limits(course.accuracy, np.int32(course.most_steps), course.longest)
        parts = [self._call(lanes[k : k + width], width, limits) for k in range(0, len(lanes), width)]
        return np.concatenate([x for x, _ in parts]), np.concatenate([end for _, end in parts])

    def _call(self, lanes: np.ndarray, width: int, limits: Limits) -> tuple[np.ndarray, np.ndarray]:
        which, root = np.divmod(np.resize(lanes, width), len(self.start.z))
        c = self.coefficients
        mine = c._replace(target=_columns(c.target, which), target_slopes=_columns(c.target_slopes, which))
        plane = self.start.plane[:, None]
        z, end = _runner(self.support)(mine, _parts(plane), limits, _parts(self.start.z[root].T))
        z, end = (z[0] + 1j * np.asarray(z[1]))[:, : len(lanes)].T, np.array(end)[: len(lanes)]
        with np.errstate(all="ignore"):
            return z[:, 1:] / z[:, :1], end


def deformed(gradients: Gradients, start: Start) -> Deformed:
    """The homotopy (1 - t) member + t start, for every member of the family."""
    terms = [
        (table, np.asarray(begun)[:, None], c.T)
        for table, begun, c in zip(gradients.exponents, start.system.coefficients, gradients.coefficients, strict=True)
    ]
    return Deformed(*tables(terms, start.system.degrees), start)


def _columns(pair: Any, which: np.ndarray) -> Any:
    return tuple(part[:, which] for part in pair)


def _parts(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.ascontiguousarray(z.real), np.ascontiguousarray(z.imag)


@lru_cache(maxsize=32)
def _runner(support: Support) -> Any:
    return jax.jit(partial(_to_their_ends, support))


def _to_their_ends(support: Support, c: Coefficients, plane: Pair, limits: Limits, z: Pair) -> tuple[Pair, Any]:
    """All of them, one program: there is no queue, for the paths of one family are of about the same length."""

    def some_run(paths: Paths) -> Any:
        return jnp.any(paths.end == int(End.RUNNING))

    def further(paths: Paths) -> Paths:
        return advance(support, c, plane, limits, STEPS, paths)

    return landing(lax.while_loop(some_run, further, begin(z)))
