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
from jax.extend.core import Literal
from jaxtyping import Array, Float

from solvers.jaxpr import Equation, NoRule, binder, parts, walk
from solvers.objects import STRUCTURE, Rule, each, fold, tree_fold

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


def has_long_operations(fn: Callable[[Scalars], Any], x: Scalars) -> bool:
    """Does `fn` divide, or call an elementary function? XLA computes no such result twice, but writes a loop for it.

    A division by a constant is a multiplication.
    """
    return _is_long(jax.make_jaxpr(fn)(x).jaxpr)


def _is_long(jaxpr: Any) -> bool:
    return any(_divides(eqn) or eqn.primitive.name in _LONG or any(map(_is_long, parts(eqn))) for eqn in jaxpr.eqns)


def _divides(eqn: Equation) -> bool:
    return eqn.primitive.name == "div" and not isinstance(eqn.invars[1], Literal)


def _size(jaxpr: Any) -> int:
    """Scalar operations the rewritten function will have, roughly."""
    return sum(
        (_MANY if eqn.primitive.name in _ELEMENTARY else 1)
        * max(_work(eqn), *(math.prod(v.aval.shape) for v in (*eqn.outvars, *eqn.invars)))
        for eqn in jaxpr.eqns
    )


_MANY = 16
"""Operations that an elementary function counts for: it is a polynomial, written out wherever it is called."""


def _work(eqn: Equation) -> int:
    if eqn.primitive.name == "dot_general":
        (contracted, _), _ = eqn.params["dimension_numbers"]
        shape = eqn.invars[0].aval.shape
        return math.prod(eqn.outvars[0].aval.shape) * math.prod(shape[i] for i in contracted)
    return sum(map(_size, parts(eqn)))


def _constant(value: Any) -> np.ndarray:
    """An array as an object array of its elements; traced data are taken apart element by element."""
    if not isinstance(value, jax.Array):
        value = np.asarray(value)
    cells = np.empty(value.shape, object)
    for index in np.ndindex(value.shape):
        cells[index] = value[index] if index else value
    return cells


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
        outputs[i, j] = tree_fold(lax.add, terms)
    return outputs.reshape(eqn.outvars[0].aval.shape)


def _iota(eqn: Equation) -> np.ndarray:
    p = eqn.params
    along = np.arange(p["shape"][p["dimension"]], dtype=p["dtype"])
    others = [1] * len(p["shape"])
    others[p["dimension"]] = along.size
    return _constant(np.broadcast_to(along.reshape(others), p["shape"]))


_ELEMENTARY = (
    *("acos", "asin", "atan", "atan2", "cos", "cosh", "sin", "sinh", "tan", "tanh"),
    *("digamma", "erf", "exp", "exp2", "expm1", "lgamma", "log", "log1p", "log2", "logistic", "pow"),
)
_LONG = frozenset((*_ELEMENTARY, "cbrt", "rem", "rsqrt", "sqrt"))
_ELEMENTWISE = (
    *("abs", "add", "add_any", "convert_element_type", "copy", "div", "integer_pow", "max", "min", "mul", "neg"),
    *("one_minus_square", "rsqrt", "sign", "sqrt", "square", "stop_gradient", "sub"),
    *("and", "eq", "ge", "gt", "is_finite", "le", "lt", "ne", "not", "or", "select_n"),
    *_ELEMENTARY,
)

RULES: dict[str, Rule] = {name: each(_bind) for name in _ELEMENTWISE} | {
    "custom_jvp_call": _custom_derivative,
    "reduce_sum": fold(lax.add),
    "reduce_prod": fold(lax.mul),
    "reduce_max": fold(lax.max),
    "reduce_min": fold(lax.min),
    "dot_general": _dot,
    "iota": _iota,
    **STRUCTURE,
}
