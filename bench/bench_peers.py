"""How many times faster than the best of the other libraries, on the same starts, in the same process, in turns."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from bench.plan import matrix
from bench.plan.cell import Cell
from bench.plan.options import Options
from bench.plan.sizes import SIZES
from problems import get
from solvers import find

ONLY_WHEN_ASKED = True
"""Minutes long: runs when its file is named on the command line, or with --size full."""
WHY_NOT = "a race is of two solvers (--race A:B names others), and both sides of it run to their ends"
"""To what is asked for and not measured here."""

SMOKE = SIZES["smoke"]
_PEERS = {"newton": "optimistix-newton-dense", "gd": "jaxopt-gd", "adam": "optax-adam"}
"""Whom our solvers race on the smoke problems."""


class Race(NamedTuple):
    """One of our solvers against one of theirs."""

    solver: str
    peer: str
    problem: str
    batch: int
    max_steps: int


def _short(solver: str, peer: str, problem: str) -> Race:
    return Race(solver, peer, problem, SMOKE.batch[0], SMOKE.max_steps_for(get(problem), find(solver).kind))


_RACES = (
    Race("newton", "optimistix-newton-dense", "rosenbrock-n2", 100_000, 200),
    Race("newton", "optimistix-newton", "rosenbrock-n2", 100_000, 200),
    Race("newton", "optimistix-newton-dense", "rosenbrock-n10", 20_000, 200),
    Race("newton", "optimistix-newton", "rosenbrock-n10", 20_000, 200),
    Race("newton-dense", "optimistix-newton-dense", "rosenbrock-n50", 1_000, 200),
    Race("newton", "optimistix-newton", "rosenbrock-n50", 1_000, 200),
    Race("gd", "jaxopt-gd", "rosenbrock-n2", 10_000, 5_000),
    Race("gd", "jaxopt-gd", "rosenbrock-n10", 2_000, 5_000),
    Race("newton", "optimistix-newton", "logistic-breast-cancer", 256, 200),
    Race("adam", "optax-adam", "mlp-digits", 64, 500),
    *(_short(solver, peer, problem) for problem in SMOKE.problems.split(",") for solver, peer in _PEERS.items()),
)
"""Small and large n, few steps and many, closed loops and matrix products: picked before anything was measured. Then
every problem of the smoke suite, where a call takes a millisecond or less and starting it counts."""


def cells(options: Options) -> Iterator[Cell]:
    """One cell a race; --race names others, --problems chooses, --batch and --max-steps make the races shorter."""
    if options.race:
        yield from _asked(options)
        return
    chosen = set(options.solvers)
    for race in _races(options.asked_problems):
        if race.solver in chosen or chosen == set(options.default_solvers):
            for cell in matrix.cells(
                options, [race.problem], [race.solver], batches=(race.batch,), max_steps=race.max_steps
            ):
                yield replace(cell, peer=race.peer, timeout_s=options.cell_timeout or 600.0, budget_s=None)


def _races(asked: tuple[str, ...]) -> Iterator[Race]:
    """All races, or those on the problems that are asked for; where there are none on one, those of the smoke suite."""
    for problem in asked or (None,):
        picked = [race for race in _RACES if problem in (None, race.problem)]
        others = [] if problem is None else [_short(solver, peer, problem) for solver, peer in _PEERS.items()]
        yield from picked or others


def _asked(options: Options) -> Iterator[Cell]:
    """The pairs of --race on the problems of the run, each with the step size that suits it."""
    for solver, peer in options.race:
        for cell in matrix.cells(options, options.problems, [solver]):
            yield replace(cell, peer=peer, peer_tuned=True, budget_s=None)


def bench_race(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One race."""
    measured(cell)
