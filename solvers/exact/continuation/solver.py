"""`continuation` among the solvers: every root of grad f = 0 in C^n, those in the box as points, and what is proved."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from problems.problem import Problem
from solvers.method import CannotSolve, Inputs, Note, Solution


@dataclass(frozen=True)
class Continuation:
    """All stationary points of a polynomial or rational function, by the homotopy with the fewest paths."""

    seed: int = 1
    """Of the random numbers of the homotopy; another gives the same roots."""

    def __call__(self, problem: Problem, max_steps: int, inputs: Inputs) -> Callable[[Inputs], Solution]:
        """Writes the gradient as polynomials, plans the paths and compiles their steps.

        Raises:
            CannotSolve: the gradient is no quotient of polynomials, or there are too many paths.
        """
        from solvers.exact.continuation.plan import planned
        from solvers.exact.continuation.polynomials import gradient_system
        from solvers.exact.continuation.track import Course

        del max_steps, inputs
        system, scales = gradient_system(problem).scaled()
        plan = planned(system, self.seed)
        plan.follow(Course(most_steps=1), slice(1))
        return partial(_roots, problem, system, scales, plan)


class Found(NamedTuple):
    """All that is known of the roots of a system, in its own units."""

    points: Float[np.ndarray, "m n"]
    """Proved real roots, each a different one."""
    negative: Int[np.ndarray, " m"]
    """Eigenvalues of the Hessian there that are proved negative, the others positive; -1 where that is unproved."""
    n_finite: int
    """Proved different roots in C^n, those at which a denominator vanishes among them."""
    n_excluded: int
    """Roots at which a denominator vanishes."""
    n_unproved: int
    """Ends that look like roots, without a proof, or the same as another."""
    n_paths: int
    n_infinite: int
    n_given_up: int
    bound: int
    theorem: str
    """That says that there are no more isolated roots than `bound`."""
    how: tuple[str, ...]
    """In which other unknowns the paths were followed."""

    @property
    def standing(self) -> str:
        """`proved`: as many roots as there can be; `probable`: every path has ended; `open`."""
        if self.n_finite == self.bound:
            return "proved"
        return "open" if self.n_given_up or self.n_unproved else "probable"


def _roots(problem: Problem, system: Any, scales: Float[np.ndarray, " n"], plan: Any, inputs: Inputs) -> Solution:
    """The real roots in the box, in the dtype of the run, with what was found beside them.

    Raises:
        CannotSolve: there is none.
    """
    found = followed(system, plan)
    points = found.points * scales
    inside = np.all((points >= problem.lower) & (points <= problem.upper), axis=1)
    detail, count = _describe(found, inside), int(inside.sum())
    if not count:
        raise CannotSolve(f"no stationary point in the box; {detail}")
    figures = {
        "n_proved": count,
        "n_paths": found.n_paths,
        "n_at_infinity": found.n_infinite,
        "n_given_up": found.n_given_up,
        "roots_standing": found.standing,
        "complete": found.standing == "proved" and found.theorem == "Bezout",
    }
    ends = points[inside].T.astype(np.asarray(inputs.starts).dtype)
    return Solution(ends, None, np.zeros(count, np.int32), note=Note(detail, figures))


def find_roots(system: Any, seed: int) -> Found:
    """All roots of a system, along the fewest paths that are known."""
    from solvers.exact.continuation.plan import planned

    return followed(system, planned(system, seed))


def followed(system: Any, plan: Any) -> Found:
    """Follows all paths, proves their ends, and says what they are."""
    from solvers.exact.continuation import certificate

    ends, proved, regular = all_ends(system, plan)
    _, given_up, infinite = _sorted(ends)
    kept = certificate.different(proved)
    excluded = certificate.vanishing(system, proved, kept)
    real = kept[~excluded & proved.real[kept]]
    negative = certificate.proved_negative_eigenvalues(system, proved, real)
    unproved = len(regular) - len(kept)
    figures = len(kept), int(excluded.sum()), unproved, len(plan.starts), infinite, given_up
    return Found(proved.x[real].real, negative, *figures, plan.bound, plan.theorem, plan.rewriting.how)


def all_ends(system: Any, plan: Any) -> tuple[Any, Any, Int[np.ndarray, " regular"]]:
    """Follows all paths, and those again that seem to have left their way.

    Returns:
        The ends of all paths, what is proved of those that may be roots, and which paths these are.
    """
    from solvers.exact.continuation import certificate
    from solvers.exact.continuation.path import End
    from solvers.exact.continuation.track import Course

    course, which = Course(), np.arange(len(plan.starts))
    ends = plan.follow(course)
    for look in range(_LOOKS + 1):
        if look:
            course = course.tighter()
            for old, new in zip(ends, plan.follow(course, which), strict=True):
                old[which] = new
        regular, *_ = _sorted(ends)
        ends.x[regular] = certificate.polished(system, ends.x[regular])
        proved = certificate.prove(system, ends.x[regular])
        which = _left_their_way(ends, regular, proved)
        if not look and len(certificate.different(proved)) < plan.bound:
            # A path that has jumped to infinity leaves no trace: as long as roots may be missing, all are seen twice.
            which = np.union1d(which, np.flatnonzero(ends.end == int(End.INFINITE)))
        if not len(which):
            break
    return ends, proved, regular


_LOOKS = 3
"""Times that paths are followed again."""


def _left_their_way(ends: Any, regular: Int[np.ndarray, " regular"], proved: Any) -> Int[np.ndarray, " again"]:
    """Paths given up, and those that end at one simple root together: only one path can lead there."""
    from solvers.exact.continuation import certificate
    from solvers.exact.continuation.path import End

    twice = regular[certificate.overlapping(proved)]
    unproved = regular[~proved.isolated & (ends.end[regular] == int(End.FINITE))]
    return np.union1d(np.union1d(twice, unproved), np.flatnonzero(ends.end == int(End.GIVEN_UP)))


def _sorted(ends: Any) -> tuple[Int[np.ndarray, " regular"], int, int]:
    """Numbers of the ends that may be roots; how many paths were given up, and how many went to infinity."""
    from solvers.exact.continuation.path import End

    may_be = (ends.end == int(End.FINITE)) | (ends.end == int(End.SINGULAR))
    may_be &= np.isfinite(ends.x).all(axis=1)
    lost = (ends.end == int(End.GIVEN_UP)).sum()
    return np.flatnonzero(may_be), int(lost), int((ends.end == int(End.INFINITE)).sum())


def _describe(found: Found, inside: Any) -> str:
    """What was found, in a line."""
    n = found.points.shape[1]
    kinds = (
        (np.sum(found.negative == 0), "minimum", "minima"),
        (np.sum((found.negative > 0) & (found.negative < n)), "saddle", "saddles"),
        (np.sum(found.negative == n), "maximum", "maxima"),
    )
    listed = ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in kinds if count)
    real = f"{len(found.points)} real" + (f" ({listed})" if listed else "")
    outside = len(found.points) - int(np.sum(inside))
    roots = "1 root" if found.n_finite == 1 else f"{found.n_finite} different roots"
    where = f" ({'; '.join(found.how)})" if found.how else ""
    paths = "1 path" if found.n_paths == 1 else f"{found.n_paths} paths"
    parts = [f"{paths}{where}: {roots}, {real}", f"{found.n_infinite} at infinity"]
    parts += [f"{outside} real outside the box"] if outside else []
    parts += [f"{found.n_excluded} where a denominator vanishes"] if found.n_excluded else []
    parts += [f"{found.n_unproved} ends without a proof"] if found.n_unproved else []
    parts += [f"{found.n_given_up} given up"] if found.n_given_up else []
    # A theorem on mixed volumes counts isolated roots; the product of the degrees leaves no room for a curve either.
    all_ = "all" if found.theorem == "Bezout" else "all isolated ones"
    return "; ".join([*parts, _STANDINGS[found.standing].format(all_, found.bound, found.theorem)])


_STANDINGS = {
    "proved": "these are {} in C^n, since there cannot be more than {} ({})",
    "probable": "these are all with probability one",
    "open": "there may be more",
}
