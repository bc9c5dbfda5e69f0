"""One batch over all devices of all processes: how much faster than one device alone?"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from bench.plan import matrix
from bench.plan.asked import study_solvers
from bench.plan.cell import Cell
from bench.plan.options import Options
from solvers import find

ONLY_WHEN_ASKED = True
WHY_NOT = "lanes are shared out, which only solvers of ours have, and their ends are only summed up"
"""To what is asked for and not measured here."""
_PROBLEMS, _SOLVERS = ("himmelblau",), ("newton",)
_STARTS = {"smoke": 10**4, "quick": 10**6, "full": 10**8}


def cells(options: Options) -> Iterator[Cell]:
    """Newton on himmelblau, or what iterates of what is asked for, on one large batch."""
    solvers = [name for name in study_solvers(options, _SOLVERS) if find(name).iterative]
    problems = _PROBLEMS if options.texts["problems"] is None else options.problems
    for cell in matrix.cells(options, problems, solvers, batches=(_STARTS[options.size],)):
        yield replace(cell, spread=True, observe=False, tune=False, budget_s=None, target=None)


def bench_scaling_devices(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One cell."""
    measured(cell)
