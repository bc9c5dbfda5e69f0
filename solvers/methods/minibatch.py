"""Stochastic methods: the steps of a method that looks at nothing but the gradient, by the gradient on a sample."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree, UInt

from problems.problem import Problem
from solvers.method import Method, Objective, Point, Step


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

    def keyed(self, key: UInt[Array, " 2"]) -> "Minibatch":
        """Told of the run's key."""
        return replace(self, key=key)

    def init(self, x: Point, rate: Float[Array, ""]) -> _Memory:
        """The method's own memory, and the lane's key."""
        return _Memory(self.method.init(x, rate), lane_key(self.key, x), jnp.int32(0))

    def seen(self, fn: Objective, memory: _Memory) -> Objective:
        """f on the sample of this step."""
        del fn
        return self.on_sample(jax.random.fold_in(_as_key(memory.key), memory.step))

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


def lane_key(key: Any, start: Float[Array, " n"]) -> UInt[Array, " 2"]:
    """The key of the lane with this start, as `jax.random.key_data`."""
    words = jax.lax.bitcast_convert_type(start, jnp.uint32).reshape(-1)
    # Odd numbers without order (Knuth's multiplicative hashing): no two starts are likely to have the same sum.
    odd = (2 * np.arange(words.size, dtype=np.uint32) + 1) * np.uint32(2654435769)
    run = _as_key(jnp.asarray(key, jnp.uint32))
    return jax.random.key_data(jax.random.fold_in(run, jnp.sum(words * odd, dtype=jnp.uint32)))


def _as_key(words: UInt[Array, " 2"]) -> Array:
    """Of two words, whatever generator JAX is set to use elsewhere."""
    return jax.random.wrap_key_data(words, impl="threefry2x32")
