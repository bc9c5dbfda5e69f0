"""How time grows with the batch: a method whose lanes do not wait for each other has exponent 1."""

from collections.abc import Callable, Iterator

from bench.plan import matrix
from bench.plan.asked import study_solvers
from bench.plan.cell import Cell
from bench.plan.options import Options

ONLY_WHEN_ASKED = True
"""Part of the performance work: runs when its file is named on the command line, or with --size full."""
_PROBLEMS = ("rosenbrock-n2", "rosenbrock-n10")
_SOLVERS = ("newton", "gd")
_BATCHES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
_STEPS = 200


def cells(options: Options) -> Iterator[Cell]:
    """Two sizes, or what is asked for; gd stops at the step limit, so that every start costs the same."""
    solvers = study_solvers(options, _SOLVERS)
    return matrix.cells(options, options.asked_problems or _PROBLEMS, solvers, batches=_BATCHES, max_steps=_STEPS)


def bench_growth(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One cell of the growth study."""
    measured(cell)
