"""Copies of a problem under a change of variables, as suffixes of its name: himmelblau~rotated, nist-misra1a-s1~x10.

The copy's function is f(c + B z), and the known points are carried through, so the truth is the same and stays known.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple
from zlib import crc32

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from problems.problem import Problem

_DIGITS = 13.0
"""The change of variables rounds."""


class Change(NamedTuple):
    """The variables x = c + B z, and what of the problem's structure survives."""

    c: Float[np.ndarray, " n"]
    B: Float[np.ndarray, "n ..."]
    """A matrix [n n], or the diagonal [n] of one."""

    def back(self, x: Float[np.ndarray, "... n"]) -> Float[np.ndarray, "... n"]:
        """The z of points x; B is diagonal or orthogonal."""
        return (x - self.c) / self.B if self.B.ndim == 1 else (x - self.c) @ self.B


def perturbed(problem: Problem, suffix: str) -> Problem:
    """The copy.

    Raises:
        ValueError: no such suffix, or the problem lacks what it changes.
    """
    if suffix not in SUFFIXES:
        raise ValueError(f'no suffix "~{suffix}"; there are: {", ".join(f"~{name}" for name in SUFFIXES)}')
    copy = SUFFIXES[suffix](problem)
    return replace(copy, name=f"{problem.name}~{suffix}", tags=problem.tags | {"perturbed"}, parameters=None)


def _rng(problem: Problem) -> np.random.Generator:
    """Of the problem's own: the same copy on every machine."""
    return np.random.default_rng(crc32(problem.name.encode()))


def _rotated(problem: Problem) -> Problem:
    """Turned about the centre of the box by three random reflections; the new box holds all turned points."""
    centre, n = (problem.lower + problem.upper) / 2, problem.dim
    if n > 1000:
        raise ValueError("~rotated is for n <= 1000")
    Q = np.eye(n)
    for axis in _rng(problem).standard_normal((3, n)):
        Q = Q - np.outer(Q @ axis, 2 * axis / (axis @ axis))
    change = Change(centre - Q @ centre, Q)
    turned = _changed(problem, change)
    corners = [problem.lower, problem.upper, *(np.atleast_2d(p) for p in _points(turned))]
    lower, upper = np.vstack(corners).min(axis=0), np.vstack(corners).max(axis=0)
    # The turned box is another set than the box, so a complete list is not known to be one any more.
    truth = turned.truth._replace(complete=False)
    return replace(turned, lower=lower, upper=upper, truth=truth, bandwidth=None)


def _ill_conditioned(problem: Problem) -> Problem:
    """Variables in units from 1 to 1000, so that the condition number of the Hessian grows by up to 1e6."""
    units = np.logspace(0, 3, problem.dim) if problem.dim > 1 else np.array([1e3])
    centre = (problem.lower + problem.upper) / 2
    return _boxed(problem, Change(centre - units * centre, units))


def _shifted(problem: Problem) -> Problem:
    """Moved by up to a tenth of the box, so that no coordinate of an answer is a round number."""
    move = 0.1 * _rng(problem).uniform(0.5, 1.0, problem.dim) * (problem.upper - problem.lower)
    return _boxed(problem, Change(-move, np.ones(problem.dim)))


def _noisy_start(problem: Problem) -> Problem:
    """The published start moved by up to a tenth of its size (of the box where it is zero), inside the box."""
    start = _start(problem)
    size = np.where(start == 0, problem.upper - problem.lower, np.abs(start))
    moved = start + 0.1 * _rng(problem).uniform(-1, 1, problem.dim) * size
    return replace(problem, start=np.clip(moved, problem.lower, problem.upper))


def _far(factor: float) -> Callable[[Problem], Problem]:
    """The published start times `factor`; the box grows to hold it."""

    def further(problem: Problem) -> Problem:
        start = factor * _start(problem)
        lower, upper = np.minimum(problem.lower, start), np.maximum(problem.upper, start)
        truth = problem.truth._replace(complete=False)
        return replace(problem, start=start, lower=lower, upper=upper, truth=truth)

    return further


SUFFIXES: dict[str, Callable[[Problem], Problem]] = {
    "rotated": _rotated,
    "ill1e6": _ill_conditioned,
    "shifted": _shifted,
    "noisy-start": _noisy_start,
    "x10": _far(10.0),
    "x100": _far(100.0),
}


def _start(problem: Problem) -> Float[np.ndarray, " n"]:
    if problem.start is None:
        raise ValueError(f"{problem.name} has no published start to change")
    return problem.start


def _points(problem: Problem) -> list[np.ndarray]:
    own = (problem.start, problem.truth.minimisers, problem.truth.stationary)
    return [points for points in own if points is not None]


def _boxed(problem: Problem, change: Change) -> Problem:
    """For a diagonal change, which takes boxes to boxes."""
    copy = _changed(problem, change)
    return replace(copy, lower=change.back(problem.lower), upper=change.back(problem.upper))


def _changed(problem: Problem, change: Change) -> Problem:
    """Function, data, residuals, formula, start and truth in the new variables; the change is part of the data."""

    def there(z: Any, data: Any) -> Any:
        _, c, B = data
        return c + (B * z if B.ndim == 1 else B @ z)

    def back(x: Any, data: Any) -> Any:
        _, c, B = data
        return (x - c) / B if B.ndim == 1 else (x - c) @ B

    residuals, formula, truth = problem.residuals, problem.closed_form, problem.truth
    sample, held = problem.sample, problem.held_out

    def carried(points: Any) -> Any:
        return None if points is None else change.back(points)

    return replace(
        problem,
        fn=lambda z, data: problem.fn(there(z, data), data[0]),
        residuals=None if residuals is None else lambda z, data: residuals(there(z, data), data[0]),
        closed_form=None if formula is None else lambda data: back(jnp.asarray(formula(data[0])), data),
        load=lambda: (problem.data, change.c, change.B),
        sample=None if sample is None else lambda key, data: (sample(key, data[0]), *data[1:]),
        held_out=held
        and held._replace(accuracy=lambda z, told: held.accuracy(there(z, (None, change.c, change.B)), told)),
        start=carried(problem.start),
        truth=truth._replace(
            minimisers=carried(truth.minimisers),
            stationary=carried(truth.stationary),
            digits=min(truth.digits, _DIGITS),
        ),
    )
