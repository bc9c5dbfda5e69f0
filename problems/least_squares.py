"""What least-squares problems share."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import jax.scipy.linalg
from jaxtyping import Array, Float

Residuals = Callable[[Float[Array, " n"], Any], Float[Array, " m"]]


def sum_of_squares(residuals: Residuals) -> Callable[[Float[Array, " n"], Any], Float[Array, ""]]:
    """The objective sum r_i(x)^2, without a factor 1/2."""
    return lambda x, data: jnp.sum(residuals(x, data) ** 2)


def linear_residuals(x: Float[Array, " n"], data: Any) -> Float[Array, " m"]:
    """The residuals y - A x for data (A, y)."""
    A, y = data
    return y - A @ x


Data = tuple[Float[Array, "m n"], Float[Array, " m"]]


def closed_form(data: Data) -> Float[Array, "1 n"]:
    """The minimiser by Householder QR of A. Golub & Van Loan, Matrix Computations, 4th ed., section 5.3.2."""
    A, y = data
    Q, R = jnp.linalg.qr(A)
    return jax.scipy.linalg.solve_triangular(R, Q.T @ y)[None]


def by_svd(data: Data) -> Float[Array, "1 n"]:
    """The minimiser by the singular values of A, none of them cut off: section 5.5.3."""
    A, y = data
    U, s, Vt = jnp.linalg.svd(A, full_matrices=False)
    return (Vt.T @ ((U.T @ y) / s))[None]


def by_normal_equations(data: Data) -> Float[Array, "1 n"]:
    """The minimiser by Cholesky of A'A, which squares the condition number of A: section 5.3.1.

    Where rounding has made A'A indefinite there is no answer, and the point is NaN.
    """
    A, y = data
    L = jnp.linalg.cholesky(A.T @ A)
    return jax.scipy.linalg.cho_solve((L, True), A.T @ y)[None]


FACTORISATIONS: dict[str, Callable[[Data], Float[Array, "1 n"]]] = {
    "qr": closed_form,
    "svd": by_svd,
    "normal": by_normal_equations,
}
"""Three ways to the same minimiser that differ in the digits they keep."""
