"""A function of an n-vector rewritten as a function of n scalars.

Over a batch each scalar becomes one array with the lanes as its only axis. Slices, pads and transposes vanish, every
operation is elementwise over lanes, and XLA fuses a whole step into a few loops. The price is code in proportion to n,
so it is for small functions only.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.core import Literal
from jaxtyping import Array, Float

from solvers.transforms.jaxpr import NoRule, walk
from solvers.transforms.objects import STRUCTURE, Rule, each, fold, tree_fold
from solvers.transforms.primitives import ELEMENTWISE, PrimitiveCost, cost_of
from solvers.transforms.version import Equation, binder, derivative_rule, parts

Scalars = tuple[Float[Array, ""], ...]
_MOST_OPERATIONS = 120
"""Beyond so many scalar operations the code takes too long to compile."""


def scalarise(
    fn: Callable[[Float[Array, " n"]], Float[Array, ""]], n: int, dtype: Any, most_operations: int = _MOST_OPERATIONS
) -> Callable[[Scalars], Any] | None:
    """`fn` as a function of a tuple of n scalars, or None where it is too large or uses what has no scalar rule."""
    closed = jax.make_jaxpr(fn)(jax.ShapeDtypeStruct((n,), dtype))
    if operations_of(closed.jaxpr) > most_operations:
        return None

    def of_scalars(x: Scalars) -> Float[Array, ""]:
        return jnp.asarray(walk(closed, RULES.get, as_cells, [as_vector(x)])[0][()], dtype)

    try:
        jax.eval_shape(of_scalars, (jax.ShapeDtypeStruct((), dtype),) * n)
    except NoRule:
        return None
    return of_scalars


def as_vector(x: Sequence[Any]) -> np.ndarray:
    """Scalars, or other objects, as an object array [n]."""
    vector = np.empty(len(x), object)
    for i, scalar in enumerate(x):
        vector[i] = scalar
    return vector


def as_cells(value: Any) -> np.ndarray:
    """An array as an object array of its elements; traced data are taken apart element by element."""
    if not isinstance(value, jax.Array):
        value = np.asarray(value)
    cells = np.empty(value.shape, object)
    for index in np.ndindex(value.shape):
        cells[index] = value[index] if index else value
    return cells


def has_long_operations(fn: Callable[[Scalars], Any], x: Scalars) -> bool:
    """Does `fn` divide, or call an elementary function? XLA computes no such result twice, but writes a loop for it.

    A division by a constant is a multiplication.
    """
    return _is_long(jax.make_jaxpr(fn)(x).jaxpr)


def _is_long(jaxpr: Any) -> bool:
    return any(_takes_long(eqn) or any(map(_is_long, parts(eqn))) for eqn in jaxpr.eqns)


def _takes_long(eqn: Equation) -> bool:
    divides = eqn.primitive.name == "div" and not isinstance(eqn.invars[1], Literal)
    return divides or cost_of(eqn.primitive.name) is not PrimitiveCost.SHORT


def operations_of(jaxpr: Any) -> int:
    """Scalar operations the rewritten function will have, roughly."""
    return sum(map(operations, jaxpr.eqns))


def operations(eqn: Equation) -> int:
    """Scalar operations that an equation becomes, roughly."""
    elements = max(math.prod(v.aval.shape) for v in (*eqn.outvars, *eqn.invars))
    return _weight(eqn) * max(_work(eqn), elements)


_MANY = 16
"""Operations that an elementary function counts for: it is a polynomial, written out wherever it is called."""


def _work(eqn: Equation) -> int:
    if eqn.primitive.name == "dot_general":
        (contracted, _), _ = eqn.params["dimension_numbers"]
        shape = eqn.invars[0].aval.shape
        return math.prod(eqn.outvars[0].aval.shape) * math.prod(shape[i] for i in contracted)
    if eqn.primitive.name == "custom_jvp_call":  # element by element, whatever the shapes inside
        inside = eqn.params["call_jaxpr"].jaxpr.eqns
        return math.prod(eqn.outvars[0].aval.shape) * sum(map(_weight, inside))
    return sum(map(operations_of, parts(eqn)))


def _weight(eqn: Equation) -> int:
    return _MANY if cost_of(eqn.primitive.name) is PrimitiveCost.ELEMENTARY else 1


def _bind(eqn: Equation, *elements: Any) -> Any:
    dtypes = [v.aval.dtype for v in eqn.invars]
    result = binder(eqn)(*(_typed(element, dtype) for element, dtype in zip(elements, dtypes, strict=True)))
    return result[0] if eqn.primitive.multiple_results else result


def _typed(element: Any, dtype: Any) -> Any:
    return element if isinstance(element, jax.Array) else jnp.asarray(element, dtype)


def _element_by_element(eqn: Equation, *elements: Any) -> Any:
    """A function with a derivative rule of its own, on one element of its arrays, the rule kept.

    Raises:
        NoRule: the function does more than to go from element to element.
    """
    kinds = [v.aval.dtype for v in eqn.invars]

    @jax.custom_jvp
    def one(*values: Any) -> Any:
        return walk(eqn.params["call_jaxpr"], _ON_ELEMENTS.get, _only_value, values)[0]

    @one.defjvp
    def _(primals: Any, tangents: Any) -> tuple[Any, Any]:
        value, slope = walk(derivative_rule(eqn), _ON_ELEMENTS.get, _only_value, [*primals, *tangents])
        return value, slope

    return one(*(_typed(element, kind) for element, kind in zip(elements, kinds, strict=True)))


def _only_value(constant: Any) -> Any:
    values = np.unique(constant)
    if values.size != 1:
        raise NoRule("a derivative rule with an array of different constants has no scalar rule")
    return values[0]


def _custom_derivative(wrapped: Callable[..., Any], eqn: Equation, *inputs: np.ndarray) -> np.ndarray:
    """Kept whole on scalars, so that its derivative rule still counts."""
    if len(eqn.outvars) != 1:
        raise NoRule(f'"{eqn.primitive.name}" with several results has no scalar rule')
    shapes = {v.aval.shape for v in (*eqn.invars, *eqn.outvars)}
    if not shapes <= {(), eqn.outvars[0].aval.shape}:
        raise NoRule("a derivative rule of a function that is not element by element has no scalar rule")
    whole = shapes == {()}
    return each(wrapped(_bind if whole else _element_by_element))(eqn, *inputs)


def scalar_dot(
    times: Callable[..., Any], plus: Callable[..., Any], eqn: Equation, a: np.ndarray, b: np.ndarray
) -> np.ndarray:
    """A product of arrays of objects, of which `times` makes a term of two and `plus` a sum of two."""
    (over_a, over_b), (batch_a, batch_b) = eqn.params["dimension_numbers"]
    if batch_a or batch_b:
        raise NoRule("dot_general with batch dimensions has no scalar rule")
    rows = np.moveaxis(a, over_a, range(-len(over_a), 0)).reshape(-1, math.prod(a.shape[i] for i in over_a))
    columns = np.moveaxis(b, over_b, range(len(over_b))).reshape(rows.shape[1], -1)
    outputs = np.empty((rows.shape[0], columns.shape[1]), object)
    for i, j in np.ndindex(outputs.shape):
        outputs[i, j] = tree_fold(plus, list(map(times, rows[i], columns[:, j])))
    return outputs.reshape(eqn.outvars[0].aval.shape)


def _dot(wrapped: Callable[..., Any], eqn: Equation, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    dtype = eqn.outvars[0].aval.dtype
    times = wrapped(lambda p, q: jnp.asarray(p, dtype) * jnp.asarray(q, dtype))
    return scalar_dot(times, wrapped(lax.add), eqn, a, b)


def running(plus: Callable[..., Any], eqn: Equation, values: np.ndarray) -> np.ndarray:
    """Running sums along an axis, of which `plus` adds two objects."""
    axis = eqn.params["axis"]
    along = np.moveaxis(values.copy(), axis, 0)
    along = along[::-1] if eqn.params["reverse"] else along
    for k in range(1, len(along)):
        for index in np.ndindex(along.shape[1:]):
            along[(k, *index)] = plus(along[(k - 1, *index)], along[(k, *index)])
    return np.moveaxis(along[::-1] if eqn.params["reverse"] else along, 0, axis)


def iota(eqn: Equation) -> np.ndarray:
    """The numbers along an axis, as objects."""
    p = eqn.params
    along = np.arange(p["shape"][p["dimension"]], dtype=p["dtype"])
    others = [1] * len(p["shape"])
    others[p["dimension"]] = along.size
    return as_cells(np.broadcast_to(along.reshape(others), p["shape"]))


_ON_ELEMENTS: dict[str, Rule] = dict.fromkeys(ELEMENTWISE, _bind) | {
    "broadcast_in_dim": lambda _, value, *sizes: value,
    "custom_jvp_call": _element_by_element,
}


def scalar_rules(wrapped: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda fn: fn) -> dict[str, Rule]:
    """The rules, with every function of scalars in them `wrapped`."""
    return {name: each(wrapped(_bind)) for name in ELEMENTWISE} | {
        "custom_jvp_call": partial(_custom_derivative, wrapped),
        "reduce_sum": fold(wrapped(lax.add)),
        "reduce_prod": fold(wrapped(lax.mul)),
        "reduce_max": fold(wrapped(lax.max)),
        "reduce_min": fold(wrapped(lax.min)),
        "cumsum": partial(running, wrapped(lax.add)),
        "dot_general": partial(_dot, wrapped),
        "iota": iota,
        **STRUCTURE,
    }


RULES = scalar_rules()
