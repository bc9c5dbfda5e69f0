"""What is asked about: the loss as a problem, the suite's referee of it, and the points at which it is looked at."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import numpy as np
from jaxtyping import Bool, Float

from bench.asking.tape import Tape
from bench.measuring.referee import Referee, referee
from problems import Problem, get
from problems.differentiable import BothModes
from solvers.stationarity.calculus import Calculus

MOST_POINTS = 64
MOST_VARIABLES = 64
"""Beyond so many, Hessians are looked at in a few points only; beyond `_LARGE` at none."""
_LARGE = 300
_OF_GRADIENT = 4
"""Calls of f that f with its gradient takes, about; a Hessian takes twice as many for every variable."""
_LANES = 8
_LONG_S = 1.0
"""A call of f that takes so long is not tried for many points."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A problem of the registry, looked at from outside, for so many seconds at most."""

    name: str
    seconds: float = 30.0
    began: float = field(default_factory=time.monotonic)

    @cached_property
    def problem(self) -> Problem:
        """As the suite runs it: differentiable both ways where that can be had."""
        return get(self.name)

    @cached_property
    def raw(self) -> Callable[[Any], Any]:
        """The function of x alone, as its author wrote it."""
        fn, data = getattr(self.problem.fn, "fn", self.problem.fn), jax.tree.map(np.asarray, self.problem.data)
        return lambda x: fn(x, data)

    @property
    def lacks_a_mode(self) -> bool:
        """Does JAX differentiate the function in one direction only?"""
        return isinstance(self.problem.fn, BothModes) and self.problem.fn.is_needed

    @cached_property
    def judge(self) -> Referee:
        """The referee of the problem."""
        return referee(self.problem)

    @cached_property
    def judging_s(self) -> float:
        """Seconds that the referee needs for a few ends of a solver, about: with their gradients and their Hessians."""
        n, few = self.problem.dim, np.repeat(self.first[None], _LANES, axis=0)
        call_s = _seconds_of(self.problem.fn, self.first, self.problem.data)
        if call_s < _LONG_S:  # a loop of many small operations takes many points at once in hardly more time
            call_s = _seconds_of(jax.vmap(self.problem.fn, in_axes=(0, None)), few, self.problem.data) / _LANES
        gradients, curved = min(256, max(8, 2**15 // n)), min(256, 2**20 // n**2)
        hessians = curved * 2 * n if n <= _LARGE else 0
        return call_s * _OF_GRADIENT * (gradients + hessians)

    @property
    def dear(self) -> bool:
        """Would judging alone take half of the seconds?"""
        return self.judging_s > self.seconds / 2

    @cached_property
    def calculus(self) -> Calculus:
        """The referee's, so that nothing is compiled twice; where f is dear one that takes a point at a time."""
        return Calculus(self.problem, most=1) if self.dear else self.judge.calculus

    @cached_property
    def tape(self) -> Tape:
        """Its operations."""
        fn = getattr(self.problem.fn, "fn", self.problem.fn)
        return Tape(fn, self.problem.dim, jax.tree.map(np.asarray, self.problem.data))

    @cached_property
    def points(self) -> Float[np.ndarray, "k n"]:
        """The start, or the box's centre, then known points, then draws from the box."""
        problem = self.problem
        known = problem.truth.points if problem.truth.points is not None else np.zeros((0, problem.dim))
        width = problem.upper - problem.lower
        draws = problem.lower + np.random.default_rng(0).random((MOST_POINTS, problem.dim)) * width
        return np.concatenate([self.first[None], known[:8], draws])[:MOST_POINTS]

    @cached_property
    def first(self) -> Float[np.ndarray, " n"]:
        """The start, or the box's centre."""
        problem = self.problem
        return (problem.lower + problem.upper) / 2 if problem.start is None else problem.start

    @cached_property
    def slopes(self) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, "k n"]]:
        """f and its gradient at the points, or at as many of them as the seconds allow; at the first in any case."""
        parts = list(self._in_time(self.calculus.slopes, self.points))
        f, g = (np.concatenate(leaves) for leaves in zip(*parts, strict=True))
        return f, g

    @cached_property
    def hessians(self) -> Float[np.ndarray, "m n n"]:
        """At the first points: all where n is small, none where it is large, and as many as the seconds allow."""
        n = self.problem.dim
        few = MOST_POINTS if n <= MOST_VARIABLES else 8 if n <= _LARGE else 0
        few = min(few, len(self.slopes[0]))
        looked = self._in_time(self.calculus.hessians, self.points[:few]) if few else ()
        return np.concatenate([np.zeros((0, n, n)), *looked])

    @property
    def left_out(self) -> str | None:
        """What was not looked at for want of time."""
        if not self.dear:
            return None
        slopes, curved = len(self.slopes[0]), len(self.hessians)
        return (
            f"f is dear for {self.seconds:g} s: of {MOST_POINTS} points f and its gradient were looked at in {slopes}, "
            f"the Hessian in {curved}; rounding was not looked at"
        )

    def _in_time(self, look: Callable[[Any], Any], points: Float[np.ndarray, "k n"]) -> Iterator[Any]:
        """What `look` says of the points: of all at once, or where f is dear one by one, until the time is over."""
        if not self.dear:
            yield look(points)
            return
        for point in points:
            yield look(point[None])
            if time.monotonic() - self.began > self.seconds:
                return

    @property
    def sound(self) -> Bool[np.ndarray, " m"]:
        """At which of the points that have a Hessian all of it is finite."""
        return np.isfinite(self.hessians).all(axis=(1, 2))

    def name_of(self, i: int) -> str:
        """What a variable is called."""
        parameters = self.problem.parameters
        return parameters.names[i] if parameters else f"x[{i}]"

    def shown(self, x: Float[np.ndarray, " n"]) -> str:
        """A point in words."""
        parts = [f"{self.name_of(i)} = {value:.4g}" for i, value in enumerate(x[:4])]
        return ", ".join(parts) + (", ..." if x.size > 4 else "")


def _seconds_of(fn: Callable[..., Any], *given: Any) -> float:
    """Of a call, once it is compiled."""
    call = jax.jit(fn)
    jax.block_until_ready(call(*given))
    began = time.perf_counter()
    jax.block_until_ready(call(*given))
    return time.perf_counter() - began
