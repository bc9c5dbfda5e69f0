"""All stationary points: proved, found by Newton's method from many starts, and by descent from the same starts."""

from collections.abc import Callable, Iterator

from bench.plan import matrix
from bench.plan.asked import study_solvers
from bench.plan.cell import Cell
from bench.plan.options import Options

ONLY_WHEN_ASKED = True
"""Runs when its file is named on the command line, or with --size full: some cells take seconds."""
_PROBLEMS = (
    *("xlogx-sqrt", "himmelblau", "six-hump-camel", "goldstein-price", "beale", "branin", "muller-brown", "mccormick"),
    *("egg-crate-n2", "himmelblau~rotated", "low-rank-n2", "low-rank-n3", "rastrigin-n2", "rastrigin-n3"),
    *("styblinski-tang-n2", "styblinski-tang-n3", "styblinski-tang-n5", "styblinski-tang-n8"),
    *(
        "rosenbrock-n2",
        "rosenbrock-n4",
        "rosenbrock-n6",
        "rosenbrock-n8",
        "mgh-freudenstein-roth",
        "mgh-powell-singular",
    ),
    *("weibull-proline", "poisson-linnerud", "nist-danwood-s2", "nist-rat42-s2"),
)
_SOLVERS = ("certified", "all-newton", "gd")
_STARTS = 4096
_STEPS = 1000


def cells(options: Options) -> Iterator[Cell]:
    """The problems above; --problems and --solvers choose among them, or name others."""
    solvers, problems = study_solvers(options, _SOLVERS), options.asked_problems or _PROBLEMS
    return matrix.cells(options, problems, solvers, batches=(_STARTS,), max_steps=_STEPS)


def bench_stationary(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One cell of the study."""
    measured(cell)
