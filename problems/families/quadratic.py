"""Convex quadratics of condition number 1e3: where one Newton step is the answer."""

from functools import partial

import jax.scipy.linalg
import numpy as np
from jaxtyping import Float

from problems.problem import Problem, Truth

CONDITION = 1e3


def quadratic(n: int) -> Problem:
    """1/2 x'Ax - b'x with A = Q diag(1 .. 1e3) Q' dense, Q the product of two reflections, and b = A x*.

    b is accumulated in extended precision and rounded once, so the minimiser is x* to 1e3 times the rounding of b.
    """
    if n < 2:
        raise ValueError("quadratic needs n >= 2")
    point = _minimiser(n)
    rotated = reflect(point[:, None])[:, 0]
    return Problem(
        name=f"quadratic-n{n}",
        fn=lambda x, data: x @ (data[0] @ x) / 2 - data[1] @ x,
        lower=np.full(n, -5.0),
        upper=np.full(n, 5.0),
        truth=Truth(
            "proved",
            "b = A x* by construction",
            float(-0.5 * np.sum(_eigenvalues(n) * rotated**2)),
            point[None],
            point[None],
            True,
            12.5,
        ),
        reference="textbook; eigenvalues spaced evenly on a log scale",
        load=partial(_data, n),
        closed_form=lambda data: jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(data[0]), data[1])[None],
        tags=frozenset({"quadratic", "convex", "closed-form", "ill-conditioned"}),
    )


def _eigenvalues(n: int) -> Float[np.ndarray, " n"]:
    return np.logspace(0, np.log10(CONDITION), n)


def _minimiser(n: int) -> Float[np.ndarray, " n"]:
    """Neither zero nor constant, so that no solver wins by symmetry."""
    return 1.0 + np.arange(1, n + 1) / n


def reflect(columns: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n m"]:
    """Q' applied to columns: two Householder reflections, which leave no entry of A zero."""
    places = np.arange(1.0, len(columns) + 1)
    for axis in (places, np.cos(places)):
        columns = columns - np.outer(axis, 2 * (axis @ columns) / (axis @ axis))
    return columns


def _data(n: int) -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, " n"]]:
    Qt = reflect(np.eye(n))
    A = Qt.T @ (_eigenvalues(n)[:, None] * Qt)
    A = (A + A.T) / 2
    b = (A.astype(np.longdouble) * _minimiser(n)).sum(axis=1)
    return A, b.astype(np.float64)
