"""The stationary points of one function for many data sets: one member is solved, its roots lead to all others'.

Coefficient-parameter theorem (Morgan & Sommese 1989, Applied Mathematics and Computation 29, 123; Sommese & Wampler
2005, theorem 7.1.1): where coefficients are polynomials in complex parameters, nearly all systems have the same number
of isolated roots, and no system has more; along nearly every straight line of parameters from one of these to any
other, paths from all its roots end at all isolated roots of the other. The parameters are here the points of the
smallest affine space that holds the coefficients of all data sets, and the start is a random complex one. Whatever the
data sets have in common the start has, so that no path is followed to a root that none of them has.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Complex, Float, Int, PyTree

from problems.problem import Problem
from solvers.exact.continuation.certificate import (
    Proved,
    different,
    overlapping,
    polished,
    prove,
    proved_negative_eigenvalues,
)
from solvers.exact.continuation.gradients import Gradients, gradients_of
from solvers.exact.continuation.path import End
from solvers.exact.continuation.plan import planned
from solvers.exact.continuation.polynomials import System
from solvers.exact.continuation.solver import all_ends
from solvers.exact.continuation.starts import on_circle, on_plane
from solvers.exact.continuation.together import Deformed, Start, deformed
from solvers.exact.continuation.track import Course

_LOOKS = 3
"""Times that paths are followed again which seem to have left their way."""
_COURSE = Course(accuracy=1e-6, width=256)
"""No bound shows here that a path has jumped to infinity, so steps are small; lanes wait for each other."""
_TOGETHER = 512
"""Points that are proved in one call: their tables fit into a cache."""


class Members(NamedTuple):
    """The stationary points of all data sets, one after the other, and what is known beside them."""

    points: Float[np.ndarray, "m n"]
    """Proved real roots, each a different one of its data set."""
    data_set: Int[np.ndarray, " m"]
    """Which data set each belongs to; increasing."""
    negative: Int[np.ndarray, " m"]
    """Eigenvalues of the Hessian there that are proved negative, the others positive; -1 where that is unproved."""
    n_roots: Int[np.ndarray, " sets"]
    """Proved different roots in C^n."""
    n_infinite: Int[np.ndarray, " sets"]
    """Paths that went to infinity."""
    n_paths: int
    """For every data set: the roots of the start."""
    start_is_sure: bool
    """Has every path to the start's own roots ended, at a proved root or at infinity?"""

    @property
    def all_found(self) -> Bool[np.ndarray, " sets"]:
        """Are these, with probability one and rounding permitting, all isolated roots of the data set?"""
        return self.start_is_sure & (self.n_roots + self.n_infinite == self.n_paths)


def points_of_data_sets(problem: Problem, data_sets: PyTree, seed: int = 1) -> Members:
    """All stationary points of `problem.fn(x, data)` for every data set.

    What is proved of a point concerns the polynomials whose coefficients float64 makes of the data.

    Args:
        problem: its function is a polynomial of x whose coefficients are polynomials or quotients of the data.
        data_sets: a pytree like `problem.data`, its leaves [sets, ...]; a number that all data sets share is a
            constant.
        seed: of the random start; another gives the same points.

    Raises:
        CannotSolve: the gradient is no polynomial, or has too many terms, paths or variables.
        ValueError: the data sets do not fit the problem.
    """
    gradients, scales = gradients_of(problem, data_sets).scaled()
    with jax.enable_x64(True):
        start, sure = _random_member(gradients, seed)
        ends = _followed(gradients, deformed(gradients, start))
    real = ends.kept[ends.proved.real[ends.kept]]
    return Members(
        ends.proved.x[real].real * scales,
        ends.which[real],
        _negative(gradients, ends.which[real], _some(ends.proved, real)),
        np.bincount(ends.which[ends.kept], minlength=gradients.sets),
        ends.n_infinite,
        len(start.z),
        sure,
    )


def _random_member(gradients: Gradients, seed: int) -> tuple[Start, bool]:
    """A random complex system of the affine space of all members, its roots, and whether these are surely all."""
    real, imaginary = np.random.default_rng(seed).normal(size=(2, gradients.sets)) / np.sqrt(2 * gradients.sets)
    weights = real + 1j * imaginary

    def combined(c: Float[np.ndarray, "sets terms"]) -> Complex[np.ndarray, " terms"]:
        middle = c.mean(axis=0)
        return middle + weights @ (c - middle)

    system = gradients.system(combined)
    ends, proved, regular = all_ends(system, planned(system, seed))
    kept, plane = different(proved), on_circle(np.random.default_rng(seed), system.n + 1)
    sure = len(kept) == len(regular) and not (ends.end == int(End.GIVEN_UP)).any()
    return Start(system, on_plane(proved.x[kept], plane), plane), sure


class _Ends(NamedTuple):
    """The ends of all lanes that landed, and which of them are roots."""

    proved: Proved
    which: Int[np.ndarray, " ends"]
    """Data sets, increasing."""
    kept: Int[np.ndarray, " roots"]
    """Numbers of ends that are proved, different roots of their data sets."""
    again: Int[np.ndarray, " lanes"]
    """Lanes that were given up, or end without a proof, or at a root with another lane: only one path leads there."""
    n_infinite: Int[np.ndarray, " sets"]


def _followed(gradients: Gradients, paths: Deformed) -> _Ends:
    course = _COURSE
    x, end = paths.followed(np.arange(paths.lanes), course)
    for _ in range(_LOOKS):
        ends = _judged(gradients, x, end)
        if not len(ends.again):
            return ends
        course = course.tighter()
        x[ends.again], end[ends.again] = paths.followed(ends.again, course)
    return _judged(gradients, x, end)


def _judged(gradients: Gradients, x: Complex[np.ndarray, "lanes n"], end: Int[np.ndarray, " lanes"]) -> _Ends:
    roots = len(end) // gradients.sets
    landed = np.flatnonzero(end == int(End.FINITE))
    which = landed // roots
    proved = _proved(gradients, which, x[landed])
    kept, twice = [np.zeros(0, int)], [np.flatnonzero(~proved.isolated)]
    for rows in np.split(np.arange(len(which)), np.searchsorted(which, np.arange(1, gradients.sets))):
        own = _some(proved, rows)
        kept.append(rows[different(own)])
        if len(kept[-1]) < own.isolated.sum():
            twice.append(rows[overlapping(own)])
    again = np.union1d(landed[np.concatenate(twice)], np.flatnonzero(end == int(End.GIVEN_UP)))
    infinite = (end.reshape(gradients.sets, roots) == int(End.INFINITE)).sum(axis=1)
    return _Ends(proved, which, np.concatenate(kept), again, infinite)


def _proved(gradients: Gradients, which: Int[np.ndarray, " ends"], x: Complex[np.ndarray, "ends n"]) -> Proved:
    found = [prove(system, polished(system, x[rows])) for rows, system in _parts(gradients, which)]
    return Proved(*map(np.concatenate, zip(*found, strict=True)))


def _negative(gradients: Gradients, which: Int[np.ndarray, " m"], proved: Proved) -> Int[np.ndarray, " m"]:
    signs = [
        proved_negative_eigenvalues(system, _some(proved, rows), np.arange(len(rows)))
        for rows, system in _parts(gradients, which)
    ]
    return np.concatenate(signs)


def _parts(
    gradients: Gradients, which: Int[np.ndarray, " points"]
) -> Iterator[tuple[Int[np.ndarray, " rows"], System]]:
    """Numbers of points that are judged in one call, and the system that holds for each its own coefficients."""
    for k in range(0, max(len(which), 1), _TOGETHER):
        rows = np.arange(k, min(k + _TOGETHER, len(which)))
        yield rows, gradients.system(partial(_rows_of, which[rows]))


def _rows_of(sets: Int[np.ndarray, " points"], c: Float[np.ndarray, "sets terms"]) -> Float[np.ndarray, "points terms"]:
    return c[sets]


def _some(proved: Proved, rows: Int[np.ndarray, " rows"]) -> Proved:
    return Proved(*(part[rows] for part in proved))
