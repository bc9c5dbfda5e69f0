"""Every solver on every problem of the suite: set the gradient to zero and solve, or descend it?"""

from collections.abc import Callable, Iterator

from bench.plan import matrix
from bench.plan.cell import Cell
from bench.plan.options import Options
from bench.plan.sizes import EXACT


def cells(options: Options) -> Iterator[Cell]:
    """Problems x solvers x batches x dtypes; and algebra, proof and continuation where the size tries them."""
    yield from matrix.cells(options, _tried(options), EXACT)
    yield from matrix.cells(options, options.problems, options.solvers)


def _tried(options: Options) -> list[str]:
    """Nothing where solvers are asked for by name."""
    wanted = options.solvers == options.default_solvers
    return [name for name in options.suite.exact.split(",") if wanted and name in options.problems]


def bench_problem(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One cell: measured in the worker, judged by the referee, written as a row."""
    measured(cell)
