"""Networks by loss and by accuracy on images held out, against time and gradients: full batch and minibatches.

Every solver is followed from the same starts to a loss fixed beforehand, or until its seconds are over.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from bench.plan import matrix
from bench.plan.cell import Cell
from bench.plan.options import Options
from problems import get

ONLY_WHEN_ASKED = True
"""Minutes long: runs when its file is named on the command line, or with --size full."""
_NETWORKS = {
    "smoke": ("digits-64-3-10",),
    "quick": ("digits-64-3-10", "digits-64-26-10"),
    "full": ("digits-64-3-10", "digits-64-26-10", "digits-64-266-10"),
}
"""Of 19 960 weights a single step of newton takes minutes and 13 GB."""
SOLVERS_LEARNING = ("newton", "newton-cg", "lbfgs", "gd-armijo", "adam", "minibatch:adam", "minibatch:gd")
"""Root-finding, second order, full-batch and stochastic first order."""
_BUDGETS_S = {"smoke": 0.5, "quick": 2.0, "full": 60.0}
_STARTS = {"smoke": 1, "quick": 3, "full": 3}
_STEPS = 10_000_000
"""Of a start: the seconds end it."""
_CALLS = 6
"""Budgets that a start takes at most: calls of twice as many steps each time, and three more."""
_BESIDE_S, _PER_VARIABLE_S = 30.0, 0.02
"""Beyond its budgets a cell has so long for what is not charged: the tolerance, pilot steps, judging."""


def cells(options: Options) -> Iterator[Cell]:
    """Every solver on every network; --problems and --solvers name others, --batch the starts, --budget the seconds."""
    solvers = SOLVERS_LEARNING if options.texts["solvers"] is None else options.solvers
    networks, budget_s = options.asked_problems or _NETWORKS[options.size], options.budget or _BUDGETS_S[options.size]
    starts = (_STARTS[options.size],)
    for cell in matrix.cells(options, networks, solvers, batches=starts, max_steps=_STEPS, study="networks"):
        beside_s = _BESIDE_S + _PER_VARIABLE_S * get(cell.problem).dim
        yield replace(
            cell,
            learning=True,
            observe=False,
            budget_s=budget_s,
            timeout_s=_CALLS * cell.batch * budget_s + beside_s,
        )


def bench_network(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One solver on one network."""
    measured(cell)
