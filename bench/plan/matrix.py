"""From options to cells: which solver runs on which problem, with how many lanes and steps."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bench.plan.cell import Cell
from bench.plan.options import Options
from bench.plan.parsers import LONGEST_S
from problems import get
from solvers import Solver, find

GTOL = {"float64": 1e-8, "float32": 1e-3}


def cells(
    options: Options,
    problems: Iterable[str],
    solvers: Iterable[str],
    *,
    batches: tuple[int, ...] | None = None,
    max_steps: int | None = None,
    study: str | None = None,
) -> Iterator[Cell]:
    """Every problem x solver x batch x dtype; `batches` and `max_steps` give way to the command line's.

    The rows of a `study` are its own, and no part of the main tables.
    """
    for name in problems:
        for solver in map(find, solvers):
            for batch in _batches(options, solver, get(name).dim, batches):
                for dtype in options.dtype:
                    yield replace(_cell(options, name, solver, batch, dtype, max_steps), study=study)


def _cell(options: Options, problem: str, solver: Solver, batch: int, dtype: str, max_steps: int | None) -> Cell:
    suite = options.suite
    limit = options.max_steps or max_steps or suite.max_steps_for(get(problem), solver.kind)
    if options.max_evaluations:
        limit = max(1, min(limit, options.max_evaluations // _evaluations(solver)))
    return Cell(
        problem=problem,
        solver=solver.name,
        batch=batch,
        dtype=dtype,
        seed=options.seed,
        gtol=options.gtol or GTOL[dtype],
        max_steps=limit if solver.from_starts else None,
        budget_s=options.budget,
        target=options.target,
        rounds=suite.rounds,
        timed_s=suite.timed_s,
        timeout_s=options.cell_timeout or _deadline_s(options, solver),
        compile_timeout_s=options.compile_timeout,
        tune=options.tune,
        observe=options.observe,
        executor=options.executor,
    )


def _deadline_s(options: Options, solver: Solver) -> float:
    """The size's, and what a budget takes beside."""
    calls = _CALLS if solver.iterative else 1
    return min(options.suite.timeout_s + calls * (options.budget or 0.0), LONGEST_S)


_CALLS = 60
"""Of a cell with a budget: its pilots and rounds, and its lanes are followed up to a sixtieth of the deadline."""


def _evaluations(solver: Solver) -> int:
    """Of f, gradient, Hessian and products in a step, beside one of the gradient; 1 where nobody says."""
    own = getattr(solver.runs, "per_step", None)
    return 1 if own is None else 1 + own.f + own.g + own.h + own.hvp


def _batches(options: Options, solver: Solver, n: int, batches: tuple[int, ...] | None) -> tuple[int, ...]:
    if not solver.from_starts:
        return (1,)
    if options.batch is not None:
        return options.batch
    if batches is not None:
        return batches
    return tuple(dict.fromkeys(_fewer(batch, options.suite.numbers // n) for batch in options.suite.batch))


def _fewer(batch: int, most: int) -> int:
    """The batch, or the largest power of two that is at most `most`."""
    return batch if batch <= most else 1 << max(0, most.bit_length() - 1)
