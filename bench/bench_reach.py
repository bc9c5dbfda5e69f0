"""What still works at n variables: which ways reach the global minimum within a budget of seconds, as n grows.

A way climbs its family from few variables to many, and stops at the first n at which it does not get there.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from bench.plan import matrix
from bench.plan.asked import study_solvers
from bench.plan.cell import Cell
from bench.plan.options import Options
from problems import get

_FAMILIES = {
    "quadratic": 10_000,
    "regression": 5_000,
    "rosenbrock": 20_000,
    "styblinski-tang": 20_000,
    "low-rank": 1_000,
}
"""Families that grow, and how far: the data of the dense ones are 0.8 GB there, or their points."""
_NETWORKS = ("xor-2-2-1", "sine-1-3-1", "mlp-digits-small", "mlp-digits", "mlp-digits-large")
WAYS = ("closed-form", "symbolic", "certified", "continuation", "newton", "newton-cg", "lbfgs", "adam", "gd-armijo")
"""Formula, algebra, proof, paths; then root-finding, second and first order."""
_RUNGS = {
    "smoke": (2, 5),
    "quick": (2, 5, 20, 200, 2000),
    "full": (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000),
}
_BUDGETS_S = {"smoke": 0.5, "quick": 2.0, "full": 60.0}
_FEW_FAMILIES = ("quadratic", "rosenbrock", "styblinski-tang")
_FEW_WAYS, _FEW_RUNGS, _LITTLE_S = ("closed-form", "newton", "lbfgs"), (2, 20, 200), 0.5
"""Formula, root-finding, descent: what fits into the minutes of a quick run of everything."""
_STEPS = 100_000
"""Of one start: enough for the slowest first-order way to come to rest, if the seconds suffice."""
_COMPILE_S = 60.0
"""And a compile so long, and four budgets."""
_BESIDE_S, _PER_VARIABLE_S = 6.0, 0.02
"""Beyond its budget a cell has so long for what is not charged: the tolerance, pilot steps, judging."""
_NUMBERS = 2**12
"""Lanes of a call times n, at most; one lane at least."""


def cells(options: Options) -> Iterator[Cell]:
    """Family by family and way by way, up; --problems names other rungs, --solvers other ways, --budget the seconds.

    Where nobody names the file, a full run has all of it, a quick one what is seen at a glance.
    """
    if not options.named and options.size != "full":
        yield from _at_a_glance(options)
        return
    yield from _up(options, _ladders(options), study_solvers(options, WAYS), options.budget or _BUDGETS_S[options.size])


def _at_a_glance(options: Options) -> Iterator[Cell]:
    """Few ways and rungs; none beside problems or solvers that are named."""
    asked = options.texts["problems"] is not None or options.texts["solvers"] is not None
    if options.size == "quick" and not asked:
        yield from _up(options, _grown(_FEW_FAMILIES, _FEW_RUNGS), _FEW_WAYS, options.budget or _LITTLE_S)


def _up(options: Options, ladders: Sequence[Sequence[str]], ways: Sequence[str], budget_s: float) -> Iterator[Cell]:
    for ladder in ladders:
        for way in ways:
            for dtype in options.dtype:
                below = None
                for name in ladder:
                    for cell in _rung(replace(options, dtype=(dtype,)), name, way, budget_s):
                        yield replace(cell, after=below)
                        below = cell.id


def _rung(options: Options, name: str, way: str, budget_s: float) -> Iterator[Cell]:
    lanes = 1 << max(0, (_NUMBERS // get(name).dim).bit_length() - 1)
    for cell in matrix.cells(options, [name], [way], batches=(lanes,), max_steps=_STEPS):
        beside_s = _BESIDE_S + _PER_VARIABLE_S * get(name).dim
        compile_s = min(cell.compile_timeout_s, _COMPILE_S + 4 * budget_s)
        cell = replace(cell, compile_timeout_s=compile_s, observe=False)
        yield replace(cell, study="reach", budget_s=budget_s, timeout_s=budget_s + beside_s)


def _ladders(options: Options) -> list[Sequence[str]]:
    """The names of every family, the fewest variables first."""
    if options.texts["problems"] is not None:
        named = sorted(options.problems, key=lambda name: (_family(name), get(name).dim))
        return [list(names) for _, names in groupby(named, key=_family)]
    return [*_grown(_FAMILIES, _RUNGS[options.size]), _NETWORKS]


def _grown(families: Iterable[str], rungs: Sequence[int]) -> list[Sequence[str]]:
    fewest = {"regression": 1, "styblinski-tang": 1}
    return [[f"{name}-n{n}" for n in rungs if fewest.get(name, 2) <= n <= _FAMILIES[name]] for name in families]


def _family(name: str) -> str:
    return "networks" if "neural-network" in get(name).tags else name.split("~")[0].rpartition("-n")[0] or name


def bench_reach(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One way at one n."""
    measured(cell)
