"""How a solver is declared: by one of four records, which differ in what runs, and are asked the same questions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, ClassVar, Literal, Protocol, final, runtime_checkable

from jaxtyping import Array, Float

from problems.installing import installs
from problems.problem import Problem
from solvers.method import Inputs, Method, Solution

Kind = Literal["exact", "solve", "descend", "peer"]
Way = Literal["exact", "root-finding", "second order", "first order", "peer"]
DESCENT_PATIENCE = 1000
"""Of methods that lower f: along a curved valley their gradient rises and falls for long while they get on."""


@dataclass(frozen=True)
class Solver:
    """What all solvers have in common. To be declared as `Iterative`, `ClosedForm`, `Library` or `Host`."""

    name: str
    kind: Kind
    reference: str
    library: str = field(default="", kw_only=True)
    """The package that it needs beyond the suite's own, as it is imported; the row names its version."""
    rates: tuple[float, ...] = field(default=(), kw_only=True)
    """The grid from which the step size is tuned; empty where there is none to tune."""
    default_rate: float = field(default=1.0, kw_only=True)
    """The step size without tuning."""
    options: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    """What a reader must know to repeat the run; written into the row."""

    own: ClassVar[str] = ""
    """The field that says what runs; its fields are the solver's options."""
    kinds: ClassVar[tuple[Kind, ...]] = ()
    """Those that such a solver may be of."""
    iterative: ClassVar[bool] = False
    """Does it run in the lane loop?"""

    def __new__(cls, *words: Any, **fields: Any) -> Any:
        """Refuses a solver that is none of the four."""
        del fields
        if cls is Solver:
            name = words[0] if words else "a solver"
            raise TypeError(f"{name}: declare it as solvers.Iterative, ClosedForm, Library or Host, not as Solver")
        return super().__new__(cls)

    def __post_init__(self) -> None:
        if self.kind not in self.kinds:  # by users, who may not check types
            allowed = ", ".join(self.kinds)
            raise TypeError(f'{self.name}: kind "{self.kind}" is not allowed for {type(self).__name__}; give {allowed}')
        if not callable(self.runs) and not isinstance(self.runs, Method):
            raise TypeError(f"{self.name}: its {self.own} is a {type(self.runs).__name__}, which cannot be called")

    @property
    def runs(self) -> Any:
        """What runs: the method, formula or function."""
        return getattr(self, self.own)

    @property
    def way(self) -> Way:
        """How it goes about it; exact solvers and other libraries are ways of their own."""
        return "exact" if self.returns_points else "peer"

    @property
    def from_starts(self) -> bool:
        """Does it begin from starts?"""
        return not self.returns_points

    @property
    def returns_points(self) -> bool:
        """Does it return different points, as many as it finds, instead of the end of every start?"""
        return self.kind == "exact"

    def method_for(self, problem: Problem, data: Any = None) -> Method | None:
        """The method of ours that makes its steps, told of the problem; None if there is none."""
        del problem, data
        return None

    def supports(self, problem: Problem) -> str | None:
        """None, or the reason why this solver cannot run on this problem."""
        if reason := self._refuses(problem):
            return reason
        if self.library and find_spec(self.library) is None:
            extra = "symbolic" if self.library == "sympy" else "peers"
            return f"{self.library} is not installed; {installs(extra)}"
        return None

    def _refuses(self, problem: Problem) -> str | None:
        del problem
        return None


@final
@dataclass(frozen=True)
class Iterative(Solver):
    """A method of ours, which the lane loop or the fused kernel runs over the batch."""

    method: Method
    patience: int = field(default=200, kw_only=True)
    own, kinds, iterative = "method", ("solve", "descend"), True

    def __post_init__(self) -> None:
        if not isinstance(self.method, Method):
            raise TypeError(f"{self.name}: its method is a {type(self.method).__name__}, no subclass of solvers.Method")
        super().__post_init__()

    @property
    def way(self) -> Way:
        """Root-finding on the gradient, or minimisation by second or first derivatives.

        Whatever lowers f is no mere root-finding: a saddle is no end of it but by accident.
        """
        if self.kind == "descend":
            return "first order"
        return "second order" if self.method.lowers else "root-finding"

    def method_for(self, problem: Problem, data: Any = None) -> Method:
        """The method, told of the structure that the problem states or its function shows."""
        return self.method.for_problem(problem, data)

    def _refuses(self, problem: Problem) -> str | None:
        return self.method.refuses(problem)


@runtime_checkable
class Formula(Protocol):
    """What writes stationary points down without iterating."""

    def __call__(self, problem: Problem, data: Any) -> Float[Array, "m n"]:
        """The points, the lowest first; pure JAX."""
        ...

    def refuses(self, problem: Problem) -> str | None:
        """None, or the reason why it cannot."""
        ...


@final
@dataclass(frozen=True)
class ClosedForm(Solver):
    """A formula, in JAX: no starts, no steps."""

    formula: Formula
    own, kinds = "formula", ("exact",)

    def _refuses(self, problem: Problem) -> str | None:
        return self.formula.refuses(problem)


@final
@dataclass(frozen=True)
class Library(Solver):
    """Another library's solver, in JAX: (problem, most steps, inputs) -> ends.

    The step limit is static, since some libraries allocate by it. Status and steps are None where it does not tell.
    """

    run: Callable[[Problem, int, Inputs], Solution]
    own, kinds = "run", ("peer",)


@final
@dataclass(frozen=True)
class Host(Solver):
    """What runs on the host: (problem, most steps, inputs) -> the call, once all that it needs is compiled."""

    build: Callable[[Problem, int, Inputs], Callable[[Inputs], Solution]]
    needs_starts: bool = field(default=False, kw_only=True)
    """An exact solver that begins from starts all the same, and returns the different points that these lead to."""
    most_lanes: int | None = field(default=None, kw_only=True)
    """More starts than this are refused: what loops over them takes too long."""
    own, kinds = "build", ("exact", "peer")

    @property
    def from_starts(self) -> bool:
        """Does it begin from starts?"""
        return self.needs_starts or not self.returns_points
