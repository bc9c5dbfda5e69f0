"""The records of this room: how a solver is declared, what it is given, what it hands back."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from importlib.util import find_spec
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from jaxtyping import Array, Float, Int, PyTree

from problems.problem import Problem
from solvers.separable import bandwidth

Kind = Literal["exact", "solve", "descend", "peer"]
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


class Solution(NamedTuple):
    """What a solver hands back, lanes on the last axis; a peer may leave status and steps None."""

    x: Float[Any, "n lanes"]
    status: Int[Any, " lanes"]
    steps: Int[Any, " lanes"]
    spent: Any = ()
    """Evaluations per lane beyond those that the number of steps tells, by name; empty for most methods."""


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


class Method(ABC):
    """An iteration, written for ONE point; `solvers.engine.lanes` runs it over a batch. To be subclassed.

    `rate` is the step size of a descent, a scalar that is tuned; methods without one ignore it.
    """

    per_step: ClassVar[Evaluations] = Evaluations()
    """What one step evaluates beyond f and its gradient, which the loop's own test evaluates once per step."""
    scalars: ClassVar[bool] = False
    """Whether it also takes a point as a tuple of scalars, which is much faster over a batch of small points."""
    lowers: ClassVar[bool] = False
    """Whether its steps lower f: then a new smallest f is progress, as a new smallest gradient is."""

    @abstractmethod
    def init(self, x: Point, rate: Float[Array, ""]) -> PyTree:
        """The memory of a lane that starts at x; evaluates nothing."""

    @abstractmethod
    def step(self, fn: Objective, x: Point, g: Point, memory: PyTree) -> Step:
        """The next point from x, where the gradient is g."""

    def fallback(self, n: int, pivoting: Pivoting = "library") -> "Method | None":
        """For methods whose steps may be in doubt, the one that makes the same steps of n variables beyond doubt."""
        del n, pivoting
        return None

    def spent(self, memory: PyTree) -> Any:
        """What was evaluated so far, as `Evaluations`, by methods whose steps differ in cost: by a search, say."""
        raise NotImplementedError

    @property
    def accounts(self) -> bool:
        """Does it keep an account of its own, `spent`?"""
        return type(self).spent is not Method.spent

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


class CannotSolve(ValueError):
    """A solver has found out that this problem is beyond it; the message says why. Becomes a row, not a failure."""


class Exact(Protocol):
    """What writes stationary points down without iterating over starts."""

    def __call__(self, problem: Problem, data: Any) -> Float[Array, "m n"]:
        """The points, the lowest first; pure JAX."""
        ...

    def refuses(self, problem: Problem) -> str | None:
        """None, or the reason why it cannot."""
        ...


DESCENT_PATIENCE = 1000
"""Of methods that lower f: along a curved valley their gradient rises and falls for long while they get on."""

Peer = Callable[[Problem, int, Inputs], Solution]
"""Pure JAX: (problem, most steps, inputs) -> ends, by another library. The step limit is static: some libraries
allocate by it. `status` and `steps` are None where the library does not tell."""
Host = Callable[[Problem, int, Inputs], Callable[[Inputs], Solution]]
"""As `Peer`, for what runs on the host: compiles what it needs, and returns the call."""


@dataclass(frozen=True)
class Solver:
    """A row of the solver registry: one of `method`, `least_squares`, `exact`, `peer` and `host` is given."""

    name: str
    kind: Kind
    reference: str
    method: Method | None = None
    banded: Callable[[int], Method] | None = None
    """bandwidth -> the method for problems of which it is known; None for a method that has no use for it."""
    least_squares: Callable[[Callable[[Any], Any]], Method] | None = None
    """residual function -> the method, for methods that need f = |r|^2."""
    exact: Exact | None = None
    peer: Peer | None = None
    host: Host | None = None
    needs_starts: bool = False
    """An exact solver that begins from starts all the same, and returns the different points that these lead to."""
    library: str = ""
    """The package that it needs beyond the suite's own, as it is imported; the row names its version."""
    most_lanes: int | None = None
    """More starts than this are refused: what loops over them on the host takes too long."""
    rates: tuple[float, ...] = ()
    """The grid from which the step size is tuned; empty where there is none to tune."""
    default_rate: float = 1.0
    """The step size without tuning."""
    patience: int = 200
    options: Mapping[str, Any] = field(default_factory=dict)
    """What a reader must know to repeat the run; written into the row."""

    def __post_init__(self) -> None:
        given: Any = self.method  # by users, who may not check types
        if not isinstance(given, Method | None):
            raise TypeError(f"{self.name}: its method is a {type(given).__name__}, no subclass of solvers.Method")

    @property
    def from_starts(self) -> bool:
        """Does it begin from starts?"""
        return self.kind != "exact" or self.needs_starts

    @property
    def returns_points(self) -> bool:
        """Does it return different points, as many as it finds, instead of the end of every start?"""
        return self.kind == "exact"

    @property
    def iterative(self) -> bool:
        """Does it run in the lane loop?"""
        return self.method is not None or self.least_squares is not None

    def method_for(self, problem: Problem, data: Any = None) -> Method | None:
        """The method, told of the structure that the problem states or its function shows."""
        if self.least_squares is not None and problem.residuals is not None:
            return self.least_squares(lambda x: problem.residuals(x, data))  # type: ignore[misc]
        width = None if self.banded is None else bandwidth(problem)
        return self.method if width is None else self.banded(width)  # type: ignore[misc]

    def supports(self, problem: Problem) -> str | None:
        """None, or the reason why this solver cannot run on this problem."""
        if self.exact is not None and (reason := self.exact.refuses(problem)):
            return reason
        if self.least_squares is not None and problem.residuals is None:
            return "no residuals: not a sum of squares"
        if self.library and find_spec(self.library) is None:
            extra = "symbolic" if self.library == "sympy" else "peers"
            return f'{self.library} is not installed; pip install "zerograd[{extra}]"'
        return None
