"""What computer algebra makes of grad f = 0, as a solver: set to zero, solve, keep every real root that proves one."""

from collections.abc import Callable
from typing import Any

import numpy as np

from problems.problem import Problem
from solvers.method import Inputs, Solution


class Algebra:
    """The call; after it `detail` says how the roots were found."""

    def __init__(self, expression: tuple[Any, list[Any]]) -> None:
        self._expression = expression
        self.detail: str | None = None

    def __call__(self, inputs: Inputs) -> Solution:
        """The roots in the dtype of the run.

        Raises:
            CannotSolve: algebra gives none.
        """
        from sympy.core.cache import clear_cache

        from solvers.exact.algebra import stationary_points

        clear_cache()  # a second round must not find the first one's answers
        roots = stationary_points(*self._expression)
        self.detail = roots.how
        dtype = np.asarray(inputs.starts).dtype
        return Solution(roots.points.T.astype(dtype), None, np.zeros(len(roots.points), np.int32))


def symbolic(problem: Problem, max_steps: int, inputs: Inputs) -> Callable[[Inputs], Solution]:
    """Writes the problem as an expression; that is the part that counts as compiling."""
    from solvers.exact.algebra import expression  # SymPy takes a second to import

    del max_steps, inputs
    return Algebra(expression(problem))
