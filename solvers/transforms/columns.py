"""A function of one lane, run over all lanes with the lanes on the LAST axis of every array.

`jax.vmap` moves the lanes to the first axis wherever it has to choose, and a derivative makes it choose at every step.
With the lanes last, slices, sums and recurrences along a vector are loops over contiguous lanes, and as fast as
elementwise arithmetic.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.core import ClosedJaxpr
from jaxtyping import Array, PyTree

from solvers.transforms.jaxpr import NoRule, Rule, walk
from solvers.transforms.kernel import compiled_apart, is_apart
from solvers.transforms.kernels.scan_kernel import Recurrence, has_kernel, in_scan_kernel
from solvers.transforms.objects import tree_fold
from solvers.transforms.primitives import ELEMENTWISE
from solvers.transforms.version import Equation, binder, inner, scan_parts


class Wide(NamedTuple):
    """A value that differs from lane to lane, lanes last. What is the same for all is a plain array, computed once."""

    array: Array


def over_columns(fn: Callable[..., PyTree]) -> Callable[..., PyTree]:
    """`jax.vmap(fn, in_axes=-1, out_axes=-1)`, without a transposition.

    Raises:
        NoRule: when called, if `fn` holds an operation that has no rule here.
    """

    def spread(*lanes: PyTree) -> PyTree:
        leaves = jax.tree.leaves(lanes)
        one = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[:-1], leaf.dtype), lanes)
        closed, shapes = jax.make_jaxpr(fn, return_shape=True)(*one)
        results = _walk(closed, [Wide(leaf) for leaf in leaves])
        width = leaves[0].shape[-1]
        return jax.tree.unflatten(jax.tree.structure(shapes), [_widened(value, width) for value in results])

    return spread


def _constant(value: Any) -> Array:
    """A constant as an array of its own dtype; a long one stays where it is."""
    return value if np.ndim(value) else jnp.asarray(value, getattr(value, "dtype", None))


def _walk(closed: ClosedJaxpr, args: Sequence[Any]) -> list[Any]:
    return walk(closed, lambda name: _apply, _constant, args)


def _apply(eqn: Equation, *inputs: Any) -> list[Any]:
    name = eqn.primitive.name
    if not any(isinstance(value, Wide) for value in inputs):
        results = binder(eqn)(*inputs)
        return list(results) if eqn.primitive.multiple_results else [results]
    # A derivative rule has done its work where its function is called: it can be taken apart.
    called = eqn.params["call_jaxpr"] if name == "custom_jvp_call" else inner(eqn)
    if called is not None:
        return _call(eqn, called, inputs)
    if name not in _RULES:
        raise NoRule(f'the primitive "{name}" has no rule for lanes on the last axis')
    results = _RULES[name](eqn, *inputs)
    return [Wide(result) for result in (results if isinstance(results, list) else [results])]


def _call(eqn: Equation, called: ClosedJaxpr, inputs: Sequence[Any]) -> list[Any]:
    if not is_apart(eqn):
        return _walk(called, inputs)
    wide: list[bool] = []

    def plain(*arrays: Array) -> list[Array]:
        given = [Wide(array) if isinstance(old, Wide) else array for old, array in zip(inputs, arrays, strict=True)]
        results = _walk(called, given)
        wide.extend(isinstance(result, Wide) for result in results)
        return [_array(result) for result in results]

    results = compiled_apart(plain)(*map(_array, inputs))
    return [Wide(result) if known else result for known, result in zip(wide, results, strict=True)]


def _array(value: Any) -> Array:
    return value.array if isinstance(value, Wide) else value


def _widened(value: Any, width: int) -> Array:
    return value.array if isinstance(value, Wide) else _spread(value, (*value.shape, width))


def _spread(value: Array, shape: tuple[int, ...]) -> Array:
    return lax.broadcast_in_dim(value, shape, tuple(range(value.ndim)))


def _width(*values: Any) -> int:
    return next(value.array.shape[-1] for value in values if isinstance(value, Wide))


def _elementwise(eqn: Equation, *values: Any) -> Any:
    shape = (*eqn.outvars[0].aval.shape, _width(*values))

    def fit(value: Any) -> Array:
        array = value.array if isinstance(value, Wide) else value[..., None]
        # Primitives stretch axes of length 1 and scalars by themselves.
        return jnp.broadcast_to(array.reshape((1,) * (len(shape) - array.ndim) + array.shape), shape)

    return binder(eqn)(*map(fit, values))


def _as_it_is(eqn: Equation, *values: Any) -> Any:
    """For what names axes by their numbers, which stay the same."""
    width = _width(*values)
    return eqn.primitive.bind(*(_widened(value, width) for value in values), **eqn.params)


def _bitcast(eqn: Equation, value: Wide) -> Array:
    if value.array.dtype.itemsize != eqn.outvars[0].aval.dtype.itemsize:
        raise NoRule("bits read as numbers of another size have no rule for lanes on the last axis")
    return _elementwise(eqn, value)


def _broadcast(eqn: Equation, value: Wide) -> Array:
    shape, axes = eqn.params["shape"], eqn.params["broadcast_dimensions"]
    return lax.broadcast_in_dim(value.array, (*shape, _width(value)), (*axes, len(shape)))


def _reshape(eqn: Equation, value: Wide) -> Array:
    return lax.reshape(value.array, (*eqn.params["new_sizes"], _width(value)))


def _transpose(eqn: Equation, value: Wide) -> Array:
    axes = eqn.params["permutation"]
    return lax.transpose(value.array, (*axes, len(axes)))


def _slice(eqn: Equation, value: Wide) -> Array:
    p, width = eqn.params, _width(value)
    strides = p["strides"] and (*p["strides"], 1)
    return lax.slice(value.array, (*p["start_indices"], 0), (*p["limit_indices"], width), strides)


def _pad(eqn: Equation, value: Any, around: Any) -> Array:
    if isinstance(around, Wide):
        raise NoRule("pad by a number that differs from lane to lane has no rule")
    return lax.pad(value.array, around, (*eqn.params["padding_config"], (0, 0, 0)))


def _reduction(combine: Callable[[Array, Array], Array]) -> Rule:
    """Along axes of a vector in elementwise steps, which fuse; a reduction proper would go lane by lane."""

    def rule(eqn: Equation, value: Wide) -> Array:
        return _along(combine, value.array, eqn.params["axes"])

    return rule


def _along(combine: Callable[[Array, Array], Array], array: Array, axes: Sequence[int]) -> Array:
    for axis in sorted(axes, reverse=True):
        array = lax.squeeze(_folded(combine, array, axis), (axis,))
    return array


def _folded(combine: Callable[[Array, Array], Array], array: Array, axis: int) -> Array:
    """All along the axis combined into one, pairwise."""
    length = array.shape[axis]
    if length == 1:
        return array
    parts = min(length, _PARTS)
    size = length // parts
    pieces = [lax.slice_in_dim(array, k * size, (k + 1) * size, axis=axis) for k in range(parts)]
    whole = _folded(combine, tree_fold(combine, pieces), axis)
    if size * parts == length:
        return whole
    return combine(whole, _folded(combine, lax.slice_in_dim(array, size * parts, length, axis=axis), axis))


_PARTS = 16


def _gather(eqn: Equation, value: Any, at: Any) -> Array:
    if isinstance(at, Wide):
        raise NoRule("gather from places that differ from lane to lane has no rule for lanes on the last axis")
    p = eqn.params
    numbers = p["dimension_numbers"]
    numbers = numbers._replace(offset_dims=(*numbers.offset_dims, eqn.outvars[0].aval.ndim))
    sizes = (*p["slice_sizes"], _width(value))
    return eqn.primitive.bind(value.array, at, **p | {"dimension_numbers": numbers, "slice_sizes": sizes})


def _scatter_add(eqn: Equation, value: Any, at: Any, updates: Any) -> Array:
    if isinstance(at, Wide):
        raise NoRule("scatter to places that differ from lane to lane has no rule for lanes on the last axis")
    numbers, width = eqn.params["dimension_numbers"], _width(value, updates)
    numbers = numbers._replace(update_window_dims=(*numbers.update_window_dims, eqn.invars[2].aval.ndim))
    arrays = _widened(value, width), at, _widened(updates, width)
    return eqn.primitive.bind(*arrays, **eqn.params | {"dimension_numbers": numbers})


def _dot(eqn: Equation, a: Any, b: Any) -> Array:
    (over_a, over_b), (batch_a, _) = eqn.params["dimension_numbers"]
    if batch_a:
        raise NoRule("dot_general with batch dimensions has no rule for lanes on the last axis")
    if isinstance(a, Wide) and isinstance(b, Wide):
        if a.array.ndim + b.array.ndim - 2 > 2 * len(over_a):
            raise NoRule("a product of matrices of every lane has no rule for lanes on the last axis")
        return _along(lax.add, a.array * jnp.moveaxis(b.array, over_b, over_a), over_a)
    matrix, over_matrix, vector, over_vector = (b, over_b, a, over_a) if isinstance(a, Wide) else (a, over_a, b, over_b)
    if matrix.size > _LARGE:
        raise NoRule("a product with a large matrix is left to the library, which wants the lanes first")
    result = _product(
        jnp.moveaxis(matrix, over_matrix, range(-len(over_matrix), 0)),
        jnp.moveaxis(vector.array, over_vector, range(len(over_vector))),
        len(over_vector),
        eqn.params["precision"],
    ).astype(eqn.outvars[0].aval.dtype)
    if vector is b:
        return result
    free = matrix.ndim - len(over_matrix)
    return jnp.moveaxis(result, range(free), range(result.ndim - 1 - free, result.ndim - 1))


def _product(matrix: Array, vector: Array, over: int, precision: Any) -> Array:
    """Summed over the last `over` axes of the matrix and the first of the vector, whose last axis are the lanes."""
    if matrix.size > _SMALL:
        return jnp.tensordot(matrix, vector, over, precision=precision)
    terms = matrix.reshape(*matrix.shape, *(1,) * (vector.ndim - over)) * vector
    return _along(lax.add, terms, range(matrix.ndim - over, matrix.ndim))


_SMALL = 2**8
"""Up to so many entries a product in elementwise steps is faster than to call a library."""
_LARGE = 2**12


def _scan(eqn: Equation, *values: Any) -> Any:
    p, width = eqn.params, _width(*values)
    n_consts, n_carry = scan_parts(eqn)
    consts, rest = values[:n_consts], [_widened(value, width) for value in values[n_consts:]]
    carry, xs = rest[:n_carry], rest[n_carry:]
    if p["length"] and has_kernel(p["jaxpr"]):
        known = Recurrence(p["jaxpr"], p["length"], p["reverse"], width, n_consts, n_carry)
        return in_scan_kernel(known, [*map(_array, consts), *rest])

    def body(carry: list[Array], x: list[Array]) -> tuple[list[Array], list[Array]]:
        results = _walk(p["jaxpr"], [*consts, *map(Wide, carry), *map(Wide, x)])
        outputs = [_widened(result, width) for result in results]
        return outputs[: len(carry)], outputs[len(carry) :]

    carry, ys = lax.scan(body, carry, xs, p["length"], reverse=p["reverse"], unroll=p["unroll"])
    return [*carry, *ys]


_REDUCTIONS = {
    **{"reduce_sum": lax.add, "reduce_prod": lax.mul, "reduce_max": lax.max, "reduce_min": lax.min},
    **{"reduce_and": lax.bitwise_and, "reduce_or": lax.bitwise_or},
}
_ALONG = ("cumsum", "cumprod", "rev", "concatenate", "squeeze", "split", "stack", "unstack")

_RULES: dict[str, Rule] = {
    **dict.fromkeys(ELEMENTWISE, _elementwise),
    **dict.fromkeys(_ALONG, _as_it_is),
    **{name: _reduction(combine) for name, combine in _REDUCTIONS.items()},
    "bitcast_convert_type": _bitcast,
    "broadcast_in_dim": _broadcast,
    "reshape": _reshape,
    "transpose": _transpose,
    "slice": _slice,
    "pad": _pad,
    "gather": _gather,
    "scatter-add": _scatter_add,
    "reshard": lambda eqn, value: value.array,
    "dot_general": _dot,
    "scan": _scan,
}
