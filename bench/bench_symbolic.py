"""Where algebra stops: success and seconds of computer algebra against n and degree, beside newton."""

from collections.abc import Callable, Iterator

from bench.plan import matrix
from bench.plan.asked import study_solvers
from bench.plan.cell import Cell
from bench.plan.options import Options

ONLY_WHEN_ASKED = True
"""Runs when its file is named on the command line, or with --size full: some cells run into their deadline."""
_PROBLEMS = (
    *("xlogx-sqrt", "himmelblau", "six-hump-camel", "beale", "goldstein-price", "branin", "mccormick", "egg-crate-n1"),
    *("quadratic-n2", "quadratic-n5", "quadratic-n10", "regression-n5", "nist-norris", "nist-longley"),
    *("rosenbrock-n2", "rosenbrock-n3", "rosenbrock-n4", "rosenbrock-n5"),
    *("styblinski-tang-n1", "styblinski-tang-n2", "styblinski-tang-n3", "low-rank-n2", "low-rank-n3", "low-rank-n4"),
    *("mgh-powell-singular", "mgh-wood", "nist-misra1a-s2"),
)
_SOLVERS = ("closed-form", "symbolic", "newton")


def cells(options: Options) -> Iterator[Cell]:
    """The problems above, one batch; --problems and --solvers name others."""
    solvers = study_solvers(options, _SOLVERS)
    return matrix.cells(options, options.asked_problems or _PROBLEMS, solvers, batches=(100,))


def bench_symbolic(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One cell of the study."""
    measured(cell)
