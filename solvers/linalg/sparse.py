"""A quick solution of one symmetric system of scalars H p = b, definite or not, in straight-line code.

Elimination L D L^T without pivoting, with no operation spent on entries that are zero by structure. Whether pivoting
was missed is told by the residual: then `solvers.linalg.linear` knows better.
"""

from functools import reduce
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from solvers.linalg.derivatives import SparseHessian
from solvers.transforms.scalars import Scalars

_MOST_OPERATIONS = 1500
"""An elimination longer than this is left to LAPACK."""


def try_sparse(H: SparseHessian, b: Scalars) -> tuple[Scalars, Bool[Array, ""], Any]:
    """The solution as scalars, whether H is singular, and whether pivoting was missed: then the others mean nothing."""
    n = len(b)
    doubt: Any = False
    if has_empty_row(H, n):
        return b, jnp.asarray(True), doubt
    if n <= 2:
        p = _adjugate(H, b)
    elif elimination_work(H, n) <= _MOST_OPERATIONS:
        p = _eliminate(H, b)
        doubt = ~_is_solution(H, b, p)
    else:
        p = tuple(jnp.linalg.solve(matrix(H, n), jnp.stack(b)))
    return p, _is_singular(H, p), doubt


def try_diagonal(H: SparseHessian, b: Scalars) -> tuple[Scalars, Bool[Array, ""], Any]:
    """As `try_sparse` for an H whose other entries are zero: no pivot can be missed."""
    zero = jnp.zeros_like(b[0])
    diagonal = tuple(H.get((i, i), zero) for i in range(len(b)))
    p = tuple(value / entry for value, entry in zip(b, diagonal, strict=True))
    return p, all_finite(diagonal) & ~all_finite(p), False


def has_empty_row(H: SparseHessian, n: int) -> bool:
    """Does f depend on some variable linearly, or not at all? Then H is singular, whatever the point."""
    return len({i for place in H for i in place}) < n


def _is_singular(H: SparseHessian, p: Scalars) -> Bool[Array, ""]:
    """Has a finite H given a solution p that is not finite?"""
    return all_finite(tuple(H.values())) & ~all_finite(p)


def matrix(H: SparseHessian, n: int) -> Float[Array, "n n"]:
    """H, which has an entry, with its zeros."""
    zero = jnp.zeros_like(next(iter(H.values())))
    return jnp.stack([jnp.stack([H.get((max(i, j), min(i, j)), zero) for j in range(n)]) for i in range(n)])


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


def elimination_work(H: SparseHessian, n: int) -> int:
    """Counts the multiplications of an elimination of n unknowns without pivoting."""
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
    # Half of the digits: a fixed bound would put every step of float32 in doubt, or none of float64.
    allowed = float(jnp.finfo(residual.dtype).eps) ** 0.5
    return residual <= allowed * (_largest(list(H.values())) * _largest(list(p)) + _largest(list(b)))


def _largest(values: list[Any]) -> Float[Array, ""]:
    sizes = [jnp.abs(value) for value in values]
    while len(sizes) > 1:
        sizes = [jnp.maximum(a, b) for a, b in zip(sizes[::2], sizes[1::2], strict=False)] + sizes[
            len(sizes) // 2 * 2 :
        ]
    return sizes[0]


def all_finite(values: Scalars) -> Bool[Array, ""]:
    """Are they? In two operations a number: zero times infinity is no number."""
    return reduce(jnp.add, [0 * value for value in values]) == 0
