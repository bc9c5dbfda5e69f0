"""Solving one symmetric system H p = b, definite or not, beyond doubt: with pivoting wherever that is needed."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from solvers.linalg.derivatives import SparseHessian
from solvers.linalg.sparse import all_finite, elimination_work, has_empty_row, matrix, try_sparse
from solvers.transforms.jaxpr import NoRule
from solvers.transforms.scalars import Scalars


def solve_dense(H: Float[Array, "n n"], b: Float[Array, " n"]) -> tuple[Float[Array, " n"], Bool[Array, ""]]:
    """The solution, and whether H is singular (then it is not finite)."""
    p = jnp.linalg.solve(H, b)
    return p, jnp.all(jnp.isfinite(H)) & ~jnp.all(jnp.isfinite(p))


def solve_sparse(H: SparseHessian, b: Scalars) -> tuple[Scalars, Bool[Array, ""]]:
    """The solution as scalars, and whether H is singular (then it is not finite, or any)."""
    if has_empty_row(H, len(b)):
        return b, jnp.asarray(True)
    p, singular = solve_dense(matrix(H, len(b)), jnp.stack(b))
    return tuple(p), singular


def solve_diagonal(diagonal: Float[Array, " n"], b: Float[Array, " n"]) -> tuple[Float[Array, " n"], Bool[Array, ""]]:
    """The solution for a diagonal H, and whether H is singular (then it is not finite)."""
    p = b / diagonal
    return p, jnp.all(jnp.isfinite(diagonal)) & ~jnp.all(jnp.isfinite(p))


def solve_tridiagonal(
    diagonal: Float[Array, " n"], above: Float[Array, " n"], b: Float[Array, " n"]
) -> tuple[Float[Array, " n"], Bool[Array, ""]]:
    """The solution for a symmetric tridiagonal H, and whether H is singular; above[i] = H[i, i + 1], above[-1] = 0."""
    below = jnp.roll(above, 1).at[0].set(0)
    p = jax.lax.linalg.tridiagonal_solve(below, diagonal, above, b[:, None])[:, 0]
    finite = jnp.all(jnp.isfinite(diagonal)) & jnp.all(jnp.isfinite(above))
    return p, finite & ~jnp.all(jnp.isfinite(p))


def solve_by_selects(H: SparseHessian, b: Scalars) -> tuple[Scalars, Bool[Array, ""]]:
    """The solution as scalars, and whether H is singular: Gaussian elimination with partial pivoting, written out.

    Rows change places by selects, so that lanes with different pivots make the same operations; entries that are zero
    by structure take part in none. Golub & Van Loan, Matrix Computations, 4th ed., algorithm 3.4.1.
    """
    n, zero = len(b), jnp.zeros_like(b[0])
    if has_empty_row(H, n):
        return b, jnp.asarray(True)
    rows = _rows(H, b)
    for k in range(n):
        below = [i for i in range(k + 1, n) if k in rows[i]]
        for i in below:
            rows[k], rows[i] = _larger_first(rows[k], rows[i], k, zero)
        for i in below:
            factor = rows[i].pop(k) / rows[k].get(k, zero)
            for j in [j for j in rows[k] if j > k]:
                rows[i][j] = rows[i].get(j, zero) - factor * rows[k][j]
    p: list[Any] = [zero] * n
    for k in reversed(range(n)):
        known = (rows[k][j] * p[j] for j in sorted(rows[k]) if k < j < n)
        p[k] = (rows[k][n] - sum(known, start=zero)) / rows[k].get(k, zero)
    return tuple(p), all_finite(tuple(H.values())) & ~all_finite(tuple(p))


def solve_in_block(H: SparseHessian, b: Scalars) -> tuple[Scalars, Bool[Array, ""]]:
    """The solution as scalars, and whether H is singular, for kernels: with pivoting only if a lane asks for it.

    Elimination without pivoting serves nearly all lanes; where the residual of one of a block (the lanes of a `vmap`)
    is too large, the block eliminates with pivoting, and those lanes take the answer.

    Raises:
        NoRule: an elimination written out would be too long.
    """
    if elimination_work(H, len(b)) > _MOST_IN_BLOCK:
        raise NoRule(f"the elimination of {len(b)} unknowns is too long to be written out")
    p, singular, doubt = try_sparse(H, b)
    return (p, singular) if doubt is False else _pivoted_where(H, b, p, singular, doubt)


_MOST_IN_BLOCK = 120
"""Operations of an elimination without pivoting, 112 for eight unknowns: with more the other fills the registers."""


@jax.custom_batching.custom_vmap
def _pivoted_where(H: SparseHessian, b: Scalars, p: Scalars, singular: Array, doubt: Array) -> tuple[Scalars, Array]:
    return jax.tree.map(partial(jnp.where, doubt), solve_by_selects(H, b), (p, singular))


@_pivoted_where.def_vmap
def _of_a_block(lanes: int, batched: Any, *args: Any) -> tuple[tuple[Scalars, Array], Any]:
    def spread(is_batched: bool, leaf: Any) -> Any:
        return leaf if is_batched else jnp.full(lanes, leaf)

    H, b, p, singular, doubt = jax.tree.map(spread, tuple(batched), args)

    def pivoted() -> tuple[Scalars, Array]:
        return jax.tree.map(partial(jnp.where, doubt), jax.vmap(solve_by_selects)(H, b), (p, singular))

    solved = jax.lax.cond(jnp.sum(doubt, dtype=jnp.int32) > 0, pivoted, lambda: (p, singular))
    return solved, jax.tree.map(lambda _: True, solved)


def _rows(H: SparseHessian, b: Scalars) -> list[dict[int, Any]]:
    """Column -> entry, row by row; column n is the right-hand side."""
    rows = [{len(b): value} for value in b]
    for (i, j), entry in H.items():
        rows[i][j] = rows[j][i] = entry
    return rows


def _larger_first(a: dict[int, Any], b: dict[int, Any], k: int, zero: Any) -> tuple[dict[int, Any], dict[int, Any]]:
    """Two rows, that with the larger entry in column k first."""
    swap = jnp.abs(b[k]) > jnp.abs(a.get(k, zero))
    pairs = {j: (a.get(j, zero), b.get(j, zero)) for j in sorted(a.keys() | b.keys())}
    first = {j: jnp.where(swap, q, p) for j, (p, q) in pairs.items()}
    return first, {j: jnp.where(swap, p, q) for j, (p, q) in pairs.items()}
