"""Loss, and accuracy on examples held out, on the way to a loss fixed beforehand: from one start after another.

The timed program is called from the same start with 1, 2, 4 ... steps. So every row is a whole run of so many steps
with seconds of its own, nothing is watched from inside, and what judges is no part of any clock. Where a call is the
first to reach the aim, three more part the steps between it and the one before: an arrival is noted at most a tenth
late, unless f is below the aim for a while only.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from bench.measuring import clock
from bench.measuring.aims.reach import from_lanes, goal_of, seconds_a_step, there, tuned_within
from bench.measuring.figures import counted_stops, evaluations, finite_or_none, options, spent_work
from bench.measuring.honesty import FalseTruth
from bench.measuring.program import Program
from bench.measuring.referee import Referee
from bench.plan.cell import Cell
from problems import Problem
from solvers import CannotSolve, Solution

_PARTED = 3
"""Calls between the last that missed the aim and the first that reached it."""
_WORTH = 1.2
"""Times as many steps as before for which a last call is worth it."""
_REPEATED, _SHORT = 5, 0.02
"""A call is made up to so many times, and its median counts, while all of them take less than this of the budget."""
_OF_GRADIENT = 1 / 3
"""What f alone costs, in gradients: reverse mode takes f and its gradient in three to four times the time of f
(Griewank & Walther 2008, section 4.4)."""


class Seen(NamedTuple):
    """A call from one start."""

    ended: Solution
    """Its one lane."""
    seconds: float
    f: float
    there: bool
    """Is it as low as the aim?"""

    @property
    def steps(self) -> int:
        """That were made: fewer than were allowed where the lane has stopped."""
        return int(self.ended.steps[0])


class Learned(NamedTuple):
    """What came of all starts."""

    figures: dict[str, Any]
    seconds: float
    rows: list[dict[str, Any]]
    """Of learning.csv."""


_FromStart = Callable[[int], Seen]
"""So many steps from a start."""


def learn(cell: Cell, program: Program, judge: Referee) -> Learned:
    """Follows every start of the cell alone; `program` is compiled for one.

    Raises:
        CannotSolve: it makes no steps that could be followed, or not even one in time.
    """
    if not program.solver.iterative:
        raise CannotSolve("makes no steps of ours that could be followed")
    problem, budget_s, most = judge.problem, cell.budget_s or 0.0, cell.max_steps or 1
    goal, step_s = _goal(problem), seconds_a_step(cell, program)
    tuned = tuned_within(cell, program, judge, step_s)
    ways = [_way(_run(cell, program, judge, tuned.rate, start, goal), budget_s, most) for start in range(cell.batch)]
    rows = [
        {"start": start, **_row(program, problem, seen)}
        for start, way in enumerate(ways)
        for seen in sorted(way, key=lambda seen: seen.steps)
    ]
    ends = [_end(way, budget_s) for way in ways]
    return Learned(_figures(cell, program, ends, goal, tuned), sum(end.seconds for end in ends), rows)


def _goal(problem: Problem) -> float:
    """The loss to come to; none that can be come to where nobody has fixed one."""
    try:
        return goal_of(problem)
    except CannotSolve:
        return -np.inf


def _run(cell: Cell, program: Program, judge: Referee, rate: float, start: int, goal: float) -> _FromStart:
    def run(steps: int) -> Seen:
        inputs = from_lanes(cell, program, rate, range(start, start + 1), steps)
        seconds: list[float] = []
        while not seconds or (len(seconds) < _REPEATED and sum(seconds) < _SHORT * (cell.budget_s or 0.0)):
            ended, took_s = clock.timed(program.call, program.put(inputs))
            seconds.append(took_s)
        ended = program.lanes(jax.tree.map(np.asarray, ended), 1)
        f = judge.slopes(np.asarray(ended.x, np.float64).T)[0]
        return Seen(ended, float(np.median(seconds)), float(f[0]), bool(there(judge, goal, ended.x, cell.dtype)[0]))

    return run


def _way(run: _FromStart, budget_s: float, most: int) -> list[Seen]:
    """The calls from one start, in the order in which they were made; at most `most` steps each."""
    way = list(_doubled(run, budget_s, most))
    if not way[-1].there or len(way) < 2:
        return way
    missed, got = way[-2:]
    for _ in range(_PARTED):
        middle = round(np.sqrt(max(1, missed.steps) * got.steps))
        if not missed.steps < middle < got.steps:
            break
        way.append(run(middle))
        missed, got = (missed, way[-1]) if way[-1].there else (way[-1], got)
    return way


def _doubled(run: _FromStart, budget_s: float, most: int) -> Iterator[Seen]:
    """Twice as many steps each time, until the aim is reached, the lane has stopped, or the seconds are used."""
    seen, allowed, more = run(0), 0, 1
    yield seen
    while not seen.there and seen.steps == allowed and more >= _WORTH * allowed:
        allowed = more
        seen = run(allowed)
        yield seen
        more = min(2 * allowed, int(allowed * budget_s / seen.seconds), most)


def _end(way: list[Seen], budget_s: float) -> Seen:
    """The soonest that has reached the aim, else the longest; what comes after the budget has not arrived."""
    got = [seen for seen in way if seen.there and seen.seconds <= budget_s]
    return min(got, key=lambda seen: seen.seconds) if got else max(way, key=lambda seen: seen.steps)


def _row(program: Program, problem: Problem, seen: Seen) -> dict[str, Any]:
    return {
        "step": seen.steps,
        "time_s": seen.seconds,
        "n_gradients": _full_gradients(program, problem, seen.ended),
        "f": finite_or_none(seen.f),
        "accuracy": _accuracy(problem, seen.ended.x[:, 0]),
    }


def _full_gradients(program: Program, problem: Problem, ended: Solution) -> float:
    """The work in gradients of f on all data: a product with the Hessian counts as one, a Hessian as n products."""
    of = evaluations(program.solver, problem, ended)
    alone = max(0.0, of["f"] - of["g"])
    return of["g"] + of["hvp"] + problem.dim * of["h"] + _OF_GRADIENT * alone


def _accuracy(problem: Problem, x: Float[np.ndarray, " n"]) -> float | None:
    if problem.held_out is None:
        return None
    share = float(_judge_of_examples(problem)(jnp.asarray(x, jnp.float64)))
    if not 0 <= share <= 1:
        raise FalseTruth(
            f"{problem.name} gives an accuracy of {share:g} on the examples held out; it is a share, 0 to 1"
        )
    return share


@lru_cache(maxsize=8)
def _judge_of_examples(problem: Problem) -> Callable[[Array], Array]:
    held: Any = problem.held_out
    examples = jax.tree.map(jnp.asarray, held.load())
    return jax.jit(lambda x: held.accuracy(x, examples))


def _figures(cell: Cell, program: Program, ends: list[Seen], goal: float, tuned: Any) -> dict[str, Any]:
    ended = jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=-1), *(end.ended for end in ends))
    total_s, budget_s = sum(end.seconds for end in ends), cell.budget_s or 0.0
    arrived = [end.there and end.seconds <= budget_s for end in ends]
    arrivals = [end.seconds if got else np.inf for end, got in zip(ends, arrived, strict=True)]
    half_s = np.quantile(arrivals, 0.5, method="inverted_cdf")
    reached_s = finite_or_none(half_s + (tuned.tune_s or 0.0))
    accuracies: Any = [_accuracy(program.problem, end.ended.x[:, 0]) for end in ends]
    lowest = finite_or_none(min((end.f for end in ends if np.isfinite(end.f)), default=np.nan))
    return {
        "solver_options": options(program.solver, tuned.rate),
        "remark": _told(arrived, budget_s, goal),
        "f_target": finite_or_none(goal),
        "frac_target": float(np.mean(arrived)) if np.isfinite(goal) else None,
        "reached_s": reached_s,
        "accuracy_median": None if program.problem.held_out is None else float(np.median(accuracies)),
        "f_best": lowest,
        "first_call_s": ends[0].seconds,
        "time_min_s": total_s,
        "time_median_s": total_s,
        "time_iqr_s": 0.0,
        "n_rounds": 1,
        "starts_per_s": cell.batch / total_s,
        "tune_s": tuned.tune_s,
        **program.compiled.times(),
        **counted_stops(ended),
        **spent_work(program.solver, program.problem, ended),
    }


def _told(arrived: list[bool], budget_s: float, goal: float) -> str | None:
    missed = arrived.count(False)
    if not missed or not np.isfinite(goal):
        return None
    return f"{missed} of {len(arrived)} starts did not come to f = {goal:g} in {budget_s:g} s."
