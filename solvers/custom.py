"""The ways in for a solver of your own: a function (fn, x0) -> x, or a pair init / step that gets the lane loop."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from problems.problem import Problem
from solvers.method import Evaluations, Inputs, Method, Objective, Point, Solution, Status, Step
from solvers.methods.descent import Descent
from solvers.peers.optimistix import by_object
from solvers.solver import DESCENT_PATIENCE, Iterative, Kind, Library, Solver

Minimiser = Callable[..., Any]
"""(fn, x0) -> x, or (x, done), for one start, in JAX; it runs under vmap and jit."""


@dataclass(frozen=True)
class _Pair(Method):
    """A method made of two functions of one point."""

    name: str
    begin: Callable[[Point, Any], PyTree]
    move: Callable[[Objective, Point, Point, PyTree], tuple[Any, ...]]
    per_step: Evaluations
    lowers: bool

    def for_problem(self, problem: Problem, data: Any) -> "_Pair":
        """The same, which remembers whether it is done if its step says so; a step is traced to see that.

        Raises:
            TypeError: the step returns something else than it should.
        """
        data = problem.data if data is None else data
        floats = [leaf.dtype for leaf in jax.tree.leaves(data) if jnp.issubdtype(leaf.dtype, jnp.floating)]
        kind = jnp.result_type(*floats) if floats else jnp.result_type(float)
        x, rate = jax.ShapeDtypeStruct((problem.dim,), kind), jax.ShapeDtypeStruct((), kind)

        def one_step(data: Any, x: Any, rate: Any) -> Any:
            return self.move(lambda x: problem.fn(x, data), x, x, self.init(x, rate))

        told = jax.eval_shape(one_step, jax.tree.map(jnp.asarray, data), x, rate)
        if not isinstance(told, tuple) or len(told) not in (2, 3):
            got = f"{len(told)} things" if isinstance(told, tuple) else f"a {type(told).__name__}"
            raise TypeError(f"{self.name}: its step returns {got}; give (next x, memory), or (next x, memory, done)")
        if len(told) == 2:
            return self
        _one_bool(self.name, told[2])
        return _Flagged(self.name, self.begin, self.move, self.per_step, self.lowers)

    def init(self, x: Point, rate: Float[Array, ""]) -> PyTree:
        """The pair's own; its numbers are made of the dtype of the run, since buffers are easily made of another."""
        memory = self.begin(x, rate)
        kind = jnp.result_type(*jax.tree.leaves(x))
        return jax.tree.map(lambda leaf: _of_dtype(leaf, kind), memory)

    def step(self, fn: Objective, x: Point, g: Point, memory: PyTree) -> Step:
        """The pair's own, in the dtypes of what it was given."""
        return Step(*_of_dtypes(self.move(fn, x, g, memory), (x, memory)))


class _Flagged(_Pair):
    """A pair whose step says whether it is done: the lane stops before the next step, once its point is tested."""

    def for_problem(self, problem: Problem, data: Any) -> "_Pair":
        """The same: it has been told."""
        del problem, data
        return self

    def init(self, x: Point, rate: Float[Array, ""]) -> PyTree:
        """The pair's own, and that it is not done."""
        return super().init(x, rate), jnp.zeros((), bool)

    def step(self, fn: Objective, x: Point, g: Point, memory: PyTree) -> Step:
        """The pair's own, unless it has said that it is done."""
        theirs, done = memory
        *new, says = self.move(fn, x, g, theirs)
        point, after = _of_dtypes(tuple(new), (x, theirs))
        return Step(point, (after, jnp.asarray(says)), done=done)


def _of_dtypes(new: Any, old: Any) -> Any:
    return jax.tree.map(lambda leaf, old: _of_dtype(leaf, old.dtype), new, old)


def _one_bool(name: str, flag: Any) -> None:
    """Refuses a flag that is no single bool.

    Raises:
        TypeError: it is none.
    """
    if getattr(flag, "shape", None) != () or flag.dtype != bool:
        got = f"{flag.dtype}{list(flag.shape)}" if hasattr(flag, "dtype") else f"a {type(flag).__name__}"
        raise TypeError(f"{name}: done is {got}; give one bool, such as jnp.all(jnp.abs(g) < 1e-6)")


def _of_dtype(leaf: Any, dtype: Any) -> Any:
    """A number or an array of floating-point numbers in `dtype`; whole numbers and random keys as they are."""
    leaf = jnp.asarray(leaf)
    return leaf.astype(dtype) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf


_WORDS = {"gtol", "max_steps", "key"}
"""What a function is told if it asks."""


def _keywords(function: Callable[..., Any]) -> set[str]:
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # of what is written in C
        return set()


def from_function(name: str, function: Minimiser, reference: str = "a plug-in") -> Solver:
    """A solver from `function`, of kind `peer`: it stops by its own rule, and its steps are its own affair.

    Args:
        name: as it is asked for, `--solvers NAME`.
        function: (fn, x0) -> x for one start, x0 [n]; the batch is `jit(vmap(...))` around it. It is also given those
            of `gtol`, `max_steps` and `key` (a random key of the start's own) that it has keyword arguments for. It may
            return (x, done): done, one bool, says that it has finished, else its steps were used up.
        reference: the paper.
    """
    wanted = _WORDS & _keywords(function)

    def run(problem: Problem, max_steps: int, inputs: Inputs) -> Solution:
        keys = jax.random.split(jax.random.key(0), inputs.starts.shape[1])

        def one(x0: Float[Array, " n"], key: Any) -> tuple[Float[Array, " n"], Any]:
            words = {"gtol": jnp.min(inputs.budget.tolerance), "max_steps": max_steps, "key": key}
            given = {word: words[word] for word in wanted}
            return _end(name, function(lambda x: problem.fn(x, inputs.data), x0, **given))

        x, done = jax.vmap(one, in_axes=(1, 0), out_axes=(1, 0))(inputs.starts, keys)
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
    _one_bool(name, done)
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
        init: (x0, step size) -> memory, any pytree.
        step: (fn, x, gradient at x, memory) -> (next x, memory), or (next x, memory, done): done, one bool, ends the
            start at the next x, whatever the gradient is there.
        kind: `solve` or `descend`, which decides the step limit, and whether a new smallest f is progress.
        per_step: what a step evaluates beyond f and its gradient at x; charged to every step.
        rates: the grid of step sizes to tune over, of which the middle one is taken without tuning; none for a method
            that needs no step size.
        reference: the paper.
    """
    method = _Pair(name, init, step, per_step, lowers=kind == "descend")
    patience = DESCENT_PATIENCE if kind == "descend" else Iterative.patience
    usual = rates[len(rates) // 2] if rates else Iterative.default_rate
    return Iterative(name, kind, reference, method, rates=rates, default_rate=usual, patience=patience)
