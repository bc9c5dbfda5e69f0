"""Gradient descent that chooses its step size as it goes."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from solvers.method import Evaluations, Method, Objective, Point, Step
from solvers.methods.backtracking import SUFFICIENT, ahead, dot, falls, settle


@dataclass(frozen=True)
class ArmijoDescent(Method):
    """x <- x - t grad f(x), t halved until f falls by 1e-4 t |grad f|^2, doubled after every accepted step.

    Near a minimum f cannot show that it falls; there the slope at the trial must not have turned against the step
    (the approximate condition of Hager & Zhang 2005, SIAM J. Optim. 16(1), eq. 4.1), or t would grow without a brake.
    Reference: Armijo 1966, Pacific Journal of Mathematics 16(1), 1; Nocedal & Wright 2006, algorithm 3.1.
    """

    per_step = Evaluations(f=1, g=1)
    lowers = True
    scalars = True

    def init(self, x: Point, rate: Float[Array, ""]) -> Any:
        """The first length is 1, whatever the units: the search finds its own."""
        del x
        return jnp.ones_like(rate)

    def step(self, fn: Objective, x: Point, g: Point, memory: Any) -> Step:
        """One trial."""
        trial = ahead(x, g, memory)
        lower = falls(fn, x, trial, SUFFICIENT * memory * dot(g, g))
        return settle(x, trial, memory, lower & (dot(jax.grad(fn)(trial), g) >= _AGAINST * dot(g, g)))

    def workspace(self, n: int, f: int) -> int:
        """The point, its gradient, the trial; f there and back and at the trial."""
        return 4 * n + 3 * f


_AGAINST = -0.8
