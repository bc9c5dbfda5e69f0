"""Stochastic methods: the steps of a method that looks at nothing but the gradient, by the gradient on a sample."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree, UInt

from problems.problem import Problem
from solvers.keys import as_key, lane_key
from solvers.method import Budget, Method, Objective, Point, Step


class _Memory(NamedTuple):
    """Of one lane: the method's own memory, the lane's key, and the number of steps made."""

    inner: PyTree
    key: UInt[Array, " 2"]
    step: Int[Array, ""]


def _unknown(key: Array) -> Objective:
    raise ValueError("the samples are not known: ask the method `for_problem` first")


@dataclass(frozen=True)
class Minibatch(Method):
    """Every step sees f on another sample of the data, `Problem.sample`, and nothing else of f.

    The sample of step k of a lane is drawn by fold_in(lane's key, k), the lane's key by the run's key and the bits of
    the start: so it is the same wherever the lane stands in a batch, and of two methods from one start.
    References: Robbins & Monro 1951, Annals of Mathematical Statistics 22, 400; Bottou, Curtis & Nocedal 2018, SIAM
    Review 60, 223, section 4.
    """

    method: Method
    key: Any = (0, 0)
    """The run's: two words."""
    on_sample: Callable[[Array], Objective] = _unknown
    """Key -> f on a sample; told by the problem."""
    noisy = True

    def refuses(self, problem: Problem) -> str | None:
        """What does not say how a sample is drawn."""
        if problem.sample is None:
            return "no minibatches: the problem does not say how to draw one (Problem.sample)"
        return self.method.refuses(problem)

    def for_problem(self, problem: Problem, data: Any) -> "Minibatch":
        """Told how to draw from the data."""
        inner = self.method.for_problem(problem, data)
        return replace(self, method=inner, on_sample=partial(_on_sample, problem, data))

    def for_run(self, key: UInt[Array, " 2"], budget: Budget) -> "Minibatch":
        """Told of the run's key."""
        return replace(self, method=self.method.for_run(key, budget), key=key)

    def init(self, x: Point, rate: Float[Array, ""]) -> _Memory:
        """The method's own memory, and the lane's key."""
        return _Memory(self.method.init(x, rate), jax.random.key_data(lane_key(self.key, x)), jnp.int32(0))

    def seen(self, fn: Objective, memory: _Memory) -> Objective:
        """f on the sample of this step."""
        del fn
        return self.on_sample(jax.random.fold_in(as_key(memory.key), memory.step))

    def step(self, fn: Objective, x: Point, g: Point, memory: _Memory) -> Step:
        """The method's step."""
        step = self.method.step(self.seen(fn, memory), x, g, memory.inner)
        return step._replace(memory=_Memory(step.memory, memory.key, memory.step + 1))

    def workspace(self, n: int, f: int) -> int:
        """The method's own, as on all data: a sample is a part of them."""
        return self.method.workspace(n, f)


def _on_sample(problem: Problem, data: Any, key: Array) -> Objective:
    sample = problem.sample(key, data)  # type: ignore[misc]
    return lambda x: problem.fn(x, sample)
