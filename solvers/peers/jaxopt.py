"""JAXopt (Blondel et al. 2022): vmapped, jitted once.

Its error is the Euclidean norm of the gradient, so tol = gtol is our rule or a little stricter.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from problems.problem import Problem
from solvers.method import Inputs, Solution


def gd(problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
    """`jaxopt.GradientDescent` with a constant step, without acceleration."""
    import jaxopt

    tol = jnp.min(inputs.budget.tolerance)

    def make(rate: Any) -> Any:
        return jaxopt.GradientDescent(
            problem.fn, maxiter=max_steps, tol=tol, stepsize=lambda _: rate, acceleration=False
        )

    return _over_starts(make, inputs)


def lbfgs(problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
    """`jaxopt.LBFGS` with its defaults (zoom line search, 10 pairs)."""
    import jaxopt

    tol = jnp.min(inputs.budget.tolerance)
    return _over_starts(lambda rate: jaxopt.LBFGS(problem.fn, maxiter=max_steps, tol=tol), inputs)


def _over_starts(make: Callable[[Any], Any], inputs: Inputs) -> Solution:
    def end(x: Any, rate: Any) -> tuple[Any, Any]:
        params, state = make(rate).run(x, inputs.data)
        return params, state.iter_num

    x, steps = jax.vmap(end)(inputs.starts.T, inputs.rates)
    return Solution(x.T, None, steps)
