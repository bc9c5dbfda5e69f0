"""No figure rests on a false statement: what a problem says of itself is held against its own function."""

from functools import lru_cache

import jax
import numpy as np
from jaxtyping import Float

from bench.referee import Referee
from problems import Problem

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


def _shape(leaf: np.ndarray, dtype: str) -> jax.ShapeDtypeStruct:
    kept = np.asarray(leaf).dtype
    return jax.ShapeDtypeStruct(np.shape(leaf), dtype if np.issubdtype(kept, np.floating) else kept)


@lru_cache(maxsize=8)
def _complaint(judge: Referee) -> str | None:
    problem, truth = judge.problem, judge.problem.truth
    if truth.points is None:
        return None
    f, g, noise = judge.slopes(truth.points[:_MOST_POINTS])
    # An error of the stated digits in x moves the gradient by |H x| 10^-digits; `noise` is |H x|.
    allowed = 100 * noise * 10.0**-truth.digits + 1e-7 * np.maximum(1, np.abs(f))[:, None]
    worst = np.argmax(np.max(np.abs(g) - allowed, axis=1))
    if (np.abs(g[worst]) > allowed[worst]).any():
        point, slope = _text(truth.points[worst]), _text(g[worst])
        return f"{problem.name} states that {point} is stationary; the gradient there is {slope}"
    lowest = truth.minimisers if truth.minimisers is not None else truth.points[:0]
    values = judge.slopes(lowest[:_MOST_POINTS])[0] if len(lowest) else np.zeros(0)
    minimum = truth.minimum or 0.0
    off = np.abs(values - minimum) > 1e-6 * abs(minimum) + 1e-9
    if off.any():
        return f"{problem.name} states the minimum {minimum:g}, and f is {values[off][0]:g} at its minimiser"
    return None


def _text(x: np.ndarray) -> str:
    shown = ", ".join(f"{value:.4g}" for value in x[:4])
    return f"({shown}{', ...' if len(x) > 4 else ''})"
