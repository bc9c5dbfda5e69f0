"""All stationary points of networks of ten weights, by Newton's method; what descent gets from the same starts."""

from collections.abc import Callable, Iterator

from bench.plan import matrix
from bench.plan.asked import study_solvers
from bench.plan.cell import Cell
from bench.plan.options import Options

ONLY_WHEN_ASKED = True
"""Runs when its file is named on the command line, or with --size full."""
_PROBLEMS = ("xor-2-2-1", "sine-1-3-1")
_SOLVERS = ("all-newton", "newton", "newton-cg", "lbfgs", "adam", "gd-armijo")
_STARTS = {"smoke": 256, "quick": 4096, "full": 100_000}
_STEPS = 1000


def cells(options: Options) -> Iterator[Cell]:
    """The same starts for all; --problems and --solvers name others, --batch another number of starts."""
    solvers = study_solvers(options, _SOLVERS)
    starts = (_STARTS[options.size],)
    return matrix.cells(options, options.asked_problems or _PROBLEMS, solvers, batches=starts, max_steps=_STEPS)


def bench_tiny_network(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One cell of the hunt."""
    measured(cell)
