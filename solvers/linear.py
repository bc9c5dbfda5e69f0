"""Solving one symmetric system H p = b, definite or not, written so that a batch of them runs lanes last.

A dense H [n, n] goes to LAPACK's LU. A sparse H of scalars is eliminated in straight-line code, L D L^T without
pivoting, with no operation spent on entries that are zero by structure. A lane whose residual shows that a pivot was
needed is solved again by LU.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Bool, Float

from solvers.derivatives import SparseHessian
from solvers.scalars import Scalars

_MOST_OPERATIONS = 1500
"""An elimination longer than this is left to LAPACK."""
_BACKWARD_ERROR = 1e-8
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
    p = _redo(doubt, H, b, p)
    return p, _is_singular(H, p)


def try_sparse(H: SparseHessian, b: Scalars) -> tuple[Scalars, Bool[Array, ""], Any]:
    """As `solve_sparse` but for pivoting: the third result says where that is missed, and the others mean nothing."""
    n = len(b)
    doubt: Any = False
    if n <= 2:
        p = _adjugate(H, b)
    elif _elimination_work(H, n) <= _MOST_OPERATIONS:
        p = _eliminate(H, b)
        doubt = ~_is_solution(H, b, p)
    else:
        p = tuple(jnp.linalg.solve(_dense(H, n), jnp.stack(b)))
    return p, _is_singular(H, p), doubt


def _is_singular(H: SparseHessian, p: Scalars) -> Bool[Array, ""]:
    return _all_finite(tuple(H.values())) & ~_all_finite(p)


def solve_tridiagonal(
    diagonal: Float[Array, " n"], above: Float[Array, " n"], b: Float[Array, " n"]
) -> tuple[Float[Array, " n"], Bool[Array, ""]]:
    """The solution for a symmetric tridiagonal H, and whether H is singular; above[i] = H[i, i + 1], above[-1] = 0."""
    below = jnp.roll(above, 1).at[0].set(0)
    p = jax.lax.linalg.tridiagonal_solve(below, diagonal, above, b[:, None])[:, 0]
    finite = jnp.all(jnp.isfinite(diagonal)) & jnp.all(jnp.isfinite(above))
    return p, finite & ~jnp.all(jnp.isfinite(p))


def _adjugate(H: SparseHessian, b: Scalars) -> Scalars:
    zero = jnp.zeros_like(b[0])
    if len(b) == 1:
        return (b[0] / H.get((0, 0), zero),)
    h00, h10, h11 = (H.get(place, zero) for place in ((0, 0), (1, 0), (1, 1)))
    inverse = 1 / (h00 * h11 - h10 * h10)
    return (h11 * b[0] - h10 * b[1]) * inverse, (h00 * b[1] - h10 * b[0]) * inverse


def _below(places: Any, n: int) -> list[list[int]]:
    """For each column the rows below the diagonal that fill up during elimination."""
    columns = [{i for i, j in places if j == k and i > k} for k in range(n)]
    for k in range(n):
        for i in columns[k]:
            columns[i] |= {row for row in columns[k] if row > i}
    return [sorted(column) for column in columns]


def _elimination_work(H: SparseHessian, n: int) -> int:
    return sum(len(column) * (len(column) + 3) // 2 for column in _below(H, n))


def _eliminate(H: SparseHessian, b: Scalars) -> Scalars:
    """L D L^T p = b, column by column (Golub & Van Loan, Matrix Computations, 4th ed., section 4.1.2)."""
    n, rows = len(b), _below(H, len(b))
    work: dict[tuple[int, int], Any] = dict(H)
    p = list(b)
    inverse: list[Any] = [1 / work.get((0, 0), jnp.zeros_like(b[0]))] * n
    factor: dict[tuple[int, int], Any] = {}
    for k in range(n):
        inverse[k] = 1 / work.get((k, k), jnp.zeros_like(b[0]))
        for i in rows[k]:
            factor[i, k] = work[i, k] * inverse[k]
            p[i] = p[i] - factor[i, k] * p[k]
        for i in rows[k]:
            for j in (row for row in rows[k] if row <= i):
                update = factor[i, k] * work[j, k]
                work[i, j] = work[i, j] - update if (i, j) in work else -update
    for k in reversed(range(n)):
        p[k] = p[k] * inverse[k]
        for i in rows[k]:
            p[k] = p[k] - factor[i, k] * p[i]
    return tuple(p)


def _is_solution(H: SparseHessian, b: Scalars, p: Scalars) -> Bool[Array, ""]:
    """Is the residual within the backward error allowed? NaN says no."""
    product = [jnp.zeros_like(b[0])] * len(b)
    for (i, j), entry in H.items():
        product[i] = product[i] + entry * p[j]
        if i != j:
            product[j] = product[j] + entry * p[i]
    residual = _largest([after - before for after, before in zip(product, b, strict=True)])
    return residual <= _BACKWARD_ERROR * (_largest(list(H.values())) * _largest(list(p)) + _largest(list(b)))


def _largest(values: list[Any]) -> Float[Array, ""]:
    sizes = [jnp.abs(value) for value in values]
    while len(sizes) > 1:
        sizes = [jnp.maximum(a, b) for a, b in zip(sizes[::2], sizes[1::2], strict=False)] + sizes[
            len(sizes) // 2 * 2 :
        ]
    return sizes[0]


@custom_vmap
def _redo(wrong: Bool[Array, ""], H: SparseHessian, b: Scalars, p: Scalars) -> Scalars:
    """p, or where it is wrong the solution by LU; over a batch only the wrong lanes are solved again."""
    again = lambda: tuple(jnp.linalg.solve(_dense(H, len(b)), jnp.stack(b)))  # noqa: E731
    return jax.lax.cond(wrong, again, lambda: p)


@_redo.def_vmap
def _redo_lanes(lanes: int, batched: Any, wrong: Any, H: Any, b: Any, p: Any) -> tuple[Any, Any]:
    del batched
    H, b, p = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (lanes,)), (H, b, p))
    n = len(b)

    def some(carry: tuple[Any, Any]) -> tuple[Any, Any]:
        wrong, p = carry
        (which,) = jnp.nonzero(wrong, size=min(lanes, _REDONE_AT_ONCE), fill_value=lanes)
        theirs_H, theirs_b = jax.tree.map(lambda leaf: leaf.at[which].get(mode="clip"), (H, b))
        again = jax.vmap(lambda H, b: jnp.linalg.solve(_dense(H, n), jnp.stack(b)))(theirs_H, theirs_b)
        p = tuple(old.at[which].set(again[:, i], mode="drop") for i, old in enumerate(p))
        return wrong.at[which].set(False, mode="drop"), p

    wrong = jnp.broadcast_to(wrong, (lanes,))
    p = jax.lax.while_loop(lambda carry: jnp.any(carry[0]), some, (wrong, p))[1]
    return p, jax.tree.map(lambda _: True, p)


def _dense(H: SparseHessian, n: int) -> Float[Array, "n n"]:
    zero = jnp.zeros_like(next(iter(H.values())))
    return jnp.stack([jnp.stack([H.get((max(i, j), min(i, j)), zero) for j in range(n)]) for i in range(n)])


def _all_finite(values: Scalars) -> Bool[Array, ""]:
    finite = jnp.isfinite(values[0])
    for value in values[1:]:
        finite &= jnp.isfinite(value)
    return finite
