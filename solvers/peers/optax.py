"""The loop that people write around optax: vmap of a fori_loop, no test on the way."""

from typing import Any

import jax
import optax

from problems.problem import Problem
from solvers.method import Inputs, Solution


def adam(problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
    """`optax.adam` for max_steps steps from every start."""

    def one(x: Any, rate: Any) -> Any:
        rule = optax.adam(rate)

        def step(_: Any, carry: tuple[Any, Any]) -> tuple[Any, Any]:
            x, state = carry
            update, state = rule.update(jax.grad(problem.fn)(x, inputs.data), state, x)
            return optax.apply_updates(x, update), state

        return jax.lax.fori_loop(0, max_steps, step, (x, rule.init(x)))[0]

    return Solution(jax.vmap(one)(inputs.starts.T, inputs.rates).T, None, None)
