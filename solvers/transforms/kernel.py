"""A function of one lane, run over all lanes in one pass.

XLA's CPU compiler, left alone, makes a loop over the lanes for every single result and computes in each what the
results have in common: ten times the work for a step that has ten results. On other backends this is `jax.vmap`.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun
from jaxtyping import Array, Bool, PyTree

from solvers.transforms.target import target
from solvers.transforms.version import ONE_PASS, Equation, inner, not_inlined, parts


def together(fn: Callable[..., PyTree]) -> Callable[..., PyTree]:
    """`jax.vmap(fn)` for an elementwise `fn` of scalars, all of whose results are computed in one loop.

    The only operation with several results for which XLA:CPU makes one loop is a reduction. So the results become the
    sums of two terms each, the result and nothing (-0.0, which changes no number), in one reduction; LLVM sees that
    nothing needs no work. A function that has control flow or calls libraries is left to `jax.vmap`, and so are all
    where XLA makes something else of it (`solvers.transforms.version`).

    Args:
        fn: of trees of scalars; may use arrays of its surroundings.

    Returns:
        The same function of trees of arrays [lanes].
    """

    def over_lanes(*lanes: PyTree) -> PyTree:
        one = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), lanes)
        closed, shapes = jax.make_jaxpr(fn, return_shape=True)(*one)
        return jax.tree.unflatten(jax.tree.structure(shapes), _results(closed, jax.tree.leaves(lanes)))

    return over_lanes


def _results(closed: ClosedJaxpr, lanes: list[Array]) -> list[Array]:
    given = dict(zip(closed.jaxpr.invars, lanes, strict=True))
    computed = [i for i, result in enumerate(closed.jaxpr.outvars) if not _given(result, given)]
    if target() != "cpu" or not ONE_PASS or len(computed) < 2 or not _suitable(closed.jaxpr):
        return jax.vmap(jaxpr_as_fun(closed))(*lanes)
    results = dict(zip(computed, _in_one_loop(closed, lanes, computed), strict=True))
    return [results[i] if i in results else given[v] for i, v in enumerate(closed.jaxpr.outvars)]


def _given(result: Any, inputs: dict[Any, Array]) -> bool:
    """Is the result one of the inputs, unchanged? To write it again costs as much as a short step."""
    return not isinstance(result, Literal) and result in inputs


def _in_one_loop(closed: ClosedJaxpr, lanes: list[Array], wanted: list[int]) -> list[Array]:
    """The results of the numbers `wanted`."""
    results = jax.vmap(jaxpr_as_fun(closed))(*lanes)
    nothing = [_nothing(results[i].dtype) for i in wanted]
    terms = [lax.pad(results[i][None], zero, ((0, 1, 0), (0, 0, 0))) for i, zero in zip(wanted, nothing, strict=True)]
    return list(lax.reduce(tuple(terms), tuple(nothing), lambda a, b: tuple(map(_sum, a, b)), (0,)))


def _nothing(dtype: Any) -> Array:
    return jnp.asarray(-0.0 if jnp.issubdtype(dtype, jnp.floating) else 0, dtype)


def _sum(a: Array, b: Array) -> Array:
    return a | b if a.dtype == bool else a + b


def _suitable(jaxpr: Any) -> bool:
    """One reduction takes one precision."""
    precisions = {v.aval.dtype for v in jaxpr.outvars if jnp.issubdtype(v.aval.dtype, jnp.floating)}
    return len(precisions) < 2 and _elementwise(jaxpr)


def _elementwise(jaxpr: Any) -> bool:
    """Is it arithmetic on scalars, one operation after the other?"""
    return not any(v.aval.shape for v in jaxpr.invars) and all(
        not any(v.aval.shape for v in eqn.outvars)
        and (_elementwise(called.jaxpr) if (called := inner(eqn)) else not parts(eqn))
        for eqn in jaxpr.eqns
    )


def apart(fn: Callable[..., PyTree]) -> Callable[..., PyTree]:
    """Marks a part of a lane's function whose results must be computed once and stored.

    XLA:CPU computes an intermediate result again wherever it is used, if it thinks that cheap. Where a product of
    matrices is made of such results, that multiplies the work by n.
    """

    def _apart(*args: PyTree) -> PyTree:
        return fn(*args)

    return jax.jit(_apart)


def is_apart(eqn: Equation) -> bool:
    """Does the equation call a part so marked?"""
    return eqn.params.get("name") == "_apart"


def compiled_apart(fn: Callable[..., list[Array]]) -> Callable[..., list[Array]]:
    """`fn` as a computation of its own, which the compiler does not merge with its surroundings."""
    called = jax.jit(fn)

    def call(*arrays: Array) -> list[Array]:
        return not_inlined(called(*arrays)) if target() == "cpu" else fn(*arrays)

    return call


def chosen(which: Bool[Array, ""], new: Array, old: Array) -> Array:
    """`jnp.where(which, new, old)`, of what one lane has: numbers or arrays of one shape and dtype, all bits kept.

    A choice that takes the place of `old` becomes a store under a mask, for which some CPUs with AVX2 take ten times as
    long as for a plain one. Bits chosen by bits, from a mask that lies ready, do not show that they are a choice.
    """
    if not (new.ndim and jnp.issubdtype(new.dtype, jnp.floating) and target() == "cpu"):
        return jnp.where(which, new, old)
    word = jnp.dtype(f"int{8 * new.dtype.itemsize}")
    mask = apart(lambda which: -which.astype(word))(which)
    new_bits, old_bits = (lax.bitcast_convert_type(value, word) for value in (new, old))
    return lax.bitcast_convert_type(old_bits ^ ((new_bits ^ old_bits) & mask), new.dtype)
