"""Measures one cell: compile, tune, first call, rounds, then the referee. Runs in the process that owns the device."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from bench import clock
from bench.cell import Cell
from bench.device import free_bytes, peak_bytes
from bench.figures import outcome
from bench.referee import around, referee
from bench.starts import draw
from bench.tuning import Tuned, lanes_for_tuning, tune
from problems import Problem, get
from solvers import SOLVERS, Budget, Inputs, Layout, Solution, Solver, devices_for, place, program, width_for, workspace


class Unsupported(Exception):
    """This solver cannot run this problem here; the message says why. Becomes a row, not a failure."""


class Measurement(NamedTuple):
    """What one cell yields."""

    figures: dict[str, Any]
    """Columns of results.csv."""
    samples: list[float]
    """Seconds of every timed round."""


def measure(cell: Cell, compiled: Callable[[], None] = lambda: None) -> Measurement:
    """Measures `cell`; calls `compiled` when the compiler is done, since the deadline counts from there.

    Raises:
        Unsupported: predicted before anything of size runs.
    """
    problem, solver = get(cell.problem), SOLVERS[cell.solver]
    if reason := solver.supports(problem):
        raise Unsupported(reason)
    judge = referee(problem)
    tolerance = judge.tolerance(cell.gtol, cell.dtype)
    layout, width = _layout(solver, problem, cell)
    host = _inputs(cell, problem, layout, tolerance)
    inputs = place(host, layout.devices)
    built = clock.compile_program(program(solver, problem, width, layout.devices), inputs)
    _refuse_what_cannot_fit(built.device_bytes * layout.devices)
    compiled()
    _refuse_what_takes_too_long(built.call, inputs, cell, waves=-(-cell.batch // (width * layout.devices)))
    tuned = Tuned(solver.default_rate, 0.0)
    if solver.rates:
        tuned = tune(solver, built.call, host, layout, judge, cell.seed)
    inputs = place(host._replace(rates=np.full_like(host.rates, tuned.rate)), layout.devices)
    solution, first_call_s = clock.timed(built.call, inputs)
    at_least = cell.rounds if first_call_s * cell.rounds < cell.timeout_s / 20 else 1
    samples = clock.rounds(built.call, inputs, at_least=at_least, timed_s=cell.timed_s)
    times = {"lower_s": built.lower_s, "compile_s": built.compile_s, "first_call_s": first_call_s}
    times |= {"tune_s": tuned.tune_s} if solver.rates else {}
    figures = outcome(solver, problem, _landed(solution, cell, layout), judge, cell, tuned.rate)
    figures |= times | _statistics(samples, cell.batch) | {"gtol_effective": float(tolerance.max())}
    figures |= {"device_count": layout.devices}
    return Measurement(figures | {"device_peak_bytes": peak_bytes()}, samples)


def _layout(solver: Solver, problem: Problem, cell: Cell) -> tuple[Layout, int]:
    """Who runs which lane, and how many fly at once. There is room for the tuning run: both use one program."""
    if solver.method is None:
        return Layout(cell.batch), 1
    numbers = workspace(solver.method, problem)
    room = max(cell.batch, lanes_for_tuning(solver, problem.dim) if solver.rates else 0)
    layout = Layout(room, devices_for(numbers, cell.batch, jax.local_device_count()))
    return layout, width_for(numbers, layout.per_device)


def _inputs(cell: Cell, problem: Problem, layout: Layout, tolerance: np.ndarray) -> Inputs:
    starts = np.zeros((problem.dim, layout.capacity), cell.dtype)
    starts[:, layout.places(cell.batch)] = draw(problem, cell.batch, cell.seed)
    tolerance, centre, reach = (figure.astype(cell.dtype) for figure in (tolerance, *around(problem)))
    patience = SOLVERS[cell.solver].patience
    budget = Budget(tolerance, centre, reach, np.int32(cell.max_steps or 0), np.int32(patience))
    data = jax.tree.map(lambda leaf: _in_dtype(np.asarray(leaf), cell.dtype), problem.data)
    return Inputs(starts, np.ones(layout.capacity, cell.dtype), layout.wanted(cell.batch), budget, data)


def _in_dtype(leaf: np.ndarray, dtype: str) -> np.ndarray:
    return leaf.astype(dtype) if np.issubdtype(leaf.dtype, np.floating) else leaf


def _refuse_what_cannot_fit(needed: int) -> None:
    if (free := free_bytes()) is not None and needed > free:
        raise Unsupported(
            f"needs {needed / 2**30:.1f} GiB of memory, {free / 2**30:.1f} GiB are free; use a smaller batch"
        )


def _refuse_what_takes_too_long(call: clock.Call, inputs: Inputs, cell: Cell, waves: int) -> None:
    """Of a large problem a single step is timed first: a lane that needs a few of them tells how long a call takes."""
    if inputs.starts.shape[0] < _LARGE or cell.max_steps is None:
        return
    one_step = inputs._replace(
        wanted=np.minimum(inputs.wanted, 1), budget=inputs.budget._replace(max_steps=np.int32(1))
    )
    clock.timed(call, one_step)
    step_s = clock.timed(call, one_step)[1]
    fewest = min(cell.max_steps, _FEWEST_STEPS)
    if (needed := step_s * fewest * waves * 2) > cell.timeout_s:
        raise Unsupported(
            f"a step takes {step_s:.2g} s, so two calls of {waves} x {fewest} steps take {needed:.0f} s or more; "
            f"the deadline is {cell.timeout_s:g} s"
        )


_LARGE = 1000
_FEWEST_STEPS = 5
"""No iteration on a large problem is expected to end before."""


def _landed(solution: Solution, cell: Cell, layout: Layout) -> Solution:
    """The cell's lanes in their order; an exact solver has none, its points are returned as they are."""
    host = jax.tree.map(np.asarray, solution)
    if SOLVERS[cell.solver].method is None:
        return host
    return jax.tree.map(lambda leaf: leaf[..., layout.places(cell.batch)], host)


def _statistics(samples: list[float], batch: int) -> dict[str, Any]:
    low, median, high = np.percentile(samples, [25, 50, 75])
    return {
        "time_min_s": min(samples),
        "time_median_s": float(median),
        "time_iqr_s": float(high - low),
        "n_rounds": len(samples),
        "solves_per_s": batch / float(median),
    }
