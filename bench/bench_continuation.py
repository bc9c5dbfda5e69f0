"""All roots of grad f = 0 by continuation, beside algebra, the certified search, and Newton from many starts."""

from collections.abc import Callable, Iterator

from bench.plan import matrix
from bench.plan.asked import study_solvers
from bench.plan.cell import Cell
from bench.plan.options import Options

ONLY_WHEN_ASKED = True
"""Runs when its file is named on the command line, or with --size full: some cells run into their deadline."""
_SMOKE = ("himmelblau", "localisation")
_QUICK = (
    *(*_SMOKE, "six-hump-camel", "beale", "two-cubics"),
    *("rosenbrock-n4", "styblinski-tang-n3", "low-rank-n3", "deep-linear-n3"),
)
_PROBLEMS = {
    "smoke": _SMOKE,
    "quick": _QUICK,
    "full": (
        *("himmelblau", "six-hump-camel", "three-hump-camel", "beale", "goldstein-price", "two-cubics", "localisation"),
        *("himmelblau~rotated", "mgh-freudenstein-roth", "mgh-powell-singular", "mgh-wood"),
        *(f"rosenbrock-n{n}" for n in range(2, 9)),
        *(f"styblinski-tang-n{n}" for n in (2, 3, 5, 8)),
        *(f"low-rank-n{n}" for n in (2, 3, 4, 6, 8)),
        *("deep-linear-n3", "deep-linear-n4", "linear-network-n4", "linear-network-n6"),
    ),
}
"""Of each size; what algebra cannot do in time, it spends its deadline on."""
_SOLVERS = ("continuation", "symbolic", "certified", "all-newton")
_STARTS = 4096
_STEPS = 1000


def cells(options: Options) -> Iterator[Cell]:
    """The problems of the size; --problems and --solvers choose among them, or name others."""
    solvers, problems = study_solvers(options, _SOLVERS), options.asked_problems or _PROBLEMS[options.size]
    return matrix.cells(options, problems, solvers, batches=(_STARTS,), max_steps=_STEPS)


def bench_continuation(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One cell of the study."""
    measured(cell)
