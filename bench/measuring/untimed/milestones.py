"""How soon the lanes had what they were after: the timed program again, with fewer steps, untimed.

The step limit is an input of the program, so that a call with a smaller one ends where the timed lanes were after so
many steps, to the last bit, and nothing is compiled again. f is the referee's, in float64.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float, Int

from bench.measuring.honesty import aim_of
from bench.measuring.program import Program
from bench.measuring.referee import PointKind, Referee, Verdict, in_box
from problems import Problem, Truth
from results.schema import ACCURACIES, GOALS, TARGET_ARRIVALS, arrivals_of
from solvers import Solution

PER_OCTAVE = 4
"""So many step limits between one and its double, from the eighth step on: an arrival is noted at most 19 % late."""
_ROUNDED = 1e-12
"""The value of f at an end is 0 where it is a smaller part of that at the start: then a difference counts as it is."""


class Milestones(NamedTuple):
    """Where the lanes were after so many steps, float64 NumPy arrays; a lane that has stopped is where it stopped."""

    steps: Int[np.ndarray, " limits"]
    f: Float[np.ndarray, "limits lanes"]
    inside: Bool[np.ndarray, "limits lanes"]
    """Was it in the closed box, to rounding?"""


def milestones(program: Program, judge: Referee, dtype: str, rate: float, most: int) -> Milestones:
    """Runs the cell's lanes to step 0, 1, 2 ... up to `most`, the number of steps of the longest lane."""
    inputs, limits = program.inputs(rate), [limit for limit in step_limits(most) if limit < most]
    f, inside = [], []
    for limit in limits:
        budget = inputs.budget._replace(max_steps=np.int32(limit))
        solution = jax.tree.map(np.asarray, program.call(program.put(inputs._replace(budget=budget))))
        x = np.asarray(program.lanes(solution).x.T, np.float64)
        f.append(judge.slopes(x)[0])
        inside.append(in_box(judge.problem, x, dtype, np.zeros(x.shape)))
    empty = np.zeros((0, program.lanes_run))
    return Milestones(np.array(limits, int), np.array(f) if f else empty, np.array(inside) if f else empty.astype(bool))


def step_limits(most: int) -> Iterator[int]:
    """0 to 8, then four an octave, up to `most`."""
    limit, power = 0, 0
    while limit <= most:
        yield limit
        power += limit >= 2 * PER_OCTAVE
        limit = limit + 1 if limit < 2 * PER_OCTAVE else round(2 * PER_OCTAVE * 2 ** (power / PER_OCTAVE))


def arrivals(
    problem: Problem, solution: Solution, verdict: Verdict, way: Milestones | None, points: bool = False
) -> dict[str, Any]:
    """How many lanes came to each goal, to each accuracy, and what part of all steps they had made by then.

    A test of f and its gradient comes before each step and at the end: a lane of k steps has done k + 1 parts of work.
    Without milestones the whole way counts. Of `points`, to which nobody stepped, no work is told.
    """
    truth, (f, inside, parts) = problem.truth, _whole(solution, verdict, way)
    figures: dict[str, Any] = {}
    for digits in ACCURACIES:
        for goal, at in zip(GOALS, _first(f, inside, verdict, truth, 10.0**-digits), strict=True):
            known = goal != "global" or truth.minimum is not None
            count, work = arrivals_of(goal, digits)
            figures[count] = int((at >= 0).sum()) if known else None
            figures[work] = _part(parts, at) if known and not points else None
    return figures


def reached_aim(
    problem: Problem,
    solution: Solution,
    verdict: Verdict,
    way: Milestones | None,
    accuracy: float | None,
    points: bool = False,
) -> dict[str, Any]:
    """How many lanes came to the value of f that the run aims at, and what part of the work that took.

    Nothing without an `accuracy`, or where nobody knows a value to aim at. The rest is as of `arrivals`.
    """
    if accuracy is None or (aim := aim_of(problem, accuracy)) is None:
        return {}
    f, inside, parts = _whole(solution, verdict, way)
    there = (f <= aim) & (inside | (problem.truth.minimum is None))
    at = np.where(there.any(axis=0), there.argmax(axis=0), -1)
    count, work = TARGET_ARRIVALS
    told = {"f_target": aim, "frac_target": float(np.mean(there[-1])) if at.size else 0.0}
    return told | {count: int((at >= 0).sum()), work: None if points else _part(parts, at)}


def _whole(solution: Solution, verdict: Verdict, way: Milestones | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """f at the limits and the end [limits + 1, lanes]; was it in the box; and the work of every lane until there."""
    lanes = len(verdict.f)
    way = way or Milestones(np.zeros(0, int), np.zeros((0, lanes)), np.zeros((0, lanes), bool))
    steps = np.zeros(lanes, int) if solution.steps is None else np.asarray(solution.steps)
    parts = np.vstack([np.minimum(way.steps[:, None], steps), steps]) + 1.0
    return np.vstack([way.f, verdict.f]), np.vstack([way.inside, verdict.inside]), parts


def _part(parts: np.ndarray, at: np.ndarray) -> float:
    """Work until the limit of the number `at`, until its end of a lane that never arrived, over all work."""
    spent = np.where(at >= 0, parts[np.maximum(at, 0), np.arange(at.size)], parts[-1])
    return float(spent.sum() / parts[-1].sum())


def _first(
    f: np.ndarray, inside: np.ndarray, verdict: Verdict, truth: Truth, relative: float
) -> Iterator[Int[np.ndarray, " lanes"]]:
    """For each goal the number of the limit at which a lane had it; -1 for never. Who has one has those that follow."""
    never, found = len(f), np.full(f.shape[1], len(f))
    if truth.minimum is not None:
        close = inside & (np.abs(f - truth.minimum) <= relative * (abs(truth.minimum) or 1.0))
        found = np.where(close.any(axis=0), close.argmax(axis=0), never)
    yield np.where(found < never, found, -1)
    with np.errstate(invalid="ignore"):  # f may have been infinite: that is away
        away = ~(np.abs(f - verdict.f) <= relative * _size(f, verdict, truth))
    # For good: a way may pass the height of a saddle far from it.
    stays = np.where(away.any(axis=0), never - away[::-1].argmax(axis=0), 0)
    for ends in (verdict.kind == PointKind.MINIMUM, verdict.stationary):
        found = np.minimum(found, np.where(ends, stays, never))
        yield np.where(found < never, found, -1)


def _size(f: np.ndarray, verdict: Verdict, truth: Truth) -> Float[np.ndarray, " lanes"]:
    """What f is to be relative to: its size at the end, f* where that is the global minimum, 1 where that is 0."""
    end = np.abs(verdict.f)
    size = np.where(end > _ROUNDED * np.abs(f[0]), end, 1.0)
    if truth.minimum is None:
        return size
    whole = abs(truth.minimum) or 1.0
    return np.where(np.abs(verdict.gap) <= 1e-6 * whole, whole, size)
