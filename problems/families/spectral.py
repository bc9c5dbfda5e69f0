"""Functions of a matrix whose stationary points are its eigenvectors: not convex, and solved."""

from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from problems.families.quadratic import reflect
from problems.problem import Problem, Truth

RANK = 2
"""Columns of the factor in `factorisation`."""


def low_rank(n: int) -> Problem:
    """1/4 |x x' - A|^2, A with eigenvalues n, ..., 2 and -1: stationary at 0 and at +-sqrt(l) v for each l > 0.

    Along an eigenvector w of eigenvalue m the Hessian at sqrt(l) v is l - m: only the largest l gives minima.
    """
    _at_least("low-rank", n, 2)
    positive = _eigenvalues(n)[:-1]
    roots = _eigenvectors(n)[:, :-1] * np.sqrt(positive)
    points = np.concatenate([roots.T, -roots.T, np.zeros((1, n))])
    lowest = float(np.sum(_eigenvalues(n)[1:] ** 2)) / 4
    return Problem(
        name=f"low-rank-n{n}",
        fn=lambda x, A: jnp.sum((jnp.outer(x, x) - A) ** 2) / 4,
        lower=np.full(n, -1.5 * np.sqrt(n)),
        upper=np.full(n, 1.5 * np.sqrt(n)),
        truth=Truth("proved", "eigenvectors", lowest, points[[0, n - 1]], points, True, 13.0),
        reference="Baldi & Hornik 1989, Neural Networks 2(1), 53; Eckart & Young 1936",
        load=partial(_matrix, n),
        closed_form=_from_eigenvectors,
        tags=frozenset({"multimodal", "spectral", "closed-form"}),
    )


def rayleigh(n: int) -> Problem:
    """Rayleigh's quotient x'Ax / x'x plus (x'x - 1)^2, which fixes the length: stationary at the unit eigenvectors.

    On the sphere the number of negative curvatures is the rank of the eigenvalue; along the ray the curvature is 8.
    """
    _at_least("rayleigh", n, 2)
    vectors = _eigenvectors(n).T[::-1]
    points = np.concatenate([vectors, -vectors])
    return Problem(
        name=f"rayleigh-n{n}",
        fn=lambda x, A: x @ (A @ x) / (x @ x) + (x @ x - 1) ** 2,
        lower=np.full(n, -2.0),
        upper=np.full(n, 2.0),
        truth=Truth("proved", "eigenvectors", -1.0, points[[0, n]], points, True, 13.0),
        reference="Courant & Hilbert 1924, Methoden der mathematischen Physik I, chapter 1",
        load=partial(_matrix, n),
        tags=frozenset({"multimodal", "spectral"}),
    )


def factorisation(n: int) -> Problem:
    """1/4 |U U' - A|^2, U of two columns, n = 2k: a linear autoencoder of tied weights.

    Rotating the columns changes nothing, so every minimum is a circle of minima and the Hessian is singular.
    """
    _at_least("factorisation", n, 6)
    if n % RANK:
        raise ValueError("factorisation needs an even n")
    k = n // RANK
    lowest = float(np.sum(_eigenvalues(k)[RANK:] ** 2)) / 4

    def fn(x: Any, A: Any) -> Any:
        U = x.reshape(k, RANK)
        return jnp.sum((U @ U.T - A) ** 2) / 4

    return Problem(
        name=f"factorisation-n{n}",
        fn=fn,
        lower=np.full(n, -np.sqrt(k)),
        upper=np.full(n, np.sqrt(k)),
        truth=Truth("proved", "Eckart & Young 1936: what is left are the other eigenvalues", lowest),
        reference="Baldi & Hornik 1989, Neural Networks 2(1), 53",
        load=partial(_matrix, k),
        tags=frozenset({"spectral", "singular"}),
    )


def _at_least(name: str, n: int, least: int) -> None:
    if n < least:
        raise ValueError(f"{name} needs n >= {least}")


def _eigenvalues(n: int) -> Float[np.ndarray, " n"]:
    return np.append(np.arange(n, 1, -1.0), -1.0)


def _eigenvectors(n: int) -> Float[np.ndarray, "n n"]:
    """Of `_matrix`, as columns."""
    return reflect(np.eye(n)).T


def _matrix(n: int) -> Float[np.ndarray, "n n"]:
    Q = _eigenvectors(n)
    A = Q @ (_eigenvalues(n)[:, None] * Q.T)
    return (A + A.T) / 2


def _from_eigenvectors(A: Any) -> Any:
    values, vectors = jnp.linalg.eigh(A)
    n = values.size
    roots = vectors[:, 1:] * jnp.sqrt(values[1:])  # the first is the one negative eigenvalue
    return jnp.concatenate([roots.T, -roots.T, jnp.zeros((1, n), A.dtype)])
