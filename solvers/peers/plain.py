"""What people write themselves in ten lines of JAX: a while_loop over one start, vmapped and jitted."""

from typing import Any

import jax
import jax.numpy as jnp

from problems.problem import Problem
from solvers.method import Inputs, Solution


def newton(problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
    """x - H^-1 g by `jnp.linalg.solve`, until every |g_i| is within its tolerance."""

    def move(x: Any, g: Any, rate: Any) -> Any:
        del rate
        return x - jnp.linalg.solve(jax.hessian(problem.fn)(x, inputs.data), g)

    return _until_flat(move, problem, max_steps, inputs)


def gd(problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
    """x - rate g, until every |g_i| is within its tolerance."""
    return _until_flat(lambda x, g, rate: x - rate * g, problem, max_steps, inputs)


def _until_flat(move: Any, problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
    slope = jax.grad(problem.fn)

    def one(x: Any, rate: Any) -> tuple[Any, Any]:
        def unfinished(carry: tuple[Any, Any, Any]) -> Any:
            _, g, k = carry
            return (k < max_steps) & ~jnp.all(jnp.abs(g) <= inputs.budget.tolerance)

        def step(carry: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            x, g, k = carry
            x = move(x, g, rate)
            return x, slope(x, inputs.data), k + 1

        x, _, k = jax.lax.while_loop(unfinished, step, (x, slope(x, inputs.data), jnp.int32(0)))
        return x, k

    x, steps = jax.vmap(one)(inputs.starts.T, inputs.rates)
    return Solution(x.T, None, steps)
