"""The unit of measurement: one solver on one problem under stated conditions."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Cell:
    """What is measured. `id` joins the CSV, the JSON and dashboards: treat it as a public API."""

    problem: str
    solver: str
    batch: int
    """Starts; 1 for exact solvers, which need none."""
    dtype: str
    """float32 or float64."""
    seed: int
    gtol: float
    max_steps: int | None
    """Step limit of a lane; None for exact solvers, which take no steps."""
    rounds: int
    """Fewest timed rounds."""
    timed_s: float
    """No rounds are added after so long; until then, until they tell their median."""
    timeout_s: float = 600.0
    """Deadline, from the end of the compile."""
    compile_timeout_s: float = 300.0
    """A compile that takes longer counts as hung."""
    peer: str | None = None
    """A solver to race against, in turns on the same starts; with the step size tuned for `solver`."""
    peer_tuned: bool = False
    """Is the peer's step size tuned by itself? Else it is given the solver's."""
    tune: bool = True
    """Choose the step size from the solver's grid; else its default is used."""
    observe: bool = False
    """Run it once more, untimed, for targets.csv and trace.csv."""
    executor: str = "auto"
    """`loop` or `fused` to force one; a cell that cannot have it is unsupported."""
    study: str | None = None
    """The study whose rows these are, where they are no part of the main tables."""
    budget_s: float | None = None
    """Seconds for the steps of all starts; in the study reach, for start after start until one has reached f_target."""
    target: float | None = None
    """Accuracy to which f* is to be reached, relative to |f*|; absolute where that is 0."""
    learning: bool = False
    """With a budget: every start alone, on its way to f_target, with rows of learning.csv."""
    after: str | None = None
    """Id of the cell below: where that one has reached nothing, this one is not tried."""
    spread: bool = False
    """Share the lanes out to all devices of all processes, and gather summaries only."""

    @property
    def id(self) -> str:
        """For instance newton-rosenbrock-n10-b1024-float64: safe for pytest's -k."""
        against = f"-vs-{self.peer}" if self.peer else ""
        solver = self.solver.replace("=", "-")
        starts = "" if self.hunts else f"-b{self.batch}"
        study = f"-{self.study}" if self.study else ""
        return f"{solver}-{self.problem}{starts}-{self.dtype}{against}{study}{'-spread' if self.spread else ''}"

    @property
    def hunts(self) -> bool:
        """Does it draw start after start, until one has reached the lowest value of f or its seconds have gone?"""
        return self.study == "reach"

    def identity(self) -> dict[str, Any]:
        """The columns of results.csv that the cell itself fills."""
        figures = asdict(self) | {"cell_id": self.id}
        return {name: value for name, value in figures.items() if name not in _HOW}


_HOW = (
    *("rounds", "timed_s", "timeout_s", "compile_timeout_s", "peer_tuned", "tune", "observe", "after", "spread"),
    "learning",
    "executor",
)
"""Fields that say how to measure, not what; the step size is in solver_options."""
