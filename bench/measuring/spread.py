"""One problem over all devices of all processes: each draws and runs its own lanes, and only summaries are gathered.

Lanes are independent, so nothing is exchanged while they run. The clock is the slowest process's sum of calls, drawing
and judging apart; the referee judges every lane, each process its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.experimental import multihost_utils

from bench.measuring import clock
from bench.measuring.figures import options, outcome
from bench.measuring.program import Program, prepare
from bench.measuring.referee import Referee, referee
from bench.measuring.remarks import of_problem
from bench.measuring.starts import draw
from bench.plan.cell import Cell
from problems import get
from results.columns import Use, used
from results.schema import COLUMNS
from solvers import CannotSolve, Inputs, Solution, Solver, find

CHUNK = 2**16
"""Lanes of a device in one call: what is in memory at once does not grow with the batch."""
_SUMS, _SHARES = used(COLUMNS, Use.SUM), used(COLUMNS, Use.MEAN)
_MOST, _LEAST = used(COLUMNS, Use.MAX), used(COLUMNS, Use.MIN)
_ALL = (*_SUMS, *_SHARES, *_MOST, *_LEAST)


class Part(NamedTuple):
    """What a process did with its lanes."""

    seconds: float
    figures: np.ndarray
    """In the order of `_ALL`; shares times lanes, NaN where a figure could not be had."""


def spread(cell: Cell, compiled: Callable[[], None]) -> dict[str, Any]:
    """The figures of `cell`, the same in every process."""
    solver, judge = find(cell.solver), referee(get(cell.problem))
    devices, processes = jax.local_device_count(), jax.process_count()
    if cell.batch < processes:
        raise CannotSolve(
            f"a batch of {cell.batch} cannot be shared out to {processes} processes; give --batch {processes} or more"
        )
    lanes = min(CHUNK, -(-cell.batch // jax.device_count()))
    one = prepare(replace(cell, batch=lanes), solver, judge, devices=1)
    mine = prepare(replace(cell, batch=lanes * devices), solver, judge, devices=devices)
    compiled()
    alone = _alone(one, cell) if jax.process_index() == 0 else 0.0
    multihost_utils.sync_global_devices("one device has been timed")
    part = _run(mine, cell, judge, solver, range(*_share(cell.batch, jax.process_index(), processes)))
    gathered = np.atleast_2d(multihost_utils.process_allgather(np.array([part.seconds, alone, *part.figures])))
    seconds, alone = gathered[:, 0].max(), gathered[0, 1]
    rate = cell.batch / seconds
    return (
        _merged(gathered[:, 2:], cell.batch)
        | mine.compiled.times()
        | dict.fromkeys(("time_min_s", "time_median_s"), seconds)
        | {
            "solver_options": options(solver, solver.default_rate),
            "remark": of_problem(judge),
            "n_rounds": 1,
            "time_iqr_s": 0.0,
            "starts_per_s": rate,
            "device_count": jax.device_count(),
            "process_count": processes,
            "parallel_efficiency": rate * alone / (lanes * jax.device_count()),
            "gtol_effective": float(judge.tolerance(cell.gtol, cell.dtype).max()),
        }
    )


def _share(batch: int, part: int, of: int) -> tuple[int, int]:
    return part * batch // of, (part + 1) * batch // of


def _alone(program: Program, cell: Cell) -> float:
    """Seconds that one device takes for its lanes of a call while all others are idle; the second call counts."""
    inputs = program.inputs(program.solver.default_rate)
    return min(clock.timed(program.call, inputs)[1] for _ in range(2))


def _run(program: Program, cell: Cell, judge: Referee, solver: Solver, lanes: range) -> Part:
    """Call after call, each judged before the next is drawn: the memory in use does not grow with the batch."""
    host = jax.tree.map(np.asarray, program.inputs(solver.default_rate))
    clock.timed(program.call, program.put(host))  # warm
    seconds, judged = 0.0, []
    for chunk in _chunks(cell.batch, lanes, program.lanes_run):
        placed = jax.block_until_ready(program.put(_inputs(program, host, cell, chunk)))
        multihost_utils.sync_global_devices("all begin")  # none draws or judges while another is timed
        solution, took = clock.timed(program.call, placed)
        multihost_utils.sync_global_devices("all have ended")
        seconds += took
        judged.append(_summary(solver, judge, program.lanes(jax.tree.map(np.asarray, solution), len(chunk)), cell))
    return Part(seconds, _joined(judged))


def _chunks(batch: int, lanes: range, room: int) -> list[range]:
    """The lanes of each call, none empty; as many calls in every process, since all wait for each other."""
    most = -(-batch // jax.process_count())
    calls = -(-most // room)
    parts = [_share(len(lanes), call, calls) for call in range(calls)]
    return [lanes[first:end] for first, end in parts]


def _inputs(program: Program, host: Inputs, cell: Cell, chunk: range) -> Inputs:
    starts, layout = np.zeros_like(host.starts), program.layout
    starts[:, layout.places(len(chunk))] = draw(get(cell.problem), len(chunk), cell.seed, first=chunk.start)
    return host._replace(starts=starts, wanted=layout.wanted(len(chunk)))


def _summary(solver: Solver, judge: Referee, end: Solution, cell: Cell) -> np.ndarray:
    figures = outcome(solver, judge.problem, end, judge, cell, solver.default_rate)
    values = np.array([np.nan if figures.get(name) is None else figures[name] for name in _ALL], float)
    values[len(_SUMS) : len(_SUMS) + len(_SHARES)] *= end.x.shape[1]
    return values


def _joined(parts: Iterable[np.ndarray]) -> np.ndarray:
    """Sums, largest and smallest over the parts, each [len(_ALL)].

    NaN, unknown in one, is unknown in all; but a part without a finite f does not hide what the others found.
    """
    table = np.array(list(parts)).reshape(-1, len(_ALL))
    added = len(_SUMS) + len(_SHARES)
    most = added + len(_MOST)
    return np.concatenate([table[:, :added].sum(0), table[:, added:most].max(0), np.fmin.reduce(table[:, most:])])


def _merged(parts: np.ndarray, batch: int) -> dict[str, Any]:
    figures = dict(zip(_ALL, _joined(parts).tolist(), strict=True))
    figures |= {name: figures[name] / batch for name in _SHARES}
    known = {name: value for name, value in figures.items() if np.isfinite(value)}
    return {name: int(value) if name in (*_SUMS, "steps_max") else value for name, value in known.items()}
