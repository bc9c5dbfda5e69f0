"""Times to targets and curves of convergence, from a run of its own beside the timed one. Untimed: the record is dear.

The observed run is the timed program's twin: the same steps from the same starts, in the same layout, systems solved in
the same way (of a fused kernel: as the loop would). Compiled apart, it may still round otherwise, so that a lane on the
edge of two basins may end elsewhere; its rows are statistics of lanes, and the judged figures are the timed run's.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int

from bench.measuring.figures import finite_or_none
from bench.measuring.program import prepare
from bench.measuring.referee import Referee
from bench.plan.cell import Cell
from solvers import SEEN, TARGETS, Iterative, Record, Solution, checkpoints, observed

MOST_LANES = 4096
"""The first so many lanes are observed."""
_QUANTILES = {"p10": 0.10, "p25": 0.25, "median": 0.50, "p75": 0.75, "p90": 0.90}


class Ways(NamedTuple):
    """What the lanes of a cell went through; float64 NumPy arrays, lanes first."""

    steps: Int[np.ndarray, " lanes"]
    reached: dict[str, Int[np.ndarray, "lanes targets"]]
    """By quantity: the first step within each target, -1 for never."""
    f: Float[np.ndarray, "lanes checkpoints"]
    grad_norm: Float[np.ndarray, "lanes checkpoints"]
    """At the checkpoints; a lane that has stopped keeps its last value."""


def observe(cell: Cell, solver: Iterative, judge: Referee, rate: float) -> Ways:
    """Runs the cell's first lanes again, observed."""
    lowest, most = judge.problem.truth.minimum, cell.max_steps or 0
    few = replace(cell, batch=min(cell.batch, MOST_LANES), executor="loop")
    program = prepare(few, observed(solver, lowest, most), judge)
    solution = program.lanes(jax.tree.map(np.asarray, program.call(program.inputs(rate))))
    f, g = judge.slopes(np.asarray(solution.x.T, np.float64))
    return complete(solution, f, np.max(np.abs(g), axis=1), lowest, float(np.finfo(cell.dtype).eps))


def complete(solution: Solution, end_f: np.ndarray, end_size: np.ndarray, lowest: float | None, eps: float) -> Ways:
    """The records with what is known of the points where the lanes stopped: `f` and the gradient norm there."""
    record: Record = solution.record
    targets = np.array(TARGETS)
    within = {"gradient": end_size[:, None] <= targets * record.first_grad_norm[:, None]}
    if lowest is not None:
        allowed = np.maximum(targets * (record.first_f - lowest)[:, None], SEEN * eps * abs(lowest))
        within["gap"] = (end_f - lowest)[:, None] <= allowed
    # A lane that takes no step starts on a root: it has reached whatever there is to reach.
    within = {name: there | (solution.steps == 0)[:, None] for name, there in within.items()}
    on_the_way = {"gradient": record.gradient_at, "gap": record.gap_at}
    reached = {
        name: np.where((on_the_way[name] < 0) & there, solution.steps[:, None], on_the_way[name])
        for name, there in within.items()
    }
    held_f, held_size = (
        np.where(np.isnan(values), end[:, None], values)
        for values, end in ((record.f, end_f), (record.grad_norm, end_size))
    )
    return Ways(solution.steps, reached, held_f, held_size)


def targets(ways: Ways) -> list[dict[str, Any]]:
    """Rows of targets.csv: of the lanes of a cell, how many reached a target, and after how many steps."""
    rows = []
    for name, reached in ways.reached.items():
        for target, at in zip(TARGETS, reached.T, strict=True):
            hit = at >= 0
            rows.append(
                {
                    "quantity": name,
                    "target": target,
                    "n_lanes": at.size,
                    "n_reached": int(hit.sum()),
                    "steps_sum": int(np.where(hit, at, ways.steps).sum()),
                }
                | _quantiles("steps", np.where(hit, at, np.inf))
            )
    return rows


def trace(ways: Ways, lowest: float | None, max_steps: int, seconds_per_step: float) -> list[dict[str, Any]]:
    """Rows of trace.csv: quantiles over the lanes at the checkpoints that some lane came to."""
    rows = []
    for k, step in enumerate(checkpoints(max_steps)):
        if step > ways.steps.max():
            break
        f = ways.f[:, k]
        rows.append(
            {
                "step": step,
                "time_s": step * seconds_per_step,
                "n_lanes": f.size,
                "n_running": int((ways.steps > step).sum()),
                "f_median": finite_or_none(np.median(f)),
            }
            | _quantiles("f_gap", np.full(1, np.inf) if lowest is None else f - lowest)
            | _quantiles("grad_norm", ways.grad_norm[:, k])
        )
    return rows


def _quantiles(name: str, values: np.ndarray) -> dict[str, float | None]:
    """By name; of a lane that never got there, infinite, so that None is what most lanes did not reach."""
    values = np.nan_to_num(values, nan=np.inf, posinf=np.inf)
    return {
        f"{name}_{label}": finite_or_none(np.quantile(values, share, method="inverted_cdf"))
        for label, share in _QUANTILES.items()
    }
