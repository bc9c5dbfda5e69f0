"""A function of an n-vector rewritten as a function of n scalars.

Over a batch each scalar becomes one array with the lanes as its only axis. Slices, pads and transposes vanish, every
operation is elementwise over lanes, and XLA fuses a whole step into a few loops. The price is code in proportion to n,
so it is for small functions only.
"""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from solvers.jaxpr import Equation, NoRule, Rule, binder, walk

Scalars = tuple[Float[Array, ""], ...]
MOST_OPERATIONS = 120
"""Beyond so many scalar operations the code takes too long to compile."""


def scalarise(
    fn: Callable[[Float[Array, " n"]], Float[Array, ""]], n: int, dtype: Any, most_operations: int = MOST_OPERATIONS
) -> Callable[[Scalars], Any] | None:
    """`fn` as a function of a tuple of n scalars, or None where it is too large or uses what has no scalar rule."""
    closed = jax.make_jaxpr(fn)(jax.ShapeDtypeStruct((n,), dtype))
    if _size(closed.jaxpr) > most_operations:
        return None

    def of_scalars(x: Scalars) -> Float[Array, ""]:
        vector = np.empty(n, object)
        for i, scalar in enumerate(x):
            vector[i] = scalar
        return jnp.asarray(walk(closed, RULES, _constant, [vector])[0][()], dtype)

    try:
        jax.eval_shape(of_scalars, (jax.ShapeDtypeStruct((), dtype),) * n)
    except NoRule:
        return None
    return of_scalars


def _size(jaxpr: Any) -> int:
    """Scalar operations the rewritten function will have, roughly."""
    return sum(max(_work(eqn), *(math.prod(v.aval.shape) for v in (*eqn.outvars, *eqn.invars))) for eqn in jaxpr.eqns)


def _work(eqn: Equation) -> int:
    inner = [value for value in eqn.params.values() if hasattr(value, "eqns") or hasattr(value, "jaxpr")]
    if eqn.primitive.name == "dot_general":
        (contracted, _), _ = eqn.params["dimension_numbers"]
        shape = eqn.invars[0].aval.shape
        return math.prod(eqn.outvars[0].aval.shape) * math.prod(shape[i] for i in contracted)
    return sum(_size(getattr(jaxpr, "jaxpr", jaxpr)) for jaxpr in inner)


def _constant(value: Any) -> np.ndarray:
    """An array as an object array of its elements; traced data are taken apart element by element."""
    if not isinstance(value, jax.Array):
        value = np.asarray(value)
    cells = np.empty(value.shape, object)
    for index in np.ndindex(value.shape):
        cells[index] = value[index] if index else value
    return cells


def _each(bind: Callable[..., Any]) -> Rule:
    def rule(eqn: Equation, *inputs: np.ndarray) -> np.ndarray:
        outputs = np.empty(eqn.outvars[0].aval.shape, object)
        spread = np.broadcast_arrays(*inputs) if len(inputs) > 1 else inputs
        for index in np.ndindex(outputs.shape):
            outputs[index] = bind(eqn, *(values[index] for values in spread))
        return outputs

    return rule


def _bind(eqn: Equation, *elements: Any) -> Any:
    dtypes = [v.aval.dtype for v in eqn.invars]
    typed = [_typed(element, dtype) for element, dtype in zip(elements, dtypes, strict=True)]
    return eqn.primitive.bind(*typed, **eqn.params)


def _typed(element: Any, dtype: Any) -> Any:
    return element if isinstance(element, jax.Array) else jnp.asarray(element, dtype)


def _custom_derivative(eqn: Equation, *inputs: np.ndarray) -> list[np.ndarray]:
    """Kept whole on scalars, so that its derivative rule still counts."""
    if any(v.aval.shape for v in (*eqn.invars, *eqn.outvars)):
        raise NoRule(f'"{eqn.primitive.name}" on arrays has no scalar rule')
    typed = [_typed(value[()], v.aval.dtype) for value, v in zip(inputs, eqn.invars, strict=True)]
    return [_constant(result) for result in binder(eqn)(*typed)]


def _fold(combine: Callable[[Any, Any], Any]) -> Rule:
    def rule(eqn: Equation, values: np.ndarray) -> np.ndarray:
        axes = eqn.params["axes"]
        kept = [axis for axis in range(values.ndim) if axis not in axes]
        rows = values.transpose(*kept, *axes).reshape(*(values.shape[axis] for axis in kept), -1)
        outputs = np.empty(rows.shape[:-1], object)
        for index in np.ndindex(outputs.shape):
            outputs[index] = _tree_fold(combine, list(rows[index]))
        return outputs

    return rule


def _tree_fold(combine: Callable[[Any, Any], Any], terms: list[Any]) -> Any:
    """Pairwise, so that rounding grows with the logarithm of the length and the chain of dependences stays short."""
    while len(terms) > 1:
        pairs = [combine(a, b) for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
    return terms[0]


def _dot(eqn: Equation, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    (over_a, over_b), (batch_a, batch_b) = eqn.params["dimension_numbers"]
    if batch_a or batch_b:
        raise NoRule("dot_general with batch dimensions has no scalar rule")
    rows = np.moveaxis(a, over_a, range(-len(over_a), 0)).reshape(-1, math.prod(a.shape[i] for i in over_a))
    columns = np.moveaxis(b, over_b, range(len(over_b))).reshape(rows.shape[1], -1)
    dtype = eqn.outvars[0].aval.dtype
    outputs = np.empty((rows.shape[0], columns.shape[1]), object)
    for i, j in np.ndindex(outputs.shape):
        terms = [jnp.asarray(p, dtype) * jnp.asarray(q, dtype) for p, q in zip(rows[i], columns[:, j], strict=True)]
        outputs[i, j] = _tree_fold(lax.add, terms)
    return outputs.reshape(eqn.outvars[0].aval.shape)


def _slice(eqn: Equation, values: np.ndarray) -> np.ndarray:
    p = eqn.params
    strides = p["strides"] or (1,) * values.ndim
    return values[tuple(map(slice, p["start_indices"], p["limit_indices"], strides))]


def _broadcast(eqn: Equation, values: np.ndarray) -> np.ndarray:
    shape = [1] * len(eqn.params["shape"])
    for axis, size in zip(eqn.params["broadcast_dimensions"], values.shape, strict=True):
        shape[axis] = size
    return np.broadcast_to(values.reshape(shape), eqn.params["shape"])


def _reshaped(eqn: Equation, values: np.ndarray) -> np.ndarray:
    return values.reshape(eqn.outvars[0].aval.shape)


def _joined(eqn: Equation, *parts: np.ndarray) -> np.ndarray:
    return np.concatenate(parts, axis=eqn.params["dimension"])


def _stacked(eqn: Equation, *parts: np.ndarray) -> np.ndarray:
    return np.stack(parts, axis=eqn.params["axis"])


def _transposed(eqn: Equation, values: np.ndarray) -> np.ndarray:
    return values.transpose(eqn.params["permutation"])


def _reversed(eqn: Equation, values: np.ndarray) -> np.ndarray:
    return np.flip(values, eqn.params["dimensions"])


def _iota(eqn: Equation) -> np.ndarray:
    p = eqn.params
    along = np.arange(p["shape"][p["dimension"]], dtype=p["dtype"])
    others = [1] * len(p["shape"])
    others[p["dimension"]] = along.size
    return _constant(np.broadcast_to(along.reshape(others), p["shape"]))


_ELEMENTWISE = (
    *("abs", "add", "add_any", "convert_element_type", "copy", "div", "integer_pow", "max", "min", "mul", "neg", "pow"),
    *("rsqrt", "sign", "sqrt", "square", "stop_gradient", "sub"),
    *("acos", "asin", "atan", "atan2", "cos", "cosh", "sin", "sinh", "tan", "tanh"),
    *("digamma", "erf", "exp", "exp2", "expm1", "lgamma", "log", "log1p", "logistic"),
    *("and", "eq", "ge", "gt", "is_finite", "le", "lt", "ne", "not", "or", "select_n"),
)

RULES: dict[str, Rule] = {name: _each(_bind) for name in _ELEMENTWISE} | {
    "custom_jvp_call": _custom_derivative,
    "reduce_sum": _fold(lax.add),
    "reduce_prod": _fold(lax.mul),
    "reduce_max": _fold(lax.max),
    "reduce_min": _fold(lax.min),
    "dot_general": _dot,
    "slice": _slice,
    "broadcast_in_dim": _broadcast,
    "reshape": _reshaped,
    "squeeze": _reshaped,
    "expand_dims": _reshaped,
    "concatenate": _joined,
    "stack": _stacked,
    "transpose": _transposed,
    "rev": _reversed,
    "iota": _iota,
}
