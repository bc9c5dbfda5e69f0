"""Descent of the gradient by any optax rule."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import optax
from jaxtyping import Array, Float

from solvers.method import Method, Objective, Point, Step
from solvers.transforms.powers import with_quick_powers


class _Memory(NamedTuple):
    """Of one lane: its step size and the rule's own state."""

    rate: Float[Array, ""]
    state: optax.OptState


@dataclass(frozen=True)
class Descent(Method):
    """x <- x + u, where the optax rule turns the gradient into the update u.

    Every lane has a state of its own (moments, step count, step size), so that a batch changes no lane's path.
    """

    rule: Callable[..., optax.GradientTransformation]
    """For instance optax.sgd: step size -> transformation."""
    scalars = True

    def init(self, x: Point, rate: Float[Array, ""]) -> _Memory:
        """The rule's state at the start."""
        return _Memory(rate, self.rule(rate).init(x))

    def step(self, fn: Objective, x: Point, g: Point, memory: _Memory) -> Step:
        """One update."""
        del fn
        x, state = with_quick_powers(self._update)(x, g, memory)
        return Step(x, _Memory(memory.rate, state))

    def _update(self, x: Point, g: Point, memory: _Memory) -> tuple[Point, optax.OptState]:
        update, state = self.rule(memory.rate).update(g, memory.state, x)
        return optax.apply_updates(x, update), state

    def workspace(self, n: int, f: int) -> int:
        """The point, its gradient, two moments, and f there and back."""
        return 4 * n + 2 * f
