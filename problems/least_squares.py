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


def linear_residuals(x: Float[Array, " n"], data: tuple[Float[Array, "m n"], Float[Array, " m"]]) -> Float[Array, " m"]:
    """The residuals y - A x for data (A, y)."""
    A, y = data
    return y - A @ x


def closed_form(data: tuple[Float[Array, "m n"], Float[Array, " m"]]) -> Float[Array, "1 n"]:
    """The minimiser by Householder QR of A; the normal equations would square its condition number.

    Golub & Van Loan, Matrix Computations, 4th ed., section 5.3.2.
    """
    A, y = data
    Q, R = jnp.linalg.qr(A)
    return jax.scipy.linalg.solve_triangular(R, Q.T @ y)[None]
