"""L-BFGS as optax runs it, its memory and line search a lane's own."""

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from solvers.method import Evaluations, Method, Objective, Point, Step


class _Memory(NamedTuple):
    """Of one lane: optax's state, and the evaluations its line searches have made so far."""

    state: optax.OptState
    trials: Int[Array, ""]


@dataclass(frozen=True)
class LBFGS(Method):
    """`optax.lbfgs` with its defaults: a memory of ten pairs, a zoom line search for the strong Wolfe conditions.

    Its line search is a loop inside the step, so in a batch a step takes as long as the longest search beside it.
    Reference: Liu & Nocedal 1989, Mathematical Programming 45, 503; Nocedal & Wright 2006, algorithms 3.5, 7.4 and 7.5.
    """

    lowers = True
    pairs: int = 10
    """How many pairs of steps and changes of the gradient are kept."""

    @property
    def rule(self) -> optax.GradientTransformationExtraArgs:
        """Optax's."""
        return optax.lbfgs(memory_size=self.pairs)

    def init(self, x: Point, rate: Float[Array, ""]) -> _Memory:
        """No pairs yet."""
        del rate
        return _Memory(self.rule.init(x), jnp.int32(0))

    def step(self, fn: Objective, x: Point, g: Point, memory: _Memory) -> Step:
        """One step, line search included."""
        update, state = self.rule.update(g, memory.state, x, value=fn(x), grad=g, value_fn=fn)
        trials = memory.trials + optax.tree.get(state, "num_linesearch_steps").astype(jnp.int32)
        return Step(optax.apply_updates(x, update), _Memory(state, trials))

    def spent(self, memory: _Memory) -> Evaluations:
        """The line search evaluates f and its gradient at every trial."""
        return Evaluations(f=memory.trials, g=memory.trials)  # type: ignore[arg-type]

    def workspace(self, n: int, f: int) -> int:
        """The pairs, and f there and back."""
        return (2 * self.pairs + 6) * n + 2 * f
