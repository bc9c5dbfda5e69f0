"""Is a problem's record possible at all? Arithmetic with its function is the referee's business."""

from typing import Any

import numpy as np

from problems.problem import Problem


class FalseProblem(ValueError):
    """A problem that contradicts itself; the message says how."""


def checked_problem(problem: Any, name: str) -> Problem:
    """The problem, if its record holds together.

    Raises:
        FalseProblem: it does not.
    """
    if not isinstance(problem, Problem):
        raise FalseProblem(f'"{name}" makes a {type(problem).__name__}, and must make a Problem')
    if complaint := next(filter(None, _complaints(problem, name)), None):
        raise FalseProblem(f'problem "{name}" is refused: {complaint}')
    return problem


def _complaints(problem: Problem, name: str) -> Any:
    """The first is enough, so that each may rely on those before it."""
    truth, n = problem.truth, np.size(problem.lower)
    if problem.name != name:
        yield f'it calls itself "{problem.name}"'
    yield _not_an_array("lower", problem.lower, (n,))
    yield _not_an_array("upper", problem.upper, (n,))
    if not (np.isfinite([problem.lower, problem.upper]).all() and (problem.lower < problem.upper).all()):
        yield "its box is empty or infinite: lower < upper must hold in every coordinate"
    if problem.start is not None:
        yield _not_an_array("start", problem.start, (n,))
        if not ((problem.lower <= problem.start) & (problem.start <= problem.upper)).all():
            yield "its start lies outside its box"
    for part in ("minimisers", "stationary"):
        points = getattr(truth, part)
        if points is not None:
            yield _not_an_array(f"truth.{part}", points, (len(points), n))
    if (truth.standing == "unknown") != (truth.minimum is None):
        yield 'a minimum and the standing "unknown" exclude each other, and one of them is needed'
    if truth.minimum is not None and not np.isfinite(truth.minimum):
        yield f"its minimum is {truth.minimum}"
    if truth.minimum is None and truth.minimisers is not None:
        yield "it states minimisers and no minimum"


def _not_an_array(what: str, value: Any, shape: tuple[int, ...]) -> str | None:
    if not isinstance(value, np.ndarray) or value.dtype != np.float64:
        got = getattr(value, "dtype", type(value).__name__)
        return f"{what} must be a float64 NumPy array, got {got}"
    return None if value.shape == shape and value.size else f"{what} must have the shape {shape}, got {value.shape}"
