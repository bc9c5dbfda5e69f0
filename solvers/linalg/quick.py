"""Quick solutions of one symmetric system H p = b, definite or not, by elimination without pivoting.

They are written for lanes on the last axis, where each operation runs along the lanes of a batch; LAPACK takes the
systems of a batch one by one. Whether pivoting was missed is told by the residual: then `linear` knows better.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from solvers.transforms.jaxpr import NoRule
from solvers.transforms.kernel import apart

Try = tuple[Float[Array, " n"], Bool[Array, ""], Any]
"""The solution; is H singular; is all this in doubt?"""
CLOSED_FORM = 2
"""So many unknowns have a formula that needs no pivot, and is in no doubt."""
MOST_DENSE = 64
"""Beyond it LAPACK is faster, and the code of the blocks too long to compile."""
_BACKWARD_ERROR = 2**12
"""At most, in units of the dtype's eps."""
_GROWTH = 1e5
"""Of entries under elimination, at most, and never more than leaves half of the digits: rounding grows as much."""
_BLOCK = 3


def try_dense(H: Float[Array, "n n"], b: Float[Array, " n"]) -> Try:
    """By blocks of three: H = L D L^T, D of 3 x 3 blocks (Golub & Van Loan, 4th ed., section 4.4, without pivoting).

    Raises:
        NoRule: n is beyond MOST_DENSE.
    """
    if len(b) > MOST_DENSE:
        raise NoRule(f"n = {len(b)} is left to LAPACK")
    if len(b) <= CLOSED_FORM:
        p = _product(_inverse(H), b)
        return p, jnp.all(jnp.isfinite(H)) & ~jnp.all(jnp.isfinite(p)), False
    p = _eliminate(H, b)
    residual = apart(lambda H, p: jnp.sum(H * p, axis=1))(H, p) - b
    allowed = _BACKWARD_ERROR * _eps(b) * (_largest(H) * _largest(p) + _largest(b))
    return _judged(p, _largest(residual), allowed)


def try_tridiagonal(diagonal: Float[Array, " n"], above: Float[Array, " n"], b: Float[Array, " n"]) -> Try:
    """For above[i] = H[i, i + 1], above[-1] = 0: elimination row by row (Golub & Van Loan, 4th ed., section 4.3.6)."""

    def eliminate(before: tuple[Array, Array], row: tuple[Array, ...]) -> tuple[Any, Any]:
        (d_less, b_less), (d, over, b) = before, row
        inverse = 1 / (d - d_less)
        ratio, y = over * inverse, (b - b_less) * inverse
        return (over * ratio, over * y), (ratio, y)

    def substitute(below: Array, row: tuple[Array, Array]) -> tuple[Array, Array]:
        ratio, y = row
        now = y - ratio * below
        return now, now

    nothing = jnp.zeros_like(b[0])
    _, factor = jax.lax.scan(eliminate, (nothing, nothing), (diagonal, above, b))
    _, p = jax.lax.scan(substitute, nothing, factor, reverse=True)
    # Elimination adds at most the largest |ratio| times the largest entry of H to an entry, and rounding errors grow
    # as that does (Higham 2002, theorem 9.5).
    return _judged(p, _largest(factor[0]), jnp.full_like(nothing, min(_GROWTH, _eps(b) ** -0.5)))


def _eps(values: Array) -> float:
    return float(jnp.finfo(values.dtype).eps)


def _judged(p: Array, error: Array, allowed: Array) -> Try:
    # Written so that NaN is doubt; a singular H gives NaN or infinity, and pivoting tells which it was.
    sound = (error <= allowed) & jnp.isfinite(allowed)
    return p, jnp.zeros_like(sound), ~sound


def _largest(values: Array) -> Float[Array, ""]:
    return apart(lambda values: jnp.max(jnp.abs(values)))(values)


def _eliminate(H: Float[Array, "n n"], b: Float[Array, " n"]) -> Float[Array, " n"]:
    k = min(_BLOCK, len(b))
    inverse = apart(lambda H: _inverse(H[:k, :k]))(H)
    y = _product(inverse, b[:k])
    if len(b) == k:
        return y
    panel = apart(lambda inverse, H: _product(inverse, H[:k, k:]))(inverse, H)
    rest = apart(lambda panel, H: H[k:, k:] - sum(panel[i][:, None] * H[i, k:] for i in range(k)))(panel, H)
    p = _eliminate(rest, b[k:] - sum(panel[i] * b[i] for i in range(k)))
    return jnp.concatenate([y - jnp.sum(panel * p, axis=1), p])


def _product(A: Float[Array, "k k"], B: Float[Array, "k ..."]) -> Float[Array, "k ..."]:
    return jnp.stack([sum(A[i, j] * B[j] for j in range(len(A))) for i in range(len(A))])


def _inverse(A: Float[Array, "k k"]) -> Float[Array, "k k"]:
    """By cofactors, k <= 3."""
    k = len(A)
    if k == 1:
        return 1 / A
    if k == 2:
        minors = [[A[1, 1], -A[0, 1]], [-A[1, 0], A[0, 0]]]
    else:
        minors = [[_minor(A, j, i) for j in range(3)] for i in range(3)]
    inverse = 1 / sum(A[0, j] * minors[j][0] for j in range(k))
    return jnp.stack([jnp.stack(row) for row in minors]) * inverse


def _minor(A: Float[Array, "3 3"], i: int, j: int) -> Float[Array, ""]:
    """The cofactor of A[i, j]."""
    (a, b), (c, d) = ((i + 1) % 3, (i + 2) % 3), ((j + 1) % 3, (j + 2) % 3)
    return A[a, c] * A[b, d] - A[a, d] * A[b, c]
