"""What is asked about: the loss as a problem, the suite's referee of it, and the points at which it is looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np
from jaxtyping import Bool, Float

from bench.asking.tape import Tape
from bench.measuring.referee import Referee, referee
from problems import Problem, get
from problems.differentiable import BothModes

MOST_POINTS = 64
MOST_VARIABLES = 64
"""Beyond so many, Hessians are looked at in a few points only; beyond `_LARGE` at none."""
_LARGE = 300


@dataclass(frozen=True, eq=False)
class Subject:
    """A problem of the registry, looked at from outside."""

    name: str

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
        """f and its gradient at the points."""
        return self.judge.slopes(self.points)

    @cached_property
    def hessians(self) -> Float[np.ndarray, "m n n"]:
        """At the first points: all where n is small, none where it is large."""
        n = self.problem.dim
        few = MOST_POINTS if n <= MOST_VARIABLES else 8 if n <= _LARGE else 0
        return self.judge.calculus.hessians(self.points[:few]) if few else np.zeros((0, n, n))

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
