"""The ways in for a solver of your own: a function (fn, x0) -> x, or a pair init / step that gets the lane loop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from problems.problem import Problem
from solvers.method import Evaluations, Inputs, Method, Objective, Point, Solution, Step
from solvers.solver import DESCENT_PATIENCE, Iterative, Kind, Library, Solver

Minimiser = Callable[[Objective, Float[Array, " n"]], Float[Array, " n"]]
"""(fn, x0) -> x for one start, in JAX; it runs under vmap and jit."""


@dataclass(frozen=True)
class _Pair(Method):
    """A method made of two functions of one point."""

    begin: Callable[[Point, Any], PyTree]
    move: Callable[[Objective, Point, Point, PyTree], tuple[Point, PyTree]]
    per_step: Evaluations
    lowers: bool

    def init(self, x: Point, rate: Float[Array, ""]) -> PyTree:
        """The pair's own; its numbers are made of the dtype of the run, since buffers are easily made of another."""
        memory = self.begin(x, rate)
        kind = jnp.result_type(*jax.tree.leaves(x))
        return jax.tree.map(lambda leaf: _of_dtype(leaf, kind), memory)

    def step(self, fn: Objective, x: Point, g: Point, memory: PyTree) -> Step:
        """The pair's own, in the dtypes of what it was given."""
        new = self.move(fn, x, g, memory)
        return Step(*jax.tree.map(lambda leaf, old: _of_dtype(leaf, old.dtype), new, (x, memory)))


def _of_dtype(leaf: Any, dtype: Any) -> Any:
    """A number or an array of floating-point numbers in `dtype`; whole numbers and random keys as they are."""
    leaf = jnp.asarray(leaf)
    return leaf.astype(dtype) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf


def from_function(name: str, function: Minimiser, reference: str = "a plug-in") -> Solver:
    """A solver from `function`, of kind `peer`: it stops by its own rule, and its steps are its own affair.

    Args:
        name: as it is asked for, `--solvers NAME`.
        function: (fn, x0) -> x for one start, x0 [n]; the batch is `jit(vmap(...))` around it.
        reference: the paper.
    """

    def run(problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
        del max_steps

        def one(x0: Float[Array, " n"]) -> Float[Array, " n"]:
            return function(lambda x: problem.fn(x, inputs.data), x0)

        return Solution(jax.vmap(one, in_axes=1, out_axes=1)(inputs.starts), None, None)

    return Library(name, "peer", reference, run)


def from_pair(
    name: str,
    init: Callable[[Point, Any], PyTree],
    step: Callable[[Objective, Point, Point, PyTree], tuple[Point, PyTree]],
    *,
    kind: Kind = "descend",
    per_step: Evaluations = Evaluations(),  # noqa: B008  (a constant)
    rates: tuple[float, ...] = (),
    reference: str = "a plug-in",
) -> Solver:
    """A solver from a pair of functions of one point; batching, counts, statuses and timing come with the lane loop.

    Args:
        name: as it is asked for, `--solvers NAME`.
        init: (x0, step size) -> memory, any pytree.
        step: (fn, x, gradient at x, memory) -> (next x, memory).
        kind: `solve` or `descend`, which decides the step limit, and whether a new smallest f is progress.
        per_step: what a step evaluates beyond f and its gradient at x; charged to every step.
        rates: the grid of step sizes to tune over, of which the middle one is taken without tuning; none for a method
            that needs no step size.
        reference: the paper.
    """
    method = _Pair(init, step, per_step, lowers=kind == "descend")
    patience = DESCENT_PATIENCE if kind == "descend" else Iterative.patience
    usual = rates[len(rates) // 2] if rates else Iterative.default_rate
    return Iterative(name, kind, reference, method, rates=rates, default_rate=usual, patience=patience)
