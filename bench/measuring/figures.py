"""From a solution and the referee's verdict to the columns of a row. Pure."""

import json
from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np

from bench.measuring.honesty import aim_of, refuse_lower_than_proved, refuse_unlisted_points, same_value
from bench.measuring.referee import PointKind, Referee, Verdict
from bench.measuring.remarks import about, joined, of_problem
from bench.measuring.untimed.milestones import Milestones, arrivals, reached_aim
from bench.plan.cell import Cell
from problems import Problem, Truth
from problems.stochastic.minibatch import share_of_rows
from results.schema import ACCURACIES, GOALS, TARGET_ARRIVALS, arrivals_of
from solvers import Iterative, Solution, Solver, Status
from solvers.stationarity.symmetry import orbits

NEAR_DIGITS = 3.0
"""A lane has found a known point when it is stationary and agrees with it to so many digits."""


def outcome(
    solver: Solver,
    problem: Problem,
    solution: Solution,
    judge: Referee,
    cell: Cell,
    rate: float,
    way: Milestones | None = None,
) -> dict[str, Any]:
    """Every column that tells what the lanes reached and what it cost, apart from time."""
    if not np.asarray(solution.x).size:
        remark = joined(of_problem(judge), _unjudged(problem, cell))
        return {"solver_options": options(solver, rate), "remark": remark} | _none_found(problem, cell)
    verdict = _judged(judge, solution, cell)
    return (
        {
            "solver_options": options(solver, rate),
            "remark": joined(about(judge, verdict, solution), _unjudged(problem, cell)),
        }
        | _ends(verdict)
        | _shares(verdict, problem.truth)
        | _box(problem, solution, verdict)
        | ({} if solver.returns_points else counted_stops(solution))
        | _accuracy(verdict, problem.truth)
        | (_symmetric(problem, solution, verdict) if solver.returns_points else {})
        | spent_work(solver, problem, solution)
        | arrivals(problem, solution, verdict, way, solver.returns_points)
        | reached_aim(problem, solution, verdict, way, cell.target, solver.returns_points)
        | _start(problem, solver, solution, verdict)
    )


def duel(end: Solution, judge: Referee, cell: Cell, samples: list[list[float]]) -> dict[str, Any]:
    """What a peer did on the same starts, in rounds taken in turns with ours."""
    own_s, peer_s = (float(np.median(taken)) for taken in samples)
    verdict = _judged(judge, end, cell)
    return {
        "peer": cell.peer,
        "peer_time_median_s": peer_s,
        "peer_frac_stationary": float(np.mean(verdict.stationary)),
        "ratio_to_peer": peer_s / own_s,
    }


def _judged(judge: Referee, solution: Solution, cell: Cell) -> Verdict:
    """The verdict on the ends, if they do not contradict the truth.

    Raises:
        FalseTruth: they do.
    """
    x = np.asarray(solution.x, np.float64).T
    verdict = judge.judge(x, cell.gtol, cell.dtype)
    refuse_lower_than_proved(judge.problem, x, verdict.f)
    refuse_unlisted_points(judge.problem, x, verdict)
    return verdict


def options(solver: Solver, rate: float) -> str:
    """What repeats the run, as JSON with sorted keys."""
    chosen: Mapping[str, Any] = dict(solver.options)
    if isinstance(solver, Iterative):
        chosen = {**chosen, "patience": solver.patience}
    if solver.rates:
        chosen = {**chosen, "learning_rate": rate}
    return json.dumps(chosen, sort_keys=True)


def global_lanes(verdict: Verdict, truth: Truth) -> np.ndarray | None:
    """Which lanes ended in the box on a stationary point where f is f*, to 1e-6 |f*| (1e-6 where f* = 0)."""
    if truth.minimum is None:
        return None
    return verdict.stationary & verdict.inside & (np.abs(verdict.gap) <= same_value(truth.minimum))


def _unjudged(problem: Problem, cell: Cell) -> str | None:
    """What is to be said of a problem of which nobody knows what --target asks for."""
    if cell.target is None or problem.truth.minimum is not None:
        return None
    if problem.target is None:
        return "The target cannot be judged: neither the minimum nor a value of f to aim at is known."
    return "The minimum is unknown: f_target is a value fixed beforehand."


def _none_found(problem: Problem, cell: Cell) -> dict[str, Any]:
    """The figures of an exact solver that shows that there is no point."""
    truth, aim = problem.truth, None if cell.target is None else aim_of(problem, cell.target)
    aimed = {} if aim is None else {"f_target": aim, "frac_target": 0.0, TARGET_ARRIVALS[0]: 0}
    known = {"n_points_known": len(truth.points), "n_points_found": 0} if truth.points is not None else {}
    goals = {arrivals_of(goal, digits)[0]: 0 for goal in GOALS for digits in ACCURACIES}
    ends = {f"n_{kind.name.lower()}": 0 for kind in PointKind}
    return ends | known | goals | aimed | {"n_outside": 0, "steps_sum": 0}


def _ends(verdict: Verdict) -> dict[str, Any]:
    return {f"n_{kind.name.lower()}": int(np.sum(verdict.kind == kind)) for kind in PointKind}


def _box(problem: Problem, solution: Solution, verdict: Verdict) -> dict[str, Any]:
    """How many ends lie outside the box, and how many in it lie lower than is known to be possible."""
    figures = {"n_outside": int(np.sum(~verdict.inside))}
    if (minimum := problem.truth.minimum) is None:
        return figures
    x = np.asarray(solution.x).T
    inside = np.all((x >= problem.lower) & (x <= problem.upper), axis=1)
    return figures | {"n_below": int(np.sum(inside & (verdict.gap < -same_value(minimum))))}


def _shares(verdict: Verdict, truth: Truth) -> dict[str, Any]:
    solves = global_lanes(verdict, truth)
    return {
        "frac_stationary": float(np.mean(verdict.stationary)),
        "frac_minimum": float(np.mean(verdict.kind == PointKind.MINIMUM)),
        "frac_global": None if solves is None else float(np.mean(solves)),
    }


def counted_stops(solution: Solution) -> dict[str, Any]:
    """How many lanes have stopped for each reason; nothing where a peer does not tell."""
    if solution.status is None:
        return {}
    counts = {f"n_{stop.name.lower()}": int(np.sum(solution.status == stop)) for stop in Status if stop.value >= 0}
    counts["n_singular_step"] = counts.pop("n_singular")  # n_singular counts singular ends
    return counts


def _accuracy(verdict: Verdict, truth: Truth) -> dict[str, Any]:
    found = verdict.point[verdict.stationary & (np.nan_to_num(verdict.digits) >= NEAR_DIGITS)]
    known = truth.points is not None
    return {
        "grad_norm_median": finite_or_none(_median(verdict.grad_norm)),
        "grad_norm_max": finite_or_none(np.max(verdict.grad_norm)),
        "f_best": finite_or_none(np.min(_worst_if_not_finite(verdict.f))),
        "f_gap_median": finite_or_none(_median(verdict.gap)),
        "f_gap_min": finite_or_none(np.min(_worst_if_not_finite(verdict.gap))),
        "x_error_median": finite_or_none(_median(verdict.x_error)),
        "digits_median": finite_or_none(np.median(verdict.digits)),
        "n_points_found": len(np.unique(found)) if known else None,
        "n_points_known": len(truth.points) if truth.points is not None else None,
    }


def _symmetric(problem: Problem, solution: Solution, verdict: Verdict) -> dict[str, Any]:
    """Of the points that an exact solver returns, how many are different, where the problem has copies of each."""
    if problem.copies is None or not verdict.stationary.any():
        return {}
    x = np.asarray(solution.x, np.float64).T[verdict.stationary]
    found = orbits(x, problem.copies, problem.upper - problem.lower)
    minima = found.of[verdict.kind[verdict.stationary] == PointKind.MINIMUM]
    return {
        "n_orbits": len(np.unique(found.of)),
        "n_orbits_minimum": len(np.unique(minima)),
        "n_with_copies": found.points,
    }


def spent_work(solver: Solver, problem: Problem, solution: Solution) -> dict[str, Any]:
    """The columns of the work: steps, and what they evaluate."""
    steps = solution.steps
    if steps is None:
        return {}
    most, total = int(steps.max()), int(steps.sum())
    figures = {
        "steps_median": float(np.median(steps)),
        "steps_p90": float(np.percentile(steps, 90)),
        "steps_max": most,
        "steps_sum": total,
        "lane_waste": 1 - total / (most * steps.size) if most else 0.0,
    }
    if solver.kind == "exact":
        return figures | {"n_f": steps.size, "n_g": 0, "n_h": 0}
    # What a peer evaluates is not told, and not guessed; parts of an evaluation are rounded up.
    return figures | {f"n_{name}": ceil(count - 1e-9) for name, count in evaluations(solver, problem, solution).items()}


def evaluations(solver: Solver, problem: Problem, solution: Solution) -> dict[str, float]:
    """Of f, its gradient ..., by the names of `Evaluations`, by all lanes; nothing where nobody tells.

    On a minibatch each counts as the part of the rows that it has.
    """
    method = solver.method_for(problem)
    if method is None or solution.steps is None:
        return {}
    total = int(solution.steps.sum())
    spent = {name: int(np.sum(counts)) for name, counts in dict(solution.spent).items()}
    charged = {name: count * total + spent.get(name, 0) for name, count in method.per_step._asdict().items()}
    part = share_of_rows(problem.sample, problem.data) if method.noisy and problem.sample else 1.0
    # The loop tests f and its gradient once more than it steps.
    tested = dict.fromkeys(("f", "g"), (total + solution.steps.size) * part)
    return {name: count + tested.get(name, 0) for name, count in charged.items()}


def _start(problem: Problem, solver: Solver, solution: Solution, verdict: Verdict) -> dict[str, Any]:
    """Lane 0, where it is the published start."""
    if problem.start is None or solver.returns_points:
        return {}
    return {
        "start_kind": PointKind(verdict.kind[0]).name.lower(),
        "start_steps": None if solution.steps is None else int(solution.steps[0]),
        "start_digits": finite_or_none(verdict.digits[0]),
        "start_f_gap": finite_or_none(verdict.gap[0]),
    }


def _median(values: np.ndarray) -> float:
    """The median, where a lane without a finite figure counts as the worst; NaN where the truth is unknown."""
    return float("nan") if np.isnan(values).all() else float(np.median(_worst_if_not_finite(values)))


def _worst_if_not_finite(values: np.ndarray) -> np.ndarray:
    """Where f falls to minus infinity there is no value either: one such lane must not hide what the others found."""
    return np.where(np.isfinite(values), values, np.inf)


def finite_or_none(value: Any) -> float | None:
    """The figure as a float, None where there is none to give."""
    return float(value) if np.isfinite(value) else None
