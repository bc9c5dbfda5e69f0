"""Optimistix (Rader, Lyons & Kidger 2024): vmapped, jitted once, throw=False, as its own benchmarks do.

Newton's root-finder stops by our rule exactly: it is given the gradient in units of the tolerance and atol = 1, and
Newton's iterates do not depend on the scale of a residual. The minimisers have no test of the gradient; they stop when
a step changes x and f by less than rtol and atol, which are set to gtol. The referee says what that was worth.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from problems.problem import Problem
from solvers.method import CannotSolve, Inputs, Solution


def newton(problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
    """`optimistix.root_find(Newton)` on the gradient, told of the structure that the problem states."""
    import lineax

    return _root(problem, max_steps, inputs, frozenset({lineax.tridiagonal_tag} if problem.bandwidth == 1 else ()))


def newton_dense(problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
    """The same, told of no structure: a dense Hessian and LU."""
    return _root(problem, max_steps, inputs, frozenset())


def _root(problem: Problem, max_steps: int, inputs: Inputs, tags: frozenset[object]) -> Solution:
    import optimistix

    solver: Any = optimistix.Newton(rtol=float(jnp.finfo(inputs.starts.dtype).eps) ** 0.5, atol=1.0)

    def slope(x: Any, data: Any) -> Any:
        return jax.grad(problem.fn)(x, data) / inputs.budget.tolerance

    def one(x: Any, rate: Any) -> Any:
        del rate
        return optimistix.root_find(
            slope, solver, x, args=inputs.data, max_steps=max_steps, throw=False, tags=tags, options={}
        )

    return _over_starts(one, inputs)


def bfgs(problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
    """`optimistix.minimise(BFGS)`."""
    import optimistix

    gtol: Any = jnp.min(inputs.budget.tolerance)
    return _minimise(problem, max_steps, inputs, lambda rate: optimistix.BFGS(rtol=gtol, atol=gtol))


def gd(problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
    """`optimistix.minimise(OptaxMinimiser(sgd))`: a constant step."""
    import optax
    import optimistix

    gtol: Any = jnp.min(inputs.budget.tolerance)
    return _minimise(
        problem, max_steps, inputs, lambda rate: optimistix.OptaxMinimiser(optax.sgd(rate), rtol=gtol, atol=gtol)
    )


def by_object(solver: Any) -> Callable[[Problem, int, Inputs], Solution]:
    """A solver object of optimistix: of a root-finder the roots of grad f, of the others the minima.

    Raises:
        TypeError: it is none.
    """
    import optimistix

    if isinstance(solver, optimistix.AbstractRootFinder):
        return partial(_by_call, lambda problem: (optimistix.root_find, jax.grad(problem.fn)), solver)
    if isinstance(solver, optimistix.AbstractLeastSquaresSolver):
        return partial(_by_call, lambda problem: (optimistix.least_squares, problem.residuals), solver)
    if isinstance(solver, optimistix.AbstractMinimiser):
        return partial(_by_call, lambda problem: (optimistix.minimise, problem.fn), solver)
    raise TypeError(f"a solver object of optimistix is needed, got {type(solver).__name__}")


def _by_call(
    called: Callable[[Problem], Any], solver: Any, problem: Problem, max_steps: int, inputs: Inputs
) -> Solution:
    call, fn = called(problem)
    if fn is None:
        raise CannotSolve("no residuals: not a sum of squares")

    def one(x: Any, rate: Any) -> Any:
        del rate
        return call(fn, solver, x, args=inputs.data, max_steps=max_steps, throw=False)

    return _over_starts(one, inputs)


def _minimise(problem: Problem, max_steps: int, inputs: Inputs, make: Callable[[Any], Any]) -> Solution:
    import optimistix

    def one(x: Any, rate: Any) -> Any:
        return optimistix.minimise(problem.fn, make(rate), x, args=inputs.data, max_steps=max_steps, throw=False)

    return _over_starts(one, inputs)


def _over_starts(one: Callable[[Any, Any], Any], inputs: Inputs) -> Solution:
    def end(x: Any, rate: Any) -> tuple[Any, Any]:
        solution = one(x, rate)
        return solution.value, solution.stats["num_steps"]

    x, steps = jax.vmap(end)(inputs.starts.T, inputs.rates)
    return Solution(x.T, None, steps)
