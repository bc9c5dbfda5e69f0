"""Basins of attraction: where each start of a grid leads, for problems of two variables."""

from collections.abc import Iterator
from dataclasses import replace

import jax
import numpy as np
from jaxtyping import Float, Int

from bench.measuring.program import prepare
from bench.measuring.referee import PointKind, Referee, Verdict, referee
from bench.measuring.tuning import tune
from bench.plan.cell import Cell
from problems import Problem
from results.pictures.planes import Basin
from solvers import find

SIDE = 512
_MAX_STEPS = 2000
_JUDGED_AT_ONCE = 8192
_COOL = ((0, 114, 178), (0, 158, 115), (86, 180, 233), (120, 94, 200), (40, 180, 160), (30, 80, 140))
_WARM = {PointKind.SADDLE: (230, 159, 0), PointKind.MAXIMUM: (213, 94, 0), PointKind.SINGULAR: (204, 121, 167)}
_NOWHERE = (128, 128, 128)


def basin(problem: Problem, solver: str, side: int = SIDE) -> Basin:
    """Runs one solver from side x side starts over the box of two variables; one step size, tuned as for a benchmark.

    Raises:
        ValueError: the solver does not iterate from starts, or cannot run on the problem.
    """
    judge = referee(problem)
    x, steps = _ends(judge, solver, grid(problem, side))
    verdicts = list(_judged(judge, x))
    kinds, points = (np.concatenate([getattr(verdict, name) for verdict in verdicts]) for name in ("kind", "point"))
    arrived = np.concatenate([verdict.stationary for verdict in verdicts])
    colours = _colours(problem, kinds, points) * _shade(steps, arrived)[:, None]
    shares = {kind.name.lower(): float(np.mean(kinds == kind)) for kind in PointKind if (kinds == kind).any()}
    return Basin(solver, colours.astype(np.uint8).reshape(side, side, 3), shares)


def grid(problem: Problem, side: int) -> Float[np.ndarray, "side*side 2"]:
    """Side x side points of the box, row by row from below."""
    first, second = (np.linspace(low, high, side) for low, high in zip(problem.lower, problem.upper, strict=True))
    return np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)


def _ends(judge: Referee, name: str, points: Float[np.ndarray, "m 2"]) -> tuple[np.ndarray, np.ndarray]:
    """Where the lanes end [m 2], and after how many steps [m]."""
    solver = find(name)
    if not solver.iterative or (reason := solver.supports(judge.problem)):
        raise ValueError(f"{name} on {judge.problem.name}: {reason if solver.iterative else 'has no starts'}")
    cell = Cell(judge.problem.name, name, len(points), "float64", 0, 1e-8, _MAX_STEPS, rounds=1, timed_s=0.0)
    program = prepare(cell, solver, judge)
    rate = tune(cell, solver, program, judge).rate if len(solver.rates) > 1 else solver.default_rate
    starts = program.host.starts.copy()
    starts[:, program.layout.places(len(points))] = points.T
    program = replace(program, host=program.host._replace(starts=starts))
    ended = program.lanes(jax.tree.map(np.asarray, program.call(program.inputs(rate))))
    return ended.x.T, ended.steps


def _judged(judge: Referee, x: Float[np.ndarray, "m 2"]) -> Iterator[Verdict]:
    for first in range(0, len(x), _JUDGED_AT_ONCE):
        yield judge.judge(x[first : first + _JUDGED_AT_ONCE], 1e-8, "float64")


def _colours(problem: Problem, kinds: Int[np.ndarray, " m"], points: Int[np.ndarray, " m"]) -> Float[np.ndarray, "m 3"]:
    """Minima by their number among the known points, other ends by their kind."""
    colours = np.full((len(kinds), 3), _NOWHERE, float)
    for kind, colour in _WARM.items():
        colours[kinds == kind] = colour
    minima = kinds == PointKind.MINIMUM
    known = points if problem.truth.points is not None else np.zeros(len(kinds), int)
    for place, number in enumerate(np.unique(known[minima])):
        colours[minima & (known == number)] = _COOL[place % len(_COOL)]
    return colours


def _shade(steps: Int[np.ndarray, " m"], arrived: np.ndarray) -> Float[np.ndarray, " m"]:
    """From 1 for the fastest to 0.4 for the slowest, by the logarithm of the steps."""
    size = np.log1p(steps.astype(float))
    low, high = np.quantile(size[arrived], [0, 0.98]) if arrived.any() else (0.0, 1.0)
    return 1 - 0.6 * np.clip((size - low) / max(high - low, 1e-9), 0, 1)
