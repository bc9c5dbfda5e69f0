"""What computer algebra makes of grad f = 0, as a solver: set to zero, solve, keep every real root that proves one."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from problems.problem import Problem
from solvers.method import Inputs, Note, Solution


def symbolic(problem: Problem, max_steps: int, inputs: Inputs) -> Callable[[Inputs], Solution]:
    """Writes the problem as an expression; that is the part that counts as compiling."""
    from solvers.exact.algebra import expression  # SymPy takes a second to import

    del max_steps, inputs
    return partial(_roots, *expression(problem))


def _roots(f: Any, symbols: list[Any], inputs: Inputs) -> Solution:
    """The roots in the dtype of the run, with how they were found.

    Raises:
        CannotSolve: algebra gives none.
    """
    from sympy.core.cache import clear_cache

    from solvers.exact.algebra import stationary_points

    clear_cache()  # a second round must not find the first one's answers
    roots = stationary_points(f, symbols)
    dtype = np.asarray(inputs.starts).dtype
    steps = np.zeros(len(roots.points), np.int32)
    return Solution(roots.points.T.astype(dtype), None, steps, note=Note(roots.how))
