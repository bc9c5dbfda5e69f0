"""Who gets to a goal soonest, over the problems of a kind, and whether that can be told."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from results.analysis.costs import LEVEL
from results.analysis.expected import Table

REPLICATES = 1000
_SURE = 0.05


class Placing(NamedTuple):
    """How a solver does on the problems of a kind."""

    solver: str
    way: str
    reached: int
    """Problems on which some start gets there."""
    pace: float
    """Mean over all problems of the soonest solver's expected time over its own: 1 always first, 0 never there."""
    low: float
    high: float
    """The middle 90 % of its pace, from the rounds and a bootstrap over the problems."""
    later: float | None
    """Its time over that of the first, by a geometric mean over the problems on which both get there."""


class Contest(NamedTuple):
    """One goal to one accuracy, over the problems of a kind."""

    goal: str
    digits: int
    problems: tuple[str, ...]
    """All on which the goal can be told, also those on which nobody gets there."""
    standings: tuple[Placing, ...]
    """All solvers asked, the best first; nobody is left out."""
    leaders: tuple[str, ...]
    """The solver with the highest pace, and all that are too close to it to call; none if nobody gets there."""


def contest(table: Table, solvers: Mapping[str, str], goal: str, digits: int) -> Contest:
    """Ranks `solvers`, names with their ways, by their expected times to the goal on the problems of `table`.

    Two are too close to call where the first is less than 1.3 times ahead, as whole runs on a shared machine differ, or
    where in more than 5 of 100 replicates the other is ahead: times drawn within their limits, problems with return.
    """
    names, problems = list(solvers), tuple(table)
    if not names or not problems:
        return Contest(goal, digits, problems, (), ())
    times = np.array([[_limits(table[problem], name) for name in names] for problem in problems])
    paces = _paces(times[..., 0]).mean(axis=0)
    replicas = _replicas(times)
    low, high = np.quantile(replicas, [0.05, 0.95], axis=0)
    reached = np.isfinite(times[..., 0]).sum(axis=0)
    order = sorted(range(len(names)), key=lambda k: (-paces[k], -reached[k], names[k]))
    standings = tuple(
        Placing(
            solver=names[k],
            way=solvers[names[k]],
            reached=int(reached[k]),
            pace=float(paces[k]),
            low=float(low[k]),
            high=float(high[k]),
            later=_later(times[:, k, 0], times[:, order[0], 0]),
        )
        for k in order
    )
    return Contest(goal, digits, problems, standings, _leaders(names, order, paces, replicas))


def _limits(of_problem: Mapping[str, tuple[float, float, float]], name: str) -> Sequence[float]:
    return of_problem.get(name, (np.inf, np.inf, np.inf))


def _paces(times: Float[np.ndarray, "... problems solvers"]) -> Float[np.ndarray, "... problems solvers"]:
    """The soonest time over each; 0 for never."""
    best = times.min(axis=-1, keepdims=True)
    return np.where(np.isfinite(times), best, 0.0) / np.where(np.isfinite(times), times, 1.0)


def _replicas(times: Float[np.ndarray, "problems solvers 3"]) -> Float[np.ndarray, "replicates solvers"]:
    """Mean paces of replicates (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 6), the same always."""
    rng = np.random.default_rng(0)
    finite = np.isfinite(times)
    low, high = (np.log(np.where(finite[..., k], times[..., k], 1.0)) for k in (1, 2))
    drawn = np.exp(low + (high - low) * rng.random((REPLICATES, *low.shape)))
    paces = _paces(np.where(finite[..., 0], drawn, np.inf))
    chosen = rng.integers(len(times), size=(REPLICATES, len(times)))
    return np.take_along_axis(paces, chosen[..., None], axis=1).mean(axis=1)


def _later(own: Float[np.ndarray, " problems"], first: Float[np.ndarray, " problems"]) -> float | None:
    both = np.isfinite(own) & np.isfinite(first)
    return float(np.exp(np.mean(np.log(own[both] / first[both])))) if both.any() else None


def _leaders(names: Sequence[str], order: Sequence[int], paces: np.ndarray, replicas: np.ndarray) -> tuple[str, ...]:
    first, *others = order
    if paces[first] == 0:
        return ()
    close = [
        k
        for k in others
        if paces[k] > 0
        and (paces[first] < LEVEL * paces[k] or np.quantile(replicas[:, first] - replicas[:, k], _SURE) <= 0)
    ]
    return tuple(names[k] for k in (first, *close))
