"""A method that keeps a record of its way, for curves of convergence and times to targets; never in a timed program."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree, UInt

from problems.problem import Problem
from solvers.method import Budget, Evaluations, Method, Objective, Pivoting, Point, Step
from solvers.solver import Iterative

TARGETS = tuple(10.0**-k for k in range(11))
"""What part of its first value the gradient norm, or the gap, must fall to."""


SEEN = 8.0
"""A gap of so many eps |f*| is rounding, and counts as none."""


class Record(NamedTuple):
    """What is known of a lane's way. The point at which it stopped is not in it: no step is made from there."""

    first_f: Float[Array, ""]
    first_grad_norm: Float[Array, ""]
    gradient_at: Int[Array, " targets"]
    """The first step whose gradient norm is within the target; -1 if there was none."""
    gap_at: Int[Array, " targets"]
    """The same for f - f*; all -1 where f* is unknown."""
    f: Float[Array, " checkpoints"]
    """f before the steps of that number; NaN if the lane stopped before."""
    grad_norm: Float[Array, " checkpoints"]


class _Memory(NamedTuple):
    """The method's own memory, the number of steps made, and the record."""

    inner: PyTree
    step: Int[Array, ""]
    record: Record


@dataclass(frozen=True)
class Observed(Method):
    """`method`, step for step; only its memory grows."""

    method: Method
    lowest: float | None
    """f*, where it is known."""
    checkpoints: tuple[int, ...]

    @property
    def per_step(self) -> Evaluations:  # type: ignore[override]
        """The method's own."""
        return self.method.per_step

    @property
    def scalars(self) -> bool:  # type: ignore[override]
        """The method's own."""
        return self.method.scalars

    @property
    def lowers(self) -> bool:  # type: ignore[override]
        """The method's own."""
        return self.method.lowers

    @property
    def noisy(self) -> bool:  # type: ignore[override]
        """The method's own."""
        return self.method.noisy

    def seen(self, fn: Objective, memory: _Memory) -> Objective:
        """The method's own."""
        return self.method.seen(fn, memory.inner)

    def for_run(self, key: UInt[Array, " 2"], budget: Budget) -> "Observed":
        """The method, told of the run, observed."""
        return replace(self, method=self.method.for_run(key, budget))

    @property
    def bandwidth(self) -> int | None:  # type: ignore[override]
        """The method's own."""
        return self.method.bandwidth

    def for_problem(self, problem: Problem, data: Any) -> "Observed":
        """The method, told of the problem, observed."""
        return replace(self, method=self.method.for_problem(problem, data))

    @property
    def bare(self) -> Method:
        """The method itself."""
        return self.method

    def fallback(self, n: int, pivoting: Pivoting = "library") -> "Observed | None":
        """The method's own, observed."""
        fallback = self.method.fallback(n, pivoting)
        return None if fallback is None else replace(self, method=fallback)

    def init(self, x: Point, rate: Float[Array, ""]) -> _Memory:
        """An empty record."""
        never = jnp.full(len(TARGETS), -1, jnp.int32)
        unknown = jnp.full(len(self.checkpoints), jnp.nan, rate.dtype)
        record = Record(jnp.nan * rate, jnp.nan * rate, never, never, unknown, unknown)
        return _Memory(self.method.init(x, rate), jnp.int32(0), record)

    def step(self, fn: Objective, x: Point, g: Point, memory: _Memory) -> Step:
        """The method's step, after an entry in the record."""
        whole = jax.grad(fn)(x) if self.noisy else g  # the record is of f, whatever a step has seen
        size = jnp.max(jnp.stack([jnp.max(jnp.abs(leaf)) for leaf in jax.tree.leaves(whole)]))
        record = self._enter(memory.record, memory.step, fn(x), size)
        step = self.method.step(fn, x, g, memory.inner)
        return step._replace(memory=_Memory(step.memory, memory.step + 1, record))

    @property
    def counts(self) -> bool:
        """The method's own."""
        return self.method.counts

    def spent(self, memory: _Memory) -> Evaluations:
        """The method's own."""
        return self.method.spent(memory.inner)

    def record(self, memory: _Memory) -> Record:
        """The record so far."""
        return memory.record

    def _enter(self, record: Record, now: Array, f: Array, size: Array) -> Record:
        first_f = jnp.where(now == 0, f, record.first_f)
        first_size = jnp.where(now == 0, size, record.first_grad_norm)
        targets = jnp.asarray(TARGETS, f.dtype)
        here = jnp.asarray(self.checkpoints) == now
        gap_at = record.gap_at
        if self.lowest is not None:
            # Below this f cannot be told from f*.
            floor = SEEN * float(jnp.finfo(f.dtype).eps) * abs(self.lowest)
            gap_at = _mark(gap_at, f - self.lowest <= jnp.maximum(targets * (first_f - self.lowest), floor), now)
        return Record(
            first_f,
            first_size,
            _mark(record.gradient_at, size <= targets * first_size, now),
            gap_at,
            jnp.where(here, f, record.f),
            jnp.where(here, size, record.grad_norm),
        )


def _mark(at: Array, reached: Array, now: Array) -> Array:
    return jnp.where((at < 0) & reached, now, at)


def checkpoints(max_steps: int) -> tuple[int, ...]:
    """Step numbers from 0 to `max_steps`, eight a decade."""
    spread = np.logspace(0, np.log10(max_steps), 1 + int(np.ceil(8 * np.log10(max_steps)))) if max_steps > 1 else [1]
    return (0, *sorted({round(step) for step in spread}))


def observed(solver: Iterative, lowest: float | None, max_steps: int) -> Iterative:
    """The solver with its method observed."""
    return replace(solver, method=Observed(solver.method, lowest, checkpoints(max_steps)))
