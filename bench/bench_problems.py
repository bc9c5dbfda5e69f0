"""Every solver on every problem of the suite: set the gradient to zero and solve, or descend it?"""

from collections.abc import Callable, Iterator

from bench.plan import matrix
from bench.plan.cell import Cell
from bench.plan.options import Options


def cells(options: Options) -> Iterator[Cell]:
    """Problems x solvers x batches x dtypes."""
    return matrix.cells(options, options.problems, options.solvers)


def bench_problem(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One cell: measured in the worker, judged by the referee, written as a row."""
    measured(cell)
