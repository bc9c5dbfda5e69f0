"""From one start to a million: what a start costs when it has company."""

from collections.abc import Callable, Iterator

from bench.plan import matrix
from bench.plan.asked import study_solvers
from bench.plan.cell import Cell
from bench.plan.options import Options

PROBLEM = "himmelblau"
_SOLVERS = ("newton", "gd")


def cells(options: Options) -> Iterator[Cell]:
    """One problem with many stationary points, or those asked for, at every batch of the size."""
    solvers = study_solvers(options, _SOLVERS)
    problems = options.asked_problems or [PROBLEM]
    return matrix.cells(options, problems, solvers, batches=options.suite.batches, study="batch")


def bench_batch(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One cell of the batch study."""
    measured(cell)
