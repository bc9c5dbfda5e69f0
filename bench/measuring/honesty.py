"""No figure rests on a false statement: what a problem says of itself is held against its own function."""

from functools import lru_cache

import jax
import numpy as np
from jaxtyping import Bool, Float

from bench.measuring.referee import PointKind, Referee, Verdict, point_text
from problems import Problem
from problems.stochastic.check import sample_complaint
from solvers import SEEN

_MOST_POINTS = 64


class FalseTruth(ValueError):
    """A problem's function contradicts what the problem states; the message says how."""


def refuse_false_statements(judge: Referee, dtype: str) -> None:
    """Shape and dtype of f in the cell's dtype, and value and gradient at the stated points in float64.

    Raises:
        FalseTruth: one of them is not as stated.
    """
    problem = judge.problem
    data = jax.tree.map(lambda leaf: _shape(leaf, dtype), problem.data)
    result = jax.eval_shape(problem.fn, jax.ShapeDtypeStruct((problem.dim,), dtype), data)
    if result.shape or str(result.dtype) != dtype:
        raise FalseTruth(
            f"{problem.name} must give a {dtype} scalar for {dtype} variables, and gives {result.dtype}{result.shape}"
        )
    if complaint := _complaint(judge):
        raise FalseTruth(complaint)


def refuse_false_samples(judge: Referee) -> None:
    """What a stochastic method draws from must be an estimate of f; looked at where a start may be.

    Raises:
        FalseTruth: it is none.
    """
    if complaint := _sample_complaint(judge.problem):
        raise FalseTruth(f"the samples of {judge.problem.name} are refused: {complaint}")


@lru_cache(maxsize=8)
def _sample_complaint(problem: Problem) -> str | None:
    return sample_complaint(problem, 0.25 * problem.lower + 0.75 * problem.upper)


def refuse_lower_than_proved(problem: Problem, x: Float[np.ndarray, "lanes n"], f: Float[np.ndarray, " lanes"]) -> None:
    """No end inside the box may lie below a proved minimum.

    Raises:
        FalseTruth: one does, by more than rounding.
    """
    truth = problem.truth
    if truth.standing != "proved" or truth.minimum is None:
        return
    inside = np.all((x >= problem.lower) & (x <= problem.upper), axis=1)
    lowest = np.min(np.where(inside & np.isfinite(f), f, np.inf), initial=np.inf)
    if lowest < truth.minimum - 1e-9 * max(1.0, abs(truth.minimum)):
        raise FalseTruth(f"{problem.name} states the proved minimum {truth.minimum:g}, and a solver found {lowest:g}")


def refuse_unlisted_points(problem: Problem, x: Float[np.ndarray, "lanes n"], verdict: Verdict) -> None:
    """Of a list that is stated to be complete, no end may be another stationary point inside the box.

    How far a singular end is from its root is hardly known: only one that is farther than a quarter of the box from
    every listed point is another.

    Raises:
        FalseTruth: one is: it is farther from every listed point than its own root and the list's digits allow.
    """
    truth = problem.truth
    if not truth.complete or truth.points is None:
        return
    sides = problem.upper - problem.lower
    singular = (verdict.kind == PointKind.SINGULAR)[:, None]
    apart = np.where(singular, sides / 4, 4 * verdict.within + _APART * sides)
    margin = np.where(singular, sides / 16, apart)
    inside = np.all((x - margin >= problem.lower) & (x + margin <= problem.upper), axis=1)
    for end in np.flatnonzero(verdict.stationary & inside):
        allowed = apart[end] + 10.0**-truth.digits * np.abs(truth.points)
        if not (np.abs(x[end] - truth.points) <= allowed).all(axis=1).any():
            kind, f = PointKind(verdict.kind[end]), verdict.f[end]
            what = "singular point" if kind == PointKind.SINGULAR else kind.name.lower()
            raise FalseTruth(
                f"{problem.name} states that the box holds no stationary points but the {len(truth.points)} listed, "
                f"and a solver found another: a {what} at {point_text(x[end])}, where f is {f:.6g}"
            )


_APART = 1e-6
"""Part of a side of the box by which an end may differ from a listed point and still be it."""


def same_value(minimum: float) -> float:
    """By how much a value may differ from the minimum and still be it: 1e-6 of it, 1e-6 where it is 0."""
    return _SAME * (abs(minimum) or 1.0)


_SAME = 1e-6


def aim_of(problem: Problem, accuracy: float | None = None) -> float | None:
    """The value of f that is to be reached: f* to the accuracy, 1e-6 unless given, or one that is fixed beforehand.

    None where neither is known. The accuracy is relative to |f*|, absolute where that is 0; rounding is let pass.
    """
    if (minimum := problem.truth.minimum) is None:
        return problem.target
    relative = max(_SAME if accuracy is None else accuracy, SEEN * float(np.finfo(float).eps) if minimum else 0.0)
    return minimum + relative * (abs(minimum) or 1.0)


def at_edge(judge: Referee, x: Float[np.ndarray, "k n"]) -> Bool[np.ndarray, "k n"]:
    """In which coordinates does the box hold the point: the gradient is not 0, and f falls only to outside?"""
    problem, (f, g) = judge.problem, judge.slopes(x)
    outwards = ((x <= problem.lower) & (g > 0)) | ((x >= problem.upper) & (g < 0))
    return outwards & (np.abs(g) > _allowed(judge, x, f))


def _allowed(judge: Referee, x: Float[np.ndarray, "k n"], f: Float[np.ndarray, " k"]) -> Float[np.ndarray, "k n"]:
    """The gradient that a stated point may have: an error of its last digit moves it by |H x| 10^-digits."""
    noise = np.nan_to_num(judge.calculus.noise(x))
    return 100 * noise * 10.0**-judge.problem.truth.digits + 1e-7 * np.maximum(1, np.abs(f))[:, None]


def _shape(leaf: np.ndarray, dtype: str) -> jax.ShapeDtypeStruct:
    kept = np.asarray(leaf).dtype
    return jax.ShapeDtypeStruct(np.shape(leaf), dtype if np.issubdtype(kept, np.floating) else kept)


@lru_cache(maxsize=8)
def _complaint(judge: Referee) -> str | None:
    problem, truth = judge.problem, judge.problem.truth
    if truth.points is None:
        return None
    points = truth.points[:_MOST_POINTS]
    f, g = judge.slopes(points)
    # A minimum over the box may lie on its edge; nothing is said where there is no gradient.
    excess = np.nan_to_num(np.abs(g) - _allowed(judge, points, f))
    if truth.stationary is None:
        excess[at_edge(judge, points)] = 0.0
    worst = np.argmax(np.max(excess, axis=1))
    if (excess[worst] > 0).any():
        point, slope = point_text(points[worst]), point_text(g[worst])
        return f"{problem.name} states that {point} is stationary; the gradient there is {slope}"
    lowest = truth.minimisers if truth.minimisers is not None else truth.points[:0]
    values = judge.slopes(lowest[:_MOST_POINTS])[0] if len(lowest) else np.zeros(0)
    minimum = truth.minimum or 0.0
    off = np.abs(values - minimum) > 1e-6 * abs(minimum) + 1e-9
    if off.any():
        return f"{problem.name} states the minimum {minimum:g}, and f is {values[off][0]:g} at its minimiser"
    return None
