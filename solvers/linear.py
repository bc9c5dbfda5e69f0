"""Solving one symmetric system H p = b, definite or not, beyond doubt: with pivoting wherever that is needed."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Bool, Float

from solvers.derivatives import SparseHessian
from solvers.scalars import Scalars
from solvers.sparse import is_singular, matrix, try_sparse

_REDONE_AT_ONCE = 16


def solve_dense(H: Float[Array, "n n"], b: Float[Array, " n"]) -> tuple[Float[Array, " n"], Bool[Array, ""]]:
    """The solution, and whether H is singular (then it is not finite)."""
    p = jnp.linalg.solve(H, b)
    return p, jnp.all(jnp.isfinite(H)) & ~jnp.all(jnp.isfinite(p))


def solve_sparse(H: SparseHessian, b: Scalars) -> tuple[Scalars, Bool[Array, ""]]:
    """The solution as scalars, and whether H is singular (then it is not finite)."""
    p, singular, doubt = try_sparse(H, b)
    if doubt is False:
        return p, singular
    p = tuple(_redo(doubt, H, jnp.stack(b), jnp.stack(p)))
    return p, is_singular(H, p)


def solve_tridiagonal(
    diagonal: Float[Array, " n"], above: Float[Array, " n"], b: Float[Array, " n"]
) -> tuple[Float[Array, " n"], Bool[Array, ""]]:
    """The solution for a symmetric tridiagonal H, and whether H is singular; above[i] = H[i, i + 1], above[-1] = 0."""
    below = jnp.roll(above, 1).at[0].set(0)
    p = jax.lax.linalg.tridiagonal_solve(below, diagonal, above, b[:, None])[:, 0]
    finite = jnp.all(jnp.isfinite(diagonal)) & jnp.all(jnp.isfinite(above))
    return p, finite & ~jnp.all(jnp.isfinite(p))


@custom_vmap
def _redo(wrong: Bool[Array, ""], H: SparseHessian, b: Float[Array, " n"], p: Float[Array, " n"]) -> Array:
    """p, or where it is wrong the solution by LU; over a batch only the wrong lanes are solved again."""
    return jax.lax.cond(wrong, lambda: jnp.linalg.solve(matrix(H, len(b)), b), lambda: p)


@_redo.def_vmap
def _redo_lanes(lanes: int, batched: Any, wrong: Any, H: Any, b: Any, p: Any) -> tuple[Array, bool]:
    del batched
    n = p.shape[-1]
    wrong, H = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (lanes,)), (wrong, H))
    b, p = (jnp.broadcast_to(leaf, (lanes, n)) for leaf in (b, p))

    def some(carry: tuple[Array, Array]) -> tuple[Array, Array]:
        wrong, p = carry
        (which,) = jnp.nonzero(wrong, size=min(lanes, _REDONE_AT_ONCE), fill_value=lanes)
        theirs_H, theirs_b = jax.tree.map(lambda leaf: leaf.at[which].get(mode="clip"), (H, b))
        again = jnp.linalg.solve(jax.vmap(lambda H: matrix(H, n))(theirs_H), theirs_b[..., None])[..., 0]
        return wrong.at[which].set(False, mode="drop"), p.at[which].set(again, mode="drop")

    return jax.lax.while_loop(lambda carry: jnp.any(carry[0]), some, (wrong, p))[1], True
