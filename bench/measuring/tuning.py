"""The step size is part of a descent: chosen per problem from a fixed grid, on starts of its own."""

from dataclasses import replace
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from bench.measuring.clock import timed
from bench.measuring.program import Program, prepare, tuning_starts, with_grid
from bench.measuring.referee import Referee
from bench.plan.cell import Cell
from solvers import Solution, Solver, Status


class Tuned(NamedTuple):
    """The chosen step size and what choosing it took."""

    rate: float
    tune_s: float | None


def tune(cell: Cell, solver: Solver, program: Program, judge: Referee) -> Tuned:
    """Runs the grid for a quarter of the step limit and picks the best step size.

    Best: the lowest median f at the end (a rate that leaps to a plateau has not descended); among rates that are level
    there, the one with most lanes converged, then with fewest steps.
    Our own solvers use the compiled program as it is, as often as it takes; a peer's program has its batch and step
    limit built in, so it is compiled again, which is not charged.
    """
    starts, fewer = tuning_starts(solver, judge, cell.seed), max(20, (cell.max_steps or 0) // 4)
    if not solver.iterative:
        program = prepare(replace(cell, batch=len(solver.rates) * starts.shape[1], max_steps=fewer), solver, judge)
    ends, tune_s = [], 0.0
    for inputs, at in with_grid(solver, program, starts, fewer):
        solution, seconds = timed(program.call, program.put(inputs))
        ends.append(jax.tree.map(lambda leaf, at=at: np.asarray(leaf)[..., at], solution))
        tune_s += seconds
    ended = jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=-1), *ends)
    return Tuned(solver.rates[_best(solver, ended, judge, starts)], tune_s)


def _best(solver: Solver, ended: Solution, judge: Referee, starts: Float[np.ndarray, "n s"]) -> int:
    by_rate = (len(solver.rates), -1)
    heights = np.median(_heights(judge, ended.x.T).reshape(by_rate), axis=1)
    untold = np.zeros(len(solver.rates))
    converged = untold if ended.status is None else (ended.status == Status.CONVERGED).reshape(by_rate).sum(axis=1)
    steps = untold if ended.steps is None else ended.steps.reshape(by_rate).sum(axis=1)
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
