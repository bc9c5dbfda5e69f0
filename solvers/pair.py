"""A method made of a user's two functions, init and step, which may say that it is done."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree, UInt

from problems.problem import Problem
from solvers.keys import lane_key
from solvers.method import Budget, Evaluations, Method, Objective, Point, Step


class _Run(NamedTuple):
    """What a pair may be told of the run."""

    gtol: Any = 0.0
    max_steps: Any = 0
    key: Any = (0, 0)

    def words(self, wanted: frozenset[str], x: Float[Array, " n"]) -> dict[str, Any]:
        """Those that are wanted, for the lane that starts at x, gtol in its dtype."""
        given = {"gtol": jnp.asarray(self.gtol, x.dtype), "max_steps": jnp.asarray(self.max_steps, jnp.int32)}
        return {word: given[word] if word in given else lane_key(self.key, x) for word in sorted(wanted)}


_NO_RUN = _Run()


@dataclass(frozen=True)
class OwnPair(Method):
    """A method made of two functions of one point."""

    name: str
    begin: Callable[[Point, Any], PyTree]
    move: Callable[[Objective, Point, Point, PyTree], tuple[Any, ...]]
    per_step: Evaluations
    lowers: bool
    wanted: frozenset[str] = frozenset()
    """Those of `gtol`, `max_steps` and `key` that `begin` has keyword arguments for."""
    run: _Run = _NO_RUN

    def for_run(self, key: UInt[Array, " 2"], budget: Budget) -> "OwnPair":
        """Told of the run."""
        return replace(self, run=_Run(jnp.min(budget.tolerance), budget.max_steps, key))

    def for_problem(self, problem: Problem, data: Any) -> "OwnPair":
        """The same, which remembers whether it is done if its step says so; a step is traced to see that.

        Raises:
            TypeError: the step returns something else than it should.
        """
        data = problem.data if data is None else data
        kinds = map(jnp.result_type, jax.tree.leaves(data))
        floats = [kind for kind in kinds if jnp.issubdtype(kind, jnp.floating)]
        kind = jnp.result_type(*floats) if floats else jnp.result_type(float)
        x, rate = jax.ShapeDtypeStruct((problem.dim,), kind), jax.ShapeDtypeStruct((), kind)

        def one_step(data: Any, x: Any, rate: Any) -> Any:
            return self.move(lambda x: problem.fn(x, data), x, x, self.init(x, rate))

        told = jax.eval_shape(one_step, data, x, rate)
        if not isinstance(told, tuple) or len(told) not in (2, 3):
            got = f"{len(told)} things" if isinstance(told, tuple) else f"a {type(told).__name__}"
            raise TypeError(f"{self.name}: its step returns {got}; give (next x, memory), or (next x, memory, done)")
        if len(told) == 2:
            return self
        one_bool(self.name, told[2])
        return _Flagged(self.name, self.begin, self.move, self.per_step, self.lowers, self.wanted)

    def init(self, x: Point, rate: Float[Array, ""]) -> PyTree:
        """The pair's own; its numbers are made of the dtype of the run, since buffers are easily made of another."""
        memory = self.begin(x, rate, **self.run.words(self.wanted, x)) if self.wanted else self.begin(x, rate)
        kind = jnp.result_type(*jax.tree.leaves(x))
        return jax.tree.map(lambda leaf: _of_dtype(leaf, kind), memory)

    def step(self, fn: Objective, x: Point, g: Point, memory: PyTree) -> Step:
        """The pair's own, in the dtypes of what it was given."""
        return Step(*_of_dtypes(self.move(fn, x, g, memory), (x, memory)))


class _Flagged(OwnPair):
    """A pair whose step says whether it is done: the lane stops before the next step, once its point is tested."""

    def for_problem(self, problem: Problem, data: Any) -> "OwnPair":
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


def one_bool(name: str, flag: Any) -> None:
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
