"""The words of this room: an iteration of one point, what it is given, and what comes back."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int, PyTree, UInt

from problems.problem import Problem

Pivoting = Literal["never", "library", "in block"]
Point = Any
"""One point: a vector [n], or for small functions a tuple of n scalars, which runs faster over a batch."""
Objective = Callable[[Point], Float[Array, ""]]


class Status(IntEnum):
    """Why a lane stopped. A status speaks of the iteration only; what the point is, the referee says."""

    RUNNING = -1
    CONVERGED = 0
    MAX_STEPS = 1
    STALLED = 2
    DIVERGED = 3
    NONFINITE = 4
    SINGULAR = 5
    DONE = 6

    @property
    def sentence(self) -> str:
        """The status in a sentence."""
        return _SENTENCES[self]


_SENTENCES = {
    Status.RUNNING: "The lane has not stopped yet.",
    Status.CONVERGED: "Every component of the gradient is within its tolerance.",
    Status.MAX_STEPS: "The step limit was reached.",
    Status.STALLED: "Neither the gradient nor, if the method lowers it, f was smaller than ever for `patience` steps.",
    Status.DIVERGED: "The next point lies more than 1e6 times the box away.",
    Status.NONFINITE: "f, its gradient or the next point is not finite; the last finite point is kept.",
    Status.SINGULAR: "The Hessian is singular: the Newton step does not exist.",
    Status.DONE: "The solver, a user's, said that it is done.",
}


class Budget(NamedTuple):
    """When a lane stops. Arrays of host or device, so that a change of tolerance compiles nothing anew."""

    tolerance: Float[Any, " n"]
    """A lane has converged when |df/dx_i| <= tolerance_i for every i."""
    centre: Float[Any, " n"]
    reach: Float[Any, " n"]
    """A lane has diverged when its next point has |x_i - centre_i| > reach_i for some i."""
    max_steps: Int[Any, ""]
    patience: Int[Any, ""]
    """A lane has stalled after so many steps without a new smallest sum of |df/dx_i| / tolerance_i, or a new smallest f
    of methods that lower it."""


@jax.tree_util.register_static
@dataclass(frozen=True)
class Note:
    """What a solver on the host says of its points beyond the points themselves; no part of what is computed with."""

    detail: str
    """For the column `solver_detail`."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """Further columns of the row, by their names."""
    on_edge: bool = False
    """Does f take its smallest value on the edge of the box?"""


class Solution(NamedTuple):
    """What a solver hands back, lanes on the last axis; a library's may leave status and steps None."""

    x: Float[Any, "n lanes"]
    status: Int[Any, " lanes"]
    steps: Int[Any, " lanes"]
    spent: Any = ()
    """Evaluations per lane beyond those that the number of steps tells, by name; empty for most methods."""
    record: Any = ()
    """Per lane what a method that keeps a record of its way has written down; empty for all others."""
    note: Note | None = None


class Evaluations(NamedTuple):
    """How often an algorithm evaluates f, its gradient and its Hessian: what a lane of k steps is charged with."""

    f: int = 0
    g: int = 0
    h: int = 0
    hvp: int = 0
    """Products of the Hessian and a vector."""
    linear_solves: int = 0
    """Dense or structured linear systems, eigenvalue and QR decompositions."""


class Step(NamedTuple):
    """A proposed step of one lane."""

    x: Point
    memory: PyTree
    singular: Any = False
    """True where the step does not exist since a linear system is singular."""
    doubt: Any = False
    """True where the method's `fallback` must make this step instead."""
    done: Any = None
    """True where the method is done at the point that it was given, so that no step is made; None if it never says."""


class Method(ABC):
    """An iteration, written for ONE point; `solvers.engine.lanes` runs it over a batch. To be subclassed.

    `rate` is the step size of a descent, a scalar that is tuned; methods without one ignore it.
    """

    per_step: Evaluations = Evaluations()
    """What one step evaluates beyond f and its gradient, which the loop's own test evaluates once per step."""
    scalars: bool = False
    """Whether it also takes a point as a tuple of scalars, which is much faster over a batch of small points."""
    lowers: bool = False
    """Whether its steps lower f: then a new smallest f is progress, as a new smallest gradient is."""

    noisy: bool = False
    """Whether its gradient is an estimate, of what it has `seen`: then no lane stops for a small one."""

    bandwidth: int | None = None
    """Of the Hessian where the method is told it and makes use of it."""

    @abstractmethod
    def init(self, x: Point, rate: Float[Array, ""]) -> PyTree:
        """The memory of a lane that starts at x; evaluates nothing."""

    @abstractmethod
    def step(self, fn: Objective, x: Point, g: Point, memory: PyTree) -> Step:
        """The next point from x, where the gradient is g."""

    def seen(self, fn: Objective, memory: PyTree) -> Objective:
        """What the next step sees of f, and takes the gradient of: f, or of `noisy` methods f on a sample."""
        del memory
        return fn

    def for_run(self, key: UInt[Array, " 2"], budget: Budget) -> "Method":
        """The method, told of the run's random key and of what makes a lane stop."""
        del key, budget
        return self

    def refuses(self, problem: Problem) -> str | None:
        """None, or the reason why it cannot run on this problem."""
        del problem
        return None

    def for_problem(self, problem: Problem, data: Any) -> "Method":
        """The method, told of what it needs of the problem or can make use of; `data` in the dtype of the run."""
        del problem, data
        return self

    @property
    def bare(self) -> "Method":
        """The method without a record that it may keep: the same steps."""
        return self

    def fallback(self, n: int, pivoting: Pivoting = "library") -> "Method | None":
        """For methods whose steps may be in doubt, the one that makes the same steps of n variables beyond doubt."""
        del n, pivoting
        return None

    def spent(self, memory: PyTree) -> Evaluations:
        """What was evaluated so far, as `Evaluations`, by methods whose steps differ in cost: by a search, say."""
        raise NotImplementedError

    def record(self, memory: PyTree) -> Any:
        """What was written down of the lane's way, as a pytree, by methods that do: for looking on, not for solving."""
        del memory
        return ()

    @property
    def counts(self) -> bool:
        """Does it count its own evaluations, in `spent`?"""
        return type(self).spent is not Method.spent

    @property
    def accounts(self) -> bool:
        """Does it keep an account of every step, in `spent` or in a `record`?"""
        return self.counts or type(self).record is not Method.record

    def workspace(self, n: int, f: int) -> int:
        """Numbers a lane works on in one step, if f works on `f`: decides how many lanes are active, and no figure."""
        return 8 * n + 2 * f


class Inputs(NamedTuple):
    """Everything a program depends on, traced: another tolerance, step size or data set compiles nothing anew."""

    starts: Float[Any, "n lanes"]
    rates: Float[Any, " lanes"]
    wanted: Int[Any, " devices"]
    """How many of the starts each device runs; see `solvers.engine.layout`."""
    budget: Budget
    data: PyTree
    key: UInt[Any, " 2"] = np.zeros(2, np.uint32)
    """Of the run, as `jax.random.key_data`: what a method draws depends on it, and on the lane's start."""


class CannotSolve(ValueError):
    """A solver has found out that this problem is beyond it; the message says why. Becomes a row, not a failure."""
