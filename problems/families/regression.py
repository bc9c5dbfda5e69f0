"""Linear regression of any size: well conditioned, made so that its answer is known exactly."""

from functools import partial

import numpy as np
from jaxtyping import Float

from problems.least_squares import closed_form, linear_residuals, sum_of_squares
from problems.problem import Problem, Truth

_OBSERVATIONS = 4
"""Per variable: the condition number of A is then near 3."""


def regression(n: int) -> Problem:
    """Sum (y - A x)^2 with 4n seeded normal rows and y = A x*: consistent, so f* = 0 and x* is the one minimiser."""
    if n < 1:
        raise ValueError("regression needs n >= 1")
    point = _minimiser(n)[None]
    return Problem(
        name=f"regression-n{n}",
        fn=sum_of_squares(linear_residuals),
        lower=np.full(n, -5.0),
        upper=np.full(n, 5.0),
        truth=Truth("proved", "y = A x* by construction", 0.0, point, point, True, 14.0),
        reference="textbook; for the scaling study",
        load=partial(_data, n),
        closed_form=closed_form,
        residuals=linear_residuals,
        tags=frozenset({"least-squares", "linear", "convex", "closed-form"}),
    )


def _minimiser(n: int) -> Float[np.ndarray, " n"]:
    return 1.0 + np.arange(1, n + 1) / n


def _data(n: int) -> tuple[Float[np.ndarray, "m n"], Float[np.ndarray, " m"]]:
    A = np.random.default_rng(n).standard_normal((_OBSERVATIONS * n, n))
    return A, (A.astype(np.longdouble) * _minimiser(n)).sum(axis=1).astype(np.float64)
