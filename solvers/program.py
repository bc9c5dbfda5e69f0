"""A solver and a problem made into one program: a pure function of its inputs, ready to be jitted."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from problems.problem import Problem
from solvers import lanes
from solvers.scalars import scalarise
from solvers.solver import Budget, Exact, Method, Solution, Solver, Status


class Inputs(NamedTuple):
    """Everything a program depends on, traced: another tolerance, step size or data set compiles nothing anew."""

    starts: Float[Any, "n lanes"]
    rates: Float[Any, " lanes"]
    wanted: Int[Any, ""]
    """How many of the starts are run."""
    budget: Budget
    data: PyTree


def program(solver: Solver, problem: Problem, width: int) -> Callable[[Inputs], Solution]:
    """The pure function inputs -> Solution; `width` lanes fly at once (an exact solver has no lanes in flight)."""
    if solver.exact is not None:
        return partial(_exact, solver.exact, problem)
    if solver.method is not None:
        return partial(_iterate, solver.method, problem, width)
    raise ValueError(f"solver {solver.name} has neither `method` nor `exact`; give one of them")


@partial(jax.jit, static_argnums=(0, 1), static_argnames=("width",))
def solve(solver: Solver, problem: Problem, inputs: Inputs, *, width: int) -> Solution:
    """Runs the solver, jitted: the entry for a script; the benchmarks compile `program` ahead of time instead."""
    return program(solver, problem, width)(inputs)


def _iterate(method: Method, problem: Problem, width: int, inputs: Inputs) -> Solution:
    def fn(x: Float[Array, " n"]) -> Float[Array, ""]:
        return problem.fn(x, inputs.data)

    small = scalarise(fn, problem.dim, inputs.starts.dtype)
    return lanes.solve(
        method,
        small or fn,
        inputs.starts,
        inputs.rates,
        inputs.budget,
        wanted=inputs.wanted,
        width=width,
        scalars=small is not None,
    )


def _exact(exact: Exact, problem: Problem, inputs: Inputs) -> Solution:
    points = exact(problem, inputs.data)
    zeros = jnp.zeros(len(points), jnp.int32)
    return Solution(points.T, zeros + int(Status.CONVERGED), zeros)


def width_for(method: Method, n: int, batch: int) -> int:
    """Lanes in flight: as many as keep the numbers one step works on inside the cache, at most the batch."""
    return max(1, min(batch, _MOST_LANES, _CACHED_NUMBERS // method.workspace(n)))


_MOST_LANES = 1024
_CACHED_NUMBERS = 2**20
