"""The Hessian of a function of one point, which is a vector [n] or a tuple of n scalars.

A tuple gives a sparse Hessian: the jaxpr of the gradient is differentiated forward, operation by operation, and only
with respect to the variables that each operation depends on. Entries that no operation touches are never computed.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from solvers.transforms.jaxpr import Rule, walk
from solvers.transforms.kernel import apart
from solvers.transforms.kernels.row_sums import row_sum
from solvers.transforms.scalars import Scalars
from solvers.transforms.version import Equation, binder

SparseHessian = dict[tuple[int, int], Float[Array, ""]]
"""Entries (i, j) with i >= j that may differ from zero."""


def tridiagonal_hessian(
    fn: Callable[[Float[Array, " n"]], Float[Array, ""]], x: Float[Array, " n"]
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """The diagonal and the entries above it (the last is 0) of a tridiagonal Hessian, from three products.

    Columns three apart share no row, so one product gives a third of all columns (Curtis, Powell & Reid 1974,
    IMA J. Appl. Math. 13(1), 117).
    """
    row = np.arange(x.size)  # of NumPy: what is known beforehand is not computed for every lane
    directions = jnp.asarray(row % 3 == np.arange(3)[:, None], x.dtype)
    products = apart(lambda x: jax.vmap(jax.linearize(jax.grad(fn), x)[1])(directions))(x)
    own, right = (_choose((row + k) % 3, products) for k in range(2))
    return own, jnp.where(row < x.size - 1, right, 0)


def diagonal_hessian(fn: Callable[[Float[Array, " n"]], Float[Array, ""]], x: Float[Array, " n"]) -> Float[Array, " n"]:
    """The diagonal of a Hessian that is zero elsewhere, from one product."""
    return apart(lambda x: jax.jvp(jax.grad(fn), (x,), (jnp.ones_like(x),))[1])(x)


def _choose(which: Int[np.ndarray, " n"], rows: Float[Array, "3 n"]) -> Float[Array, " n"]:
    """rows[which[i], i]. Selects: a lookup costs more."""
    return jnp.where(which == 0, rows[0], jnp.where(which == 1, rows[1], rows[2]))


def dense_hessian(fn: Callable[[Float[Array, " n"]], Float[Array, ""]], x: Float[Array, " n"]) -> Float[Array, "n n"]:
    """The whole Hessian, `HESSIAN_BLOCK` at a time where n is large: all at once would not stay near the core."""
    directions = jnp.eye(x.size, dtype=x.dtype)
    if x.size <= HESSIAN_BLOCK:
        return apart(lambda x: jax.vmap(jax.linearize(jax.grad(fn), x)[1])(directions))(x)
    return jax.lax.map(jax.linearize(jax.grad(fn), x)[1], directions, batch_size=HESSIAN_BLOCK)


HESSIAN_BLOCK = 128


class Dual:
    """A scalar and its derivatives with respect to those variables it depends on."""

    __slots__ = ("slopes", "value")

    def __init__(self, value: Any, slopes: dict[int, Any] | None = None) -> None:
        self.value, self.slopes = value, slopes or {}


def sparse_hessian(fn: Callable[[Scalars], Float[Array, ""]], x: Scalars) -> SparseHessian:
    """The entries of the lower triangle that may differ from zero."""
    closed = jax.make_jaxpr(jax.grad(fn))(x)
    # Of NumPy: a slope that is known to be one costs no product.
    seeds = [Dual(value, {i: np.ones((), value.dtype)[()]}) for i, value in enumerate(x)]
    slopes = walk(closed, _Forward(), Dual, seeds)
    return {(i, j): g.slopes[j] for i, g in enumerate(slopes) for j in sorted(g.slopes) if j <= i}


class _Forward(dict[str, Rule]):
    """One rule for every primitive: its own derivative rule, for each variable it depends on."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Rule:
        return _differentiate_row_sum if name == "row_sum" else _differentiate


def _differentiate(eqn: Equation, *inputs: Dual) -> list[Dual]:
    bind = binder(eqn)
    values = [dual.value for dual in inputs]
    results = _listed(eqn, bind(*values))
    slopes: list[dict[int, Any]] = [{} for _ in results]
    for variable in sorted({i for dual in inputs for i in dual.slopes}):
        for slope, result in zip(slopes, _slopes(eqn, bind, inputs, variable), strict=True):
            slope[variable] = result
    return [Dual(result, slope) for result, slope in zip(results, slopes, strict=True)]


def _differentiate_row_sum(eqn: Equation, *inputs: Dual) -> list[Dual]:
    """The sums and all their derivatives, by one loop over the rows."""
    term = eqn.params["term"]
    known = [Dual(None, {i: slope for i, slope in dual.slopes.items() if _is_known(slope)}) for dual in inputs]
    places = [(k, i) for k, dual in enumerate(inputs) for i in dual.slopes if i not in known[k].slopes]
    found: list[list[int]] = []

    def sums(*numbers: Any) -> list[Any]:
        values, slopes = numbers[: len(inputs)], dict(zip(places, numbers[len(inputs) :], strict=False))
        row = numbers[len(inputs) + len(places) :]
        seeds = [
            Dual(value, dual.slopes | {i: slope for (at, i), slope in slopes.items() if at == k})
            for k, (value, dual) in enumerate(zip(values, known, strict=True))
        ]
        results = walk(term, _Forward(), Dual, [*seeds, *map(Dual, row)])
        found[:] = [sorted(result.slopes) for result in results]
        return [*(r.value for r in results), *(r.slopes[i] for r, at in zip(results, found, strict=True) for i in at)]

    moving = [inputs[k].slopes[i] for k, i in places]
    shapes = [jax.ShapeDtypeStruct((), aval.dtype) for aval in term.in_avals]
    directions = [jax.ShapeDtypeStruct((), slope.dtype) for slope in moving]
    whole = jax.make_jaxpr(sums)(*shapes[: len(inputs)], *directions, *shapes[len(inputs) :])
    totals = iter(row_sum(whole, eqn.params["columns"], eqn.params["rows"], *(d.value for d in inputs), *moving))
    values = [next(totals) for _ in term.out_avals]
    return [Dual(value, {i: next(totals) for i in at}) for value, at in zip(values, found, strict=True)]


def _is_known(slope: Any) -> bool:
    return isinstance(slope, np.generic)


def _slopes(eqn: Equation, bind: Callable[..., Any], inputs: Sequence[Dual], variable: int) -> list[Any]:
    """The derivatives of the results with respect to one variable; inputs that do not depend on it are constants."""
    moving = [k for k, dual in enumerate(inputs) if variable in dual.slopes]

    def of_moving(*values: Any) -> Any:
        at = dict(zip(moving, values, strict=True))
        return bind(*(at.get(k, dual.value) for k, dual in enumerate(inputs)))

    primals = tuple(inputs[k].value for k in moving)
    tangents = tuple(inputs[k].slopes[variable] for k in moving)
    return _listed(eqn, jax.jvp(of_moving, primals, tangents)[1])


def _listed(eqn: Equation, results: Any) -> list[Any]:
    return list(results) if eqn.primitive.multiple_results else [results]
