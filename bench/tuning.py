"""The step size is part of a descent: chosen per problem from a fixed grid, on starts of its own."""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from bench.clock import Call, timed
from bench.referee import Referee
from bench.starts import TUNING, draw
from solvers import Inputs, Layout, Solution, Solver, Status, place


class Tuned(NamedTuple):
    """The chosen step size and what choosing it took."""

    rate: float
    tune_s: float


def lanes_for_tuning(solver: Solver, n: int) -> int:
    """Lanes of the tuning run: the whole grid times 1 to 8 starts, fewer where a start is dear."""
    return len(solver.rates) * int(np.clip(256 // n, 1, 8))


def tune(solver: Solver, call: Call, inputs: Inputs, layout: Layout, judge: Referee, seed: int) -> Tuned:
    """Runs the grid as one batch for a quarter of the step limit and picks the best step size.

    Best: the lowest median f at the end (a rate that leaps to a plateau has not descended); among rates that are level
    there, the one with most lanes converged, then with fewest steps.
    `inputs` are those of the cell: the compiled program is used as it is, only the queue's contents change.
    """
    starts = draw(judge.problem, lanes_for_tuning(solver, judge.problem.dim) // len(solver.rates), seed, TUNING)
    trial = place(_trial(solver, inputs, layout, starts), layout.devices)
    solution, tune_s = timed(call, trial)
    lanes = layout.places(len(solver.rates) * starts.shape[1])
    ended = jax.tree.map(lambda leaf: np.asarray(leaf)[..., lanes], solution)
    return Tuned(solver.rates[_best(solver, ended, judge, starts)], tune_s)


def _trial(solver: Solver, inputs: Inputs, layout: Layout, starts: Float[np.ndarray, "n s"]) -> Inputs:
    """The whole grid as one batch: every start with every step size."""
    lanes = len(solver.rates) * starts.shape[1]
    queue, rates = np.zeros_like(inputs.starts), np.ones_like(inputs.rates)
    queue[:, layout.places(lanes)] = np.tile(starts, len(solver.rates))
    rates[layout.places(lanes)] = np.repeat(solver.rates, starts.shape[1])
    fewer = inputs.budget._replace(max_steps=np.int32(max(20, int(inputs.budget.max_steps) // 4)))
    return inputs._replace(starts=queue, rates=rates, wanted=layout.wanted(lanes), budget=fewer)


def _best(solver: Solver, ended: Solution, judge: Referee, starts: Float[np.ndarray, "n s"]) -> int:
    by_rate = (len(solver.rates), -1)
    heights = np.median(_heights(judge, ended.x.T).reshape(by_rate), axis=1)
    converged = (ended.status == Status.CONVERGED).reshape(by_rate).sum(axis=1)
    steps = ended.steps.reshape(by_rate).sum(axis=1)
    descent = np.median(_heights(judge, starts.T)) - heights.min()
    lowest = heights <= heights.min() + _SAME_HEIGHT * abs(descent)
    return int(np.lexsort((steps, -converged, ~lowest))[0])


_SAME_HEIGHT = 1e-6
"""Two medians of f are the same when they differ by less than this part of the whole descent."""


def _heights(judge: Referee, x: Float[np.ndarray, "lanes n"]) -> Float[np.ndarray, " lanes"]:
    """F at the points, the largest float where it is not finite."""
    heights = judge.slopes(np.asarray(x, np.float64))[0]
    return np.nan_to_num(heights, nan=_HIGH, posinf=_HIGH, neginf=_HIGH)


_HIGH = 1e300
