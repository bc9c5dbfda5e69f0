"""All roots of grad f = 0 by continuation, beside algebra, the certified search, and Newton from many starts."""

from collections.abc import Callable, Iterator

from bench.plan import matrix
from bench.plan.asked import study_solvers
from bench.plan.cell import Cell
from bench.plan.options import Options

ONLY_WHEN_ASKED = True
"""Runs when its file is named on the command line, or with --size full: some cells run into their deadline."""
_PROBLEMS = (
    *("himmelblau", "six-hump-camel", "beale", "goldstein-price", "himmelblau~rotated"),
    *("rosenbrock-n2", "rosenbrock-n3", "rosenbrock-n4", "rosenbrock-n5", "rosenbrock-n6"),
    *("styblinski-tang-n2", "styblinski-tang-n3", "styblinski-tang-n5"),
    *("low-rank-n2", "low-rank-n3", "low-rank-n4", "low-rank-n6"),
    *("mgh-freudenstein-roth", "mgh-powell-singular", "mgh-wood"),
)
_SOLVERS = ("continuation", "symbolic", "certified", "all-newton")
_STARTS = 4096
_STEPS = 1000


def cells(options: Options) -> Iterator[Cell]:
    """The problems above; --problems and --solvers choose among them, or name others."""
    solvers, problems = study_solvers(options, _SOLVERS), options.asked_problems or _PROBLEMS
    return matrix.cells(options, problems, solvers, batches=(_STARTS,), max_steps=_STEPS)


def bench_continuation(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One cell of the study."""
    measured(cell)
