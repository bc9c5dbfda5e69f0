"""Solving one symmetric system H p = b, definite or not, beyond doubt: with pivoting wherever that is needed."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from solvers.derivatives import SparseHessian
from solvers.scalars import Scalars
from solvers.sparse import matrix


def solve_dense(H: Float[Array, "n n"], b: Float[Array, " n"]) -> tuple[Float[Array, " n"], Bool[Array, ""]]:
    """The solution, and whether H is singular (then it is not finite)."""
    p = jnp.linalg.solve(H, b)
    return p, jnp.all(jnp.isfinite(H)) & ~jnp.all(jnp.isfinite(p))


def solve_sparse(H: SparseHessian, b: Scalars) -> tuple[Scalars, Bool[Array, ""]]:
    """The solution as scalars, and whether H is singular (then it is not finite)."""
    p, singular = solve_dense(matrix(H, len(b)), jnp.stack(b))
    return tuple(p), singular


def solve_tridiagonal(
    diagonal: Float[Array, " n"], above: Float[Array, " n"], b: Float[Array, " n"]
) -> tuple[Float[Array, " n"], Bool[Array, ""]]:
    """The solution for a symmetric tridiagonal H, and whether H is singular; above[i] = H[i, i + 1], above[-1] = 0."""
    below = jnp.roll(above, 1).at[0].set(0)
    p = jax.lax.linalg.tridiagonal_solve(below, diagonal, above, b[:, None])[:, 0]
    finite = jnp.all(jnp.isfinite(diagonal)) & jnp.all(jnp.isfinite(above))
    return p, finite & ~jnp.all(jnp.isfinite(p))
