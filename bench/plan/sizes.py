"""The suite's sizes: what smoke, quick and full mean."""

from typing import NamedTuple

import jax
import numpy as np

from problems import Problem
from solvers.solver import Kind


class Size(NamedTuple):
    """Defaults of a run; every option on the command line overrides its field."""

    problems: str
    solvers: str
    batch: tuple[int, ...]
    dtype: tuple[str, ...]
    exact: str
    """Where algebra, proof and continuation are tried, too: problems on which they end in seconds."""
    evaluations: int
    """Of the gradient with f, or of the Hessian, that a start may make before it is given up."""
    work: int
    """And no more evaluations than so many numbers of the problem's data, or of a point, are read for."""
    numbers: int
    """Without --batch, lanes times n is kept below this, so that large problems get fewer lanes."""
    rounds: int
    timed_s: float
    timeout_s: float
    """Deadline of a cell without --cell-timeout."""
    observe: str
    """on or off; it takes a second compile per cell."""
    scaling: tuple[int, ...]
    """The n of bench_scaling."""
    batches: tuple[int, ...]
    """The batches of bench_batch."""

    def max_steps_for(self, problem: Problem, kind: Kind) -> int:
        """The step limit: a step evaluates the gradient, and the Hessian, too, of solvers of the kind `solve`."""
        size = problem.dim + sum(np.size(leaf) for leaf in jax.tree.leaves(problem.data))
        affordable = max(_FEWEST_EVALUATIONS, min(self.evaluations, self.work // size))
        return affordable // 2 if kind == "solve" else affordable


_FEWEST_EVALUATIONS = 100
"""Large problems get as many, whatever they read."""
EXACT = ("symbolic", "certified", "continuation")
"""Algebra, proof, continuation."""


SIZES = {
    "smoke": Size(
        problems="xlogx-sqrt,quadratic-n10,rosenbrock-n2,himmelblau,nist-longley,nist-misra1a-s2",
        solvers="closed-form,newton,gd,adam",
        batch=(64,),
        dtype=("float64",),
        exact="",
        evaluations=1000,
        work=2**22,
        numbers=2**13,
        rounds=3,
        timed_s=1.0,
        timeout_s=60.0,
        observe="off",
        scaling=(2,),
        batches=(1, 100),
    ),
    "quick": Size(
        problems="xlogx-sqrt,quadratic-n10,quadratic-n100,rosenbrock-n2,rosenbrock-n100,himmelblau,six-hump-camel,"
        "styblinski-tang-n5,nist-longley,nist-misra1a-s2,logistic-breast-cancer,mlp-digits",
        solvers="closed-form,newton,newton-cg,lbfgs,gd-armijo,gd,adam",
        batch=(128,),
        dtype=("float64",),
        exact="himmelblau,six-hump-camel",
        evaluations=5000,
        work=2**24,
        numbers=2**12,
        rounds=3,
        timed_s=0.5,
        timeout_s=60.0,
        observe="off",
        scaling=(2, 10, 100),
        batches=(1, 100, 10_000, 100_000),
    ),
    "full": Size(
        problems="*",
        solvers="*",
        batch=(4096,),
        dtype=("float64", "float32"),
        exact="",
        evaluations=100_000,
        work=2**30,
        numbers=2**18,
        rounds=5,
        timed_s=1.0,
        timeout_s=600.0,
        observe="on",
        scaling=(2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
        batches=(1, 10, 100, 1000, 10_000, 100_000, 1_000_000),
    ),
}
