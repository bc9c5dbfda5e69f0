"""How many steps of every start fit into a cell's seconds, and the cell with so many.

A compiled program cannot be stopped by a clock; its step limit, though, is an input of it. So pilot calls, none of them
timed for the row, turn the seconds into a step limit, which the row names: whoever has the row can repeat it anywhere.
"""

from collections.abc import Sequence
from dataclasses import replace

import jax
import numpy as np

from bench.measuring import clock
from bench.measuring.program import Program
from bench.plan.cell import Cell
from solvers import CannotSolve, Solution, Status

_ROOM = 0.95
"""Part of the seconds that is planned with: calls differ by some per cent."""


def within(cell: Cell, program: Program, rate: float) -> tuple[Cell, Program]:
    """Cell and program with the step limit that the seconds allow; as they are without seconds, or without steps.

    Args:
        cell: with its step limit, which is never raised.
        program: compiled for it.
        rate: the step size of the starts.

    Raises:
        CannotSolve: not even one step of every start is made in time.
    """
    if cell.budget_s is None or not program.solver.iterative:
        return cell, program
    limit = _affordable(cell, program, rate, _ROOM * cell.budget_s)
    budget = program.host.budget._replace(max_steps=np.int32(limit))
    return replace(cell, max_steps=limit), replace(program, host=program.host._replace(budget=budget))


def refuse_too_late(cell: Cell, program: Program, calls_s: Sequence[float]) -> None:
    """Refuses what cannot be stopped on its way and takes longer than the seconds, by the median of its calls.

    Raises:
        CannotSolve: it did.
    """
    call_s = float(np.median(calls_s))
    if cell.budget_s is not None and not program.solver.iterative and call_s > cell.budget_s:
        raise CannotSolve(f"a call takes {call_s:.3g} s and has no step limit of ours; it had {cell.budget_s:g} s")


def stopped_by_seconds(asked: Cell, cell: Cell, ended: Solution) -> str | None:
    """What is to be said of lanes that the seconds have stopped."""
    if asked.max_steps == cell.max_steps or ended.status is None or not np.any(ended.status == Status.MAX_STEPS):
        return None
    return f"The step limit is what {asked.budget_s:g} s allow, {cell.max_steps} of {asked.max_steps}."


def _affordable(cell: Cell, program: Program, rate: float, seconds: float) -> int:
    """The largest step limit with which a call of all starts takes so many seconds.

    Calls of 1, 2, 4 ... steps show it: a further step costs at most what the last ones did, since lanes only stop.
    """
    most, before, limit = cell.max_steps or 1, 0, 1
    before_s, (took_s, runs) = 0.0, _pilot(program, rate, 1, seconds)
    if took_s > seconds:
        raise CannotSolve(f"a step of {cell.batch} starts takes {took_s:.2g} s; it had {cell.budget_s:g} s")
    while runs and limit < most:
        step_s = max(took_s - before_s, 0.0) / (limit - before)
        further = min(2 * limit, most)
        if took_s + step_s * (further - limit) > seconds:
            return limit + int((seconds - took_s) / step_s)
        before, before_s, limit = limit, took_s, further
        took_s, runs = _pilot(program, rate, limit, seconds)
        if took_s > seconds:
            return before + int((seconds - before_s) / (took_s - before_s) * (limit - before))
    return most


def _pilot(program: Program, rate: float, limit: int, most_s: float) -> tuple[float, bool]:
    """Seconds of a call with so many steps, the least of some, and whether any lane would have gone on.

    The first call of a program also warms up, and any may be held up by another process: short ones are repeated, and
    a long one is believed if a second is as long.
    """
    inputs = program.inputs(rate)
    inputs = program.put(inputs._replace(budget=inputs.budget._replace(max_steps=np.int32(limit))))
    ended, took_s = clock.timed(program.call, inputs)
    calls, spent_s = 1, took_s
    while calls < 2 or (calls < _REPEATS and spent_s < most_s):
        again_s = clock.timed(program.call, inputs)[1]
        calls, spent_s, took_s = calls + 1, spent_s + again_s, min(took_s, again_s)
    lanes = program.lanes(jax.tree.map(np.asarray, ended))
    return took_s, bool(np.any(lanes.status == Status.MAX_STEPS))


_REPEATS = 5
"""Calls of a pilot, at most."""
