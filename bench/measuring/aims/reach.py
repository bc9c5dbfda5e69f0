"""Does a way reach the lowest value of f within so many seconds? Start after start until it has, or they are over.

The aim is a value of f, judged in float64 after the clock has stopped: kinds of ends ask for a Hessian, which nobody
can have at 20 000 variables. Compiling is timed apart, tuning is charged, drawing and judging are not.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float

from bench.measuring import clock
from bench.measuring.figures import counted_stops, finite_or_none, options, spent_work
from bench.measuring.honesty import aim_of, refuse_lower_than_proved
from bench.measuring.program import Program, grid_lanes
from bench.measuring.referee import Referee, in_box
from bench.measuring.starts import draw
from bench.measuring.tuning import Tuned, tune
from bench.plan.cell import Cell
from problems import Problem
from solvers import CannotSolve, Inputs, Solution

_TUNED_FOR = 0.25
"""Part of the budget that the grid of step sizes may take."""
_PILOT_STEPS = 16
_FEWEST_STEPS = 20
"""Of a start, so that tuning tells anything."""


class Hunt(NamedTuple):
    """What came of a budget."""

    ended: Solution
    """All lanes, in the order of their starts."""
    reached: Bool[np.ndarray, " lanes"]
    seconds: float
    first_s: float
    rate: float
    tune_s: float | None

    @property
    def reached_s(self) -> float | None:
        """Seconds until a lane had reached the aim, the tuning charged."""
        return self.seconds + (self.tune_s or 0.0) if self.reached.any() else None


def within_budget(cell: Cell, program: Program, judge: Referee) -> tuple[dict[str, Any], float]:
    """The columns of a cell with a budget, and the seconds that its calls took.

    Raises:
        CannotSolve: there is nothing to aim at, or not even one step can be made in time.
    """
    goal = goal_of(judge.problem, cell.target)
    way = _from_starts if program.solver.iterative else _one_call
    hunt = way(cell, program, judge, goal)
    lanes = hunt.ended.x.shape[1]
    f = judge.slopes(np.asarray(hunt.ended.x, np.float64).T)[0] if lanes else np.zeros(0)
    lowest, minimum = finite_or_none(np.min(f, initial=np.inf, where=np.isfinite(f))), judge.problem.truth.minimum
    # What comes too late has not arrived.
    reached_s = hunt.reached_s if (hunt.reached_s or 0.0) <= (cell.budget_s or 0.0) else None
    starts = 1 if program.solver.returns_points else lanes
    return {
        "solver_options": options(program.solver, hunt.rate),
        "solver_detail": getattr(program.call, "detail", None),
        "remark": None if reached_s is not None else _told(cell, program, hunt, lowest, goal),
        "batch": starts,
        "f_target": goal,
        "frac_target": float(np.mean(hunt.reached)) if lanes else 0.0,
        "reached_s": reached_s,
        "f_best": lowest,
        "f_gap_min": None if lowest is None or minimum is None else lowest - minimum,
        "first_call_s": hunt.first_s,
        "time_min_s": hunt.seconds,
        "time_median_s": hunt.seconds,
        "time_iqr_s": 0.0,
        "n_rounds": 1,
        "starts_per_s": starts / hunt.seconds,
        "tune_s": hunt.tune_s,
        **program.compiled.times(),
        **({} if program.solver.returns_points else counted_stops(hunt.ended)),
        **(spent_work(program.solver, judge.problem, hunt.ended) if lanes else {}),
    }, hunt.seconds


def goal_of(problem: Problem, accuracy: float | None = None) -> float:
    """The value of f that is to be reached.

    Raises:
        CannotSolve: nobody knows one.
    """
    if (goal := aim_of(problem, accuracy)) is None:
        raise CannotSolve("neither its minimum nor a target value of f is known")
    return goal


def there(judge: Referee, goal: float, x: Float[np.ndarray, "n lanes"], dtype: str) -> Bool[np.ndarray, " lanes"]:
    """Which ends are as low as the aim; where that is the minimum over the box, in the box.

    Raises:
        FalseTruth: one lies lower than is proved to be possible.
    """
    problem, x = judge.problem, np.asarray(x, np.float64).T
    f = judge.slopes(x)[0]
    refuse_lower_than_proved(problem, x, f)
    inside = problem.truth.minimum is None or in_box(problem, x, dtype, np.zeros(x.shape))
    return (f <= goal) & inside


def _told(cell: Cell, program: Program, hunt: Hunt, lowest: float | None, goal: float) -> str:
    lanes, late = hunt.ended.x.shape[1], hunt.reached_s
    if late is not None:
        return f"Reached it after {late:.3g} s; it had {cell.budget_s:g} s."
    what = "points" if program.solver.returns_points else "starts"
    above = "no finite f" if lowest is None else f"the lowest f is {lowest - goal:.3g} above the aim"
    return f"Did not reach it in {cell.budget_s:g} s: {lanes} {what}, {above}."


def _one_call(cell: Cell, program: Program, judge: Referee, goal: float) -> Hunt:
    """Of what has no lanes of ours: an exact solver, or another library's."""
    inputs = program.inputs(program.solver.default_rate)
    ended, seconds = clock.timed(program.call, inputs)
    ended = jax.tree.map(np.asarray, ended)
    ended = ended if program.solver.returns_points else program.lanes(ended)
    reached = there(judge, goal, ended.x, cell.dtype) if ended.x.size else np.zeros(0, bool)
    return Hunt(ended, reached, seconds, seconds, program.solver.default_rate, None)


def _from_starts(cell: Cell, program: Program, judge: Referee, goal: float) -> Hunt:
    """One start, then two, four ... up to the batch of the cell, again and again, until one gets there."""
    step_s = seconds_a_step(cell, program)
    tuned = tuned_within(cell, program, judge, step_s)
    parts: list[tuple[Solution, float]] = []
    reached: list[np.ndarray] = []
    for part in _calls(cell, program, tuned.rate, step_s, (cell.budget_s or 0.0) - (tuned.tune_s or 0.0)):
        parts.append(part)
        reached.append(there(judge, goal, part[0].x, cell.dtype))
        if reached[-1].any():
            break
    ended = jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=-1), *(solution for solution, _ in parts))
    seconds = [seconds for _, seconds in parts]
    return Hunt(ended, np.concatenate(reached), sum(seconds), seconds[0], tuned.rate, tuned.tune_s)


def tuned_within(cell: Cell, program: Program, judge: Referee, step_s: float) -> Tuned:
    """The step size, by the grid in a part of the cell's budget, where a step takes `step_s`."""
    solver = program.solver
    if len(solver.rates) < 2 or not cell.tune:
        return Tuned(solver.default_rate, None)
    affordable = int(_TUNED_FOR * (cell.budget_s or 0.0) / (step_s * grid_lanes(solver, judge.problem.dim)))
    steps = max(4 * _FEWEST_STEPS, min(4 * affordable, cell.max_steps or 0))  # it runs a quarter of them
    return tune(replace(cell, max_steps=steps), solver, program, judge)


def _calls(cell: Cell, program: Program, rate: float, step_s: float, left_s: float) -> Iterator[tuple[Solution, float]]:
    """The ends of each call, and its seconds: at least one, and none without time for half the steps of the last."""
    first, lanes, needed = 0, 1, 0
    while (steps := int(np.clip(left_s / step_s, 0, cell.max_steps or 1))) >= needed or first == 0:
        steps = max(1, steps)
        inputs = from_lanes(cell, program, rate, range(first, first + lanes), steps)
        ended, seconds = clock.timed(program.call, program.put(inputs))
        ended = program.lanes(jax.tree.map(np.asarray, ended), lanes)
        yield ended, seconds
        first, left_s = first + lanes, left_s - seconds
        more = min(2 * lanes, program.lanes_run)
        # Of twice as many lanes a step may take twice as long, where the call was more than its start.
        made = max(1, int(ended.steps.max()))
        step_s, lanes, needed = max(seconds / made, 1e-9) * more / lanes, more, max(_FEWEST_STEPS, made // 2)


def from_lanes(cell: Cell, program: Program, rate: float, lanes: range, steps: int) -> Inputs:
    """The inputs of so many steps from those starts of the cell."""
    host, layout = program.host, program.layout
    starts = np.zeros_like(host.starts)
    starts[:, layout.places(len(lanes))] = draw(program.problem, len(lanes), cell.seed, first=lanes.start)
    budget = host.budget._replace(max_steps=np.int32(steps))
    rates = np.full_like(host.rates, rate)
    return host._replace(starts=starts, rates=rates, wanted=layout.wanted(len(lanes)), budget=budget)


def seconds_a_step(cell: Cell, program: Program) -> float:
    """Of one lane, from calls that are not charged.

    Raises:
        CannotSolve: one step takes longer than the budget.
    """
    one = _pilot(cell, program, 1)
    if one > (cell.budget_s or 0.0):
        one = _pilot(cell, program, 1)  # the first call of a program also warms up
        if one > (cell.budget_s or 0.0):
            raise CannotSolve(f"a step takes {one:.2g} s and {_memory(program)}; it had {cell.budget_s:g} s")
    if one > 0.05 * (cell.budget_s or 0.0):
        return one
    return max(_pilot(cell, program, _PILOT_STEPS) - _pilot(cell, program, 1), 1e-7 * _PILOT_STEPS) / _PILOT_STEPS


def _memory(program: Program) -> str:
    return f"{program.compiled.device_bytes * program.layout.devices / 2**30:.2g} GiB of memory"


def _pilot(cell: Cell, program: Program, steps: int) -> float:
    inputs = from_lanes(cell, program, program.solver.default_rate, range(1), steps)
    return clock.timed(program.call, program.put(inputs))[1]
