"""Closed form, newton and gd as n grows: where is the crossover?"""

from collections.abc import Callable, Iterator

from bench.plan import matrix
from bench.plan.asked import study_solvers
from bench.plan.cell import Cell
from bench.plan.options import Options

_FAMILIES = ("quadratic", "regression")
_SOLVERS = ("closed-form", "newton", "gd")
LANES = (4,)
_STEPS = 20_000
"""Enough for gd on the quadratic, whose condition number of 1e3 asks for some ten thousand steps."""


def cells(options: Options) -> Iterator[Cell]:
    """Least squares and quadratics, few lanes, since a lane of n = 2000 is large.

    Of problems that are asked for, their members, and all of them where this file is named.
    """
    families = [f"{family}-n{n}" for family in _FAMILIES for n in options.suite.scaling]
    asked = [name for name in options.asked_problems if options.named or name.rpartition("-n")[0] in _FAMILIES]
    problems = asked if options.asked_problems else families
    solvers = study_solvers(options, _SOLVERS)
    return matrix.cells(options, problems, solvers, batches=LANES, max_steps=_STEPS, study="scaling")


def bench_scaling(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One cell of the scaling study."""
    measured(cell)
