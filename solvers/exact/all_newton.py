"""All stationary points without a proof: Newton's method from many starts, equal ends counted once."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from problems.problem import Problem
from solvers.engine.program import program
from solvers.engine.schedule import schedule_for
from solvers.method import CannotSolve, Inputs, Note, Solution, Status
from solvers.methods.newton import Newton
from solvers.solver import Iterative
from solvers.stationarity.calculus import Calculus
from solvers.stationarity.roots import finite, near_root
from solvers.transforms.version import compiler_options

_SAME = 1e-5
"""Ends nearer than this, in sides of the box, are one point."""


class _Group(NamedTuple):
    """Ends that are one point."""

    points: Float[np.ndarray, "n m"]
    counts: Int[np.ndarray, " m"]


class AllNewton:
    """Newton's method compiled for the starts of a cell, and what is made of its ends."""

    def __init__(self, problem: Problem, max_steps: int, inputs: Inputs) -> None:
        newton = Iterative("newton", "solve", "", Newton())
        schedule = schedule_for(newton.method_for(problem), problem, str(inputs.starts.dtype), inputs.starts.shape[1])
        self._patience = np.int32(newton.patience)  # a host's solver is handed none
        run = jax.jit(program(newton, problem, schedule), compiler_options=compiler_options())
        self._run = run.lower(inputs).compile()
        self._box, self._calculus = (problem.lower, problem.upper), Calculus(problem)
        self._are_roots(np.asarray(inputs.starts[:, :1]), inputs)  # compiles, which is no part of the call

    def __call__(self, inputs: Inputs) -> Solution:
        """The different stationary points in the box that the starts led to, with how many may be unseen.

        A flat end is none.

        Raises:
            CannotSolve: there is none.
        """
        own = inputs._replace(budget=inputs.budget._replace(patience=self._patience))
        ends = jax.tree.map(np.asarray, self._run(jax.device_put(own)))
        lower, upper = self._box
        arrived = ends.x[:, ends.status == Status.CONVERGED]
        arrived = arrived[:, np.all((lower <= arrived.T) & (upper >= arrived.T), axis=1)]
        found = cluster(arrived, upper - lower)
        roots = self._are_roots(found.points, inputs)
        if not roots.any():
            raise CannotSolve(f"none of the {ends.x.shape[1]} starts led to a stationary point in the box")
        found = _Group(found.points[:, roots], found.counts[roots])
        seen, unseen = int(found.counts.sum()), unseen_points(found.counts)
        steps = int(ends.steps.sum())
        tests = steps + ends.steps.size
        figures = {"n_unseen": unseen, "steps_sum": steps, "n_f": tests, "n_g": tests, "n_h": steps}
        once = int(np.sum(found.counts == 1))
        detail = f"{len(found.counts)} points from {seen} ends in the box, {once} of them seen once"
        return Solution(found.points, None, None, note=Note(detail, figures))

    def _are_roots(self, points: Float[np.ndarray, "n m"], inputs: Inputs) -> Bool[np.ndarray, " m"]:
        x = points.T.astype(float)
        f, g = self._calculus.slopes(x)
        gtol = float(np.min(inputs.budget.tolerance))
        return near_root(self._calculus, x, f, g, finite(self._calculus.hessians(x)), gtol).shown


def all_newton(problem: Problem, max_steps: int, inputs: Inputs) -> Callable[[Inputs], Solution]:
    """Compiles Newton's method for these starts."""
    return AllNewton(problem, max_steps, inputs)


def cluster(x: Float[np.ndarray, "n lanes"], sides: Float[np.ndarray, " n"]) -> _Group:
    """The different points among ends by single linkage at `_SAME` sides of the box, and how often each was reached."""
    scaled = (x.T / sides).astype(float)
    # Equal ends by the thousand are one cell of a grid first: pairs are then few.
    cells, first, cell_of = np.unique(np.rint(scaled / (_SAME / 8)), axis=0, return_index=True, return_inverse=True)
    pairs = cKDTree(scaled[first]).query_pairs(_SAME, p=np.inf, output_type="ndarray").T
    _, label = connected_components(coo_array((np.ones(pairs.shape[1]), pairs), (len(cells),) * 2))
    of_lane = label[cell_of.ravel()]
    _, representative, counts = np.unique(of_lane, return_index=True, return_counts=True)
    return _Group(x[:, representative], counts)


def unseen_points(counts: Int[np.ndarray, " m"]) -> float:
    """How many points no start led to, estimated from those seen once and twice: f1 (f1 - 1) / (2 (f2 + 1)).

    Chao 1984, Scandinavian Journal of Statistics 11, 265, bias-corrected (Chao 2005); a lower bound in the mean.
    """
    once, twice = int(np.sum(counts == 1)), int(np.sum(counts == 2))
    return once * (once - 1) / (2 * (twice + 1))
