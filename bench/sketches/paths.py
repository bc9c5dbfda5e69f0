"""The points that a solver comes through from one start, as its own compiled program makes them."""

from dataclasses import replace

import jax
import numpy as np
from jaxtyping import Float

from bench.measuring.program import Program, prepare
from bench.measuring.referee import PointKind, referee
from bench.measuring.starts import draw
from bench.measuring.tuning import tune
from bench.plan.cell import Cell
from problems import Problem
from results.pictures.stories import Trail
from solvers import find

_MOST_STEPS = 2000
_SHOWN_ONE_BY_ONE = 60
"""Steps of which each is drawn; later ones at step numbers that grow by a tenth."""


def first_point(problem: Problem, text: str | None) -> Float[np.ndarray, " n"]:
    """The start that is asked for, as "1,2.5", else the published one, else the first that is drawn.

    Raises:
        ValueError: it is no point of the problem's box.
    """
    if text is None:
        return draw(problem, 1, seed=0)[:, 0]
    try:
        start = np.array([float(number) for number in text.split(",")])
    except ValueError:
        start = np.zeros(0)
    if start.shape != problem.lower.shape or not ((problem.lower <= start) & (start <= problem.upper)).all():
        box = ", ".join(f"{low:g} to {high:g}" for low, high in zip(problem.lower, problem.upper, strict=True))
        raise ValueError(f'--start "{text}" is not understood; give {problem.dim} numbers within {box}, as in 1,2.5')
    return start


def trail(problem: Problem, solver: str, start: Float[np.ndarray, " n"]) -> Trail:
    """The way of one solver from a start, its step size tuned as for a benchmark.

    Raises:
        ValueError: the solver does not iterate from starts, or cannot run on the problem.
    """
    own = find(solver)
    if not own.iterative or (reason := own.supports(problem)):
        raise ValueError(f"{solver} on {problem.name}: {reason if own.iterative else 'has no starts'}")
    judge = referee(problem)
    cell = Cell(problem.name, solver, 1, "float64", 0, 1e-8, _MOST_STEPS, rounds=1, timed_s=0.0)
    program = prepare(cell, own, judge)
    rate = tune(cell, own, program, judge).rate if len(own.rates) > 1 else own.default_rate
    starts = np.zeros_like(program.host.starts)
    starts[:, program.layout.places(1)] = start[:, None]
    program = replace(program, host=program.host._replace(starts=starts))
    last, steps = _after(program, rate, _MOST_STEPS)
    points = [start, *(_after(program, rate, k)[0] for k in _looked_at(steps)), last]
    kind = PointKind(judge.judge(last[None], 1e-8, "float64").kind[0])
    return Trail(solver, np.array(points), steps, kind.name.lower().replace("_", " "))


def _looked_at(steps: int) -> list[int]:
    """Numbers of steps before the last."""
    later = np.geomspace(_SHOWN_ONE_BY_ONE, _MOST_STEPS, 40).astype(int)
    return [k for k in dict.fromkeys([*range(1, _SHOWN_ONE_BY_ONE), *later.tolist()]) if k < steps]


def _after(program: Program, rate: float, steps: int) -> tuple[Float[np.ndarray, " n"], int]:
    """Where the lane is after so many steps, or where it has stopped before, and how many it made."""
    inputs = program.inputs(rate)
    inputs = inputs._replace(budget=inputs.budget._replace(max_steps=np.int32(steps)))
    ended = program.lanes(jax.tree.map(np.asarray, program.call(program.put(inputs))), 1)
    return ended.x[:, 0], int(ended.steps[0])
