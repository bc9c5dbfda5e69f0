"""The step size is part of a descent: chosen per problem from a fixed grid, on starts of its own."""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from bench.clock import Call, timed
from bench.referee import Referee
from bench.starts import TUNING, draw
from solvers import Inputs, Solution, Solver, Status


class Tuned(NamedTuple):
    """The chosen step size and what choosing it took."""

    rate: float
    tune_s: float


def lanes_for_tuning(solver: Solver, n: int) -> int:
    """Lanes of the tuning run: the whole grid times 1 to 8 starts, fewer where a start is dear."""
    return len(solver.rates) * int(np.clip(256 // n, 1, 8))


def tune(solver: Solver, call: Call, inputs: Inputs, judge: Referee, seed: int) -> Tuned:
    """Runs the grid as one batch for a quarter of the step limit and picks the best step size.

    Best: the lowest median f at the end (a rate that leaps to a plateau has not descended); among rates that are level
    there, the one with most lanes converged, then with fewest steps.
    `inputs` are those of the cell: the compiled program is used as it is, only the queue's contents change.
    """
    n, capacity = inputs.starts.shape
    lanes = lanes_for_tuning(solver, n)
    starts = draw(judge.problem, lanes // len(solver.rates), seed, TUNING)
    dtype = inputs.starts.dtype
    filled = np.zeros((n, capacity), dtype)
    filled[:, :lanes] = np.tile(starts, len(solver.rates))
    rates = np.ones(capacity, dtype)
    rates[:lanes] = np.repeat(solver.rates, starts.shape[1])
    fewer = np.int32(max(20, int(inputs.budget.max_steps) // 4))
    trial = inputs._replace(
        starts=filled, rates=rates, wanted=np.int32(lanes), budget=inputs.budget._replace(max_steps=fewer)
    )
    solution, tune_s = timed(call, jax.device_put(trial))
    return Tuned(solver.rates[_best(solver, jax.tree.map(np.asarray, solution), lanes, judge, starts)], tune_s)


def _best(solver: Solver, solution: Solution, lanes: int, judge: Referee, starts: Float[np.ndarray, "n s"]) -> int:
    by_rate = (len(solver.rates), -1)
    heights = np.median(_heights(judge, solution.x.T[:lanes]).reshape(by_rate), axis=1)
    converged = (solution.status[:lanes] == Status.CONVERGED).reshape(by_rate).sum(axis=1)
    steps = solution.steps[:lanes].reshape(by_rate).sum(axis=1)
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
