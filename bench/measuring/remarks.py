"""What limits the figures of a row, in sentences: derivatives that are not finite, a minimum on the edge of the box."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from bench.measuring.honesty import at_edge, same_value
from bench.measuring.referee import Referee, Verdict, point_text
from solvers import Solution, Status
from solvers.stationarity.roots import finite

_LANES = 32
_MOST_VARIABLES = 256
"""Beyond, a Hessian is too dear for a remark."""


def about(judge: Referee, verdict: Verdict, solution: Solution) -> str | None:
    """All that is to be said of the ends of a solver on a problem; None where it is nothing."""
    return joined(of_problem(judge), _broken(judge, verdict, solution))


def joined(*sentences: str | None) -> str | None:
    """One text, in which nothing is said twice."""
    text = ""
    for sentence in filter(None, sentences):
        text += "" if sentence in text else f" {sentence}"
    return text.lstrip() or None


@lru_cache(maxsize=8)
def of_problem(judge: Referee) -> str | None:
    """What is to be said of the problem, whoever solves it."""
    noise = judge.probe.remark
    return joined(noise and f"{noise[0].upper()}{noise[1:]}.", _edge(judge))


ON_EDGE = "The minimum over the box lies on its edge, where the gradient does not vanish: no solver here returns it."
"""The same where the truth says it and where a certificate does."""


def _edge(judge: Referee) -> str | None:
    """Does the truth put the minimum on the edge: no minimiser is stationary, or no listed point of all is lowest?"""
    truth = judge.problem.truth
    if truth.minimum is None:
        return None
    if truth.minimisers is not None and at_edge(judge, truth.minimisers).any(axis=1).all():
        return ON_EDGE
    listed = truth.points if truth.points is not None else np.zeros((0, judge.problem.dim))
    higher = judge.slopes(listed)[0] > truth.minimum + same_value(truth.minimum)
    return ON_EDGE if truth.complete and higher.all() else None


def _broken(judge: Referee, verdict: Verdict, solution: Solution) -> str | None:
    """Where f has a value and its gradient has none: at an end, or where a Newton step leads from it."""
    x = np.asarray(solution.x, np.float64).T
    at = x[np.isfinite(verdict.f) & np.isnan(verdict.grad_norm)]
    if not len(at) and judge.problem.dim <= _MOST_VARIABLES:
        lost = np.zeros(len(x), bool) if solution.status is None else np.asarray(solution.status) == Status.NONFINITE
        of = np.concatenate([np.flatnonzero(which)[:_LANES] for which in (lost, verdict.stationary)])
        at = _landings(judge, x[of])
    if not len(at):
        return None
    f = judge.slopes(at[:1])[0][0]
    return (
        f"The gradient of f is not finite at {point_text(at[0])}, where f is {f:.4g}: lanes end there or just before."
    )


def _landings(judge: Referee, x: Float[np.ndarray, "lanes n"]) -> Float[np.ndarray, "some n"]:
    """One Newton step on, the points at which f is finite and its gradient is not."""
    H, g = finite(judge.calculus.hessians(x)), np.nan_to_num(judge.slopes(x)[1])
    there = x - np.einsum("lij,lj->li", np.linalg.pinv(H, hermitian=True), g)
    f, g = judge.slopes(there)
    return there[np.isfinite(f) & ~np.isfinite(g).all(axis=1)]
