"""Solvers that fit, one after the other on the same starts, until the time is up: rows like those of a run."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from bench.asking.subject import Subject
from bench.machine.device import device_facts
from bench.machine.provenance import library_of, provenance
from bench.measuring.measure import TooLarge, Unsupported, measure
from bench.plan.cell import Cell
from problems import Problem
from results import schema
from results.rows import blank_row, check_row
from solvers import Host, find

ORDER = (
    *("newton", "newton-modified", "levenberg-marquardt", "scipy-lbfgsb", "adam", "lbfgs", "newton-cg", "gd"),
    *("gauss-newton", "scipy-trust-exact", "optimistix-bfgs", "optimistix-newton-dense"),
)
"""Those that answer most come first: the time may be up before all have run."""
_DENSE = frozenset({"newton", "newton-modified", "scipy-trust-exact", "optimistix-newton-dense", "gauss-newton"})
_MOST_DENSE = 300
"""Variables beyond which solvers that form a dense Hessian are left out."""
_SOLVE_STEPS, _DESCEND_STEPS, _HOST_STEPS, _FEWEST_STEPS = 200, 2000, 100, 50
_CALLS = 8
"""How many times all steps are made: tuning, the first call, the timed rounds."""
_GTOL = 1e-8


def candidates(problem: Problem) -> list[str]:
    """Solvers that can run the problem and are installed."""
    names = (name for name in ORDER if problem.dim <= _MOST_DENSE or name not in _DENSE)
    installed = (name for name in names if not (library := find(name).library) or find_spec(library))
    return [name for name in installed if find(name).supports(problem) is None]


def cell_of(subject: Subject, solver: str, seconds: float, gradient_s: float) -> Cell:
    """The cell of a solver: 32 starts, fewer where a gradient is dear, and as many steps as fit into its share."""
    n, descends = subject.problem.dim, find(solver).kind != "solve"
    batch = int(np.clip(2**14 // n, 4, 32))
    fits = int(seconds / 4 / (_CALLS * batch * max(gradient_s, 1e-9)))
    most = _HOST_STEPS if isinstance(find(solver), Host) else _DESCEND_STEPS if descends else _SOLVE_STEPS
    steps = int(np.clip(fits, _FEWEST_STEPS, most))
    return Cell(subject.name, solver, batch, "float64", 0, _GTOL, steps, rounds=3, timed_s=0.2)


def rows_of_race(
    subject: Subject, names: Sequence[str], seconds: float, tell: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Rows of `results.csv`, one as each solver has ended; those for which no time was left are said to `tell`."""
    began, gradient_s = time.monotonic(), _seconds_of_a_gradient(subject)
    common = provenance(Path.cwd()) | device_facts() | {"host": None}
    for number, name in enumerate(names):
        if time.monotonic() - began > seconds:
            tell(f"the {seconds:g} s are up: not run: {', '.join(names[number:])}")
            return
        yield row_of(cell_of(subject, name, seconds, gradient_s), common)


def row_of(cell: Cell, common: dict[str, Any]) -> dict[str, Any]:
    """The row of a cell that is measured in this process; an exception becomes its status."""
    started = datetime.now(UTC)
    figures, status, detail = _measured(cell)
    row = blank_row() | common | library_of(cell.solver) | cell.identity() | _known(cell) | figures
    row |= {
        "schema_version": schema.SCHEMA_VERSION,
        "run_id": "asked",
        "attempt": 1,
        "status": status,
        "status_detail": detail,
        "started_utc": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    check_row(row)
    return row


def _measured(cell: Cell) -> tuple[dict[str, Any], str, str | None]:
    try:
        return measure(cell).figures, "ok", None
    except (TooLarge, Unsupported) as reason:
        return {}, "oom" if isinstance(reason, TooLarge) else "unsupported", str(reason)
    except Exception as failure:  # of the loss itself, or of what a library makes of it
        first = f"{type(failure).__name__}: {failure}".strip().partition("\n")[0]
        return {}, "error", first


def _known(cell: Cell) -> dict[str, Any]:
    problem = Subject(cell.problem).problem
    return {
        "n_dim": problem.dim,
        "solver_kind": find(cell.solver).kind,
        "truth_standing": problem.truth.standing,
        "truth_complete": bool(problem.truth.complete),
    }


def _seconds_of_a_gradient(subject: Subject) -> float:
    """Of one start among many, when compiled."""
    points = np.repeat(subject.first[None], 64, axis=0)
    subject.judge.slopes(points)
    began = time.perf_counter()
    subject.judge.slopes(points)
    return (time.perf_counter() - began) / len(points)
