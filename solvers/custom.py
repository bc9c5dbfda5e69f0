"""The ways in for a solver of your own: a function (fn, x0) -> x, or a pair init / step that gets the lane loop."""

import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from problems.problem import Problem
from solvers.keys import lane_key
from solvers.method import Evaluations, Inputs, Objective, Point, Solution, Status
from solvers.methods.descent import Descent
from solvers.pair import OwnPair, one_bool
from solvers.peers.optimistix import by_object
from solvers.solver import DESCENT_PATIENCE, Iterative, Kind, Library, Solver

Minimiser = Callable[..., Any]
"""(fn, x0) -> x, or (x, done), for one start, in JAX; it runs under vmap and jit."""


def _wanted(function: Callable[..., Any]) -> frozenset[str]:
    """Which of the words that it may be told a function has arguments for."""
    try:
        return frozenset({"gtol", "max_steps", "key"} & set(inspect.signature(function).parameters))
    except (TypeError, ValueError):  # of what is written in C
        return frozenset()


def from_function(name: str, function: Minimiser, reference: str = "a plug-in") -> Solver:
    """A solver from `function`, of kind `peer`: it stops by its own rule, and its steps are its own affair.

    Args:
        name: as it is asked for, `--solvers NAME`.
        function: (fn, x0) -> x for one start, x0 [n]; the batch is `jit(vmap(...))` around it. It is also given those
            of `gtol`, `max_steps` and `key` (a random key of the start's own) that it has keyword arguments for. It may
            return (x, done): done, one bool, says that it has finished, else its steps were used up.
        reference: the paper.
    """
    wanted = _wanted(function)

    def run(problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
        def one(x0: Float[Array, " n"]) -> tuple[Float[Array, " n"], Any]:
            words = {"gtol": jnp.min(inputs.budget.tolerance), "max_steps": max_steps, "key": lane_key(inputs.key, x0)}
            given = {word: words[word] for word in wanted}
            return _end(name, function(lambda x: problem.fn(x, inputs.data), x0, **given))

        x, done = jax.vmap(one, in_axes=1, out_axes=(1, 0))(inputs.starts)
        return Solution(x, None if done is None else jnp.where(done, int(Status.DONE), int(Status.MAX_STEPS)), None)

    return Library(name, "peer", reference, run)


def _end(name: str, told: Any) -> tuple[Any, Any]:
    """The end of a start, and whether the function says that it is done; None if it says nothing."""
    if not isinstance(told, tuple):
        return told, None
    if len(told) != 2:
        raise TypeError(f"{name}: it returns {len(told)} things; give x, or (x, done)")
    x, done = told
    done = jnp.asarray(done)
    one_bool(name, done)
    return x, done


def from_optimistix(name: str, solver: Any, reference: str = "optimistix") -> Solver:
    """A solver from an object of optimistix: a root-finder on grad f, a minimiser, or a least-squares solver.

    Args:
        name: as it is asked for, `--solvers NAME`.
        solver: for instance `optimistix.BFGS(rtol=1e-8, atol=1e-8)`; it stops by its own rule.
        reference: the paper.

    Raises:
        TypeError: it is no such object.
    """
    return Library(name, "peer", reference, by_object(solver), library="optimistix")


def from_optax(name: str, rule: Any, reference: str = "optax") -> Solver:
    """A solver from a transformation of optax with its own step sizes: a chain, or one with a schedule.

    Args:
        name: as it is asked for, `--solvers NAME`.
        rule: for instance `optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule))`.
        reference: the paper.
    """
    return Iterative(name, "descend", reference, Descent(lambda rate: rule), patience=DESCENT_PATIENCE)


def from_pair(
    name: str,
    init: Callable[[Point, Any], PyTree],
    step: Callable[[Objective, Point, Point, PyTree], tuple[Any, ...]],
    *,
    kind: Kind = "descend",
    per_step: Evaluations = Evaluations(),  # noqa: B008  (a constant)
    rates: tuple[float, ...] = (),
    reference: str = "a plug-in",
) -> Solver:
    """A solver from a pair of functions of one point; batching, counts, statuses and timing come with the lane loop.

    Args:
        name: as it is asked for, `--solvers NAME`.
        init: (x0, step size) -> memory, any pytree. It is also given those of `gtol`, `max_steps` and `key` (a random
            key of the start's own) that it has keyword arguments for.
        step: (fn, x, gradient at x, memory) -> (next x, memory), or (next x, memory, done): done, one bool, ends the
            start at the next x, whatever the gradient is there.
        kind: `solve` or `descend`, which decides the step limit, and whether a new smallest f is progress.
        per_step: what a step evaluates beyond f and its gradient at x; charged to every step.
        rates: the grid of step sizes to tune over, of which the middle one is taken without tuning; none for a method
            that needs no step size.
        reference: the paper.
    """
    method = OwnPair(name, init, step, per_step, kind == "descend", _wanted(init))
    patience = DESCENT_PATIENCE if kind == "descend" else Iterative.patience
    usual = rates[len(rates) // 2] if rates else Iterative.default_rate
    return Iterative(name, kind, reference, method, rates=rates, default_rate=usual, patience=patience)
