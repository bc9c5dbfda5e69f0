"""Rules that walk a function's jaxpr in interval arithmetic, over a batch of boxes.

What is not smooth, a sign or a step, is unknown wherever the interval leaves it open.
"""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from solvers.exact.certified import interval
from solvers.exact.certified.answers import COMPARISONS, LOGIC, Answer, Value, bound, converted, is_real, selecting
from solvers.exact.certified.interval import Interval
from solvers.transforms.jaxpr import NoRule, Rule
from solvers.transforms.version import Equation, binder


def literal(value: Any) -> np.ndarray:
    """A constant of the jaxpr."""
    return np.asarray(value)


def rules(zero: Float[Array, ""]) -> dict[str, Rule]:
    """The table. `zero` is 0, traced: constants are added to it, so that no compiler does arithmetic on them."""

    def lift(value: Any) -> Interval:
        if isinstance(value, Answer):
            raise NoRule("arithmetic on comparisons has no interval rule")
        return value if isinstance(value, Interval) else interval.point(jnp.asarray(value, float)[..., None] + zero)

    def on_intervals(operation: Callable[..., Any]) -> Rule:
        def rule(eqn: Equation, *inputs: Value) -> Any:
            if _exact(eqn, inputs):
                return bound(eqn, inputs)
            return operation(eqn, *map(lift, inputs))

        return rule

    def move(eqn: Equation, *inputs: Value) -> Any:
        if all(isinstance(value, np.ndarray) for value in inputs):
            return bound(eqn, inputs)
        return _moved(eqn, [lift(value) if is_real(value) else value for value in inputs])

    table = {name: on_intervals(operation) for name, operation in _ARITHMETIC.items()}
    table |= {name: on_intervals(_plain(operation)) for name, operation in _ELEMENTWISE.items()}
    table |= {name: on_intervals(compare) for name, compare in COMPARISONS.items()}
    table |= dict.fromkeys(_MOVES, move) | LOGIC | {"select_n": selecting(lift), "iota": _bound_only}
    table |= {"convert_element_type": converted, "mul": _product(on_intervals(_plain(interval.mul)), table["neg"])}
    return remembering(table | {"div": _quotient(table["div"])})


def _product(multiply: Rule, negate: Rule) -> Rule:
    """A product; of a value with itself the square, with 1 and -1 no rounding at all."""

    def rule(eqn: Equation, a: Value, b: Value) -> Any:
        for factor, other in ((a, b), (b, a)):
            if isinstance(factor, np.ndarray) and isinstance(other, Interval) and not factor.shape:
                if factor == 1:
                    return other
                if factor == -1:
                    return negate(eqn, other)
        return interval.square(a) if a is b and isinstance(a, Interval) else multiply(eqn, a, b)

    return rule


def _quotient(divide: Rule) -> Rule:
    """A quotient; of a value by itself 1: where that is 0 there is no quotient to enclose.

    So the derivative of x log x keeps its sign near 0.
    """

    def rule(eqn: Equation, a: Value, b: Value) -> Any:
        if a is b and isinstance(a, Interval):
            return interval.point(jnp.ones_like(a.lo))
        return divide(eqn, a, b)

    return rule


def remembering(table: dict[str, Rule]) -> dict[str, Rule]:
    """The same rules, each equation worked out once: equal values become one object, which the rules above can tell."""
    results: dict[Any, Any] = {}
    alive: list[Any] = []  # so that no id is given twice

    def remembered(name: str, rule: Rule) -> Rule:
        def apply(eqn: Equation, *inputs: Any) -> Any:
            key = name, str(eqn.params), tuple(map(_identity, inputs))
            if key not in results:
                alive.append(inputs)
                results[key] = rule(eqn, *inputs)
            return results[key]

        return apply

    return {name: remembered(name, rule) for name, rule in table.items()}


def _identity(value: Any) -> Any:
    small = isinstance(value, np.ndarray) and value.size <= 16
    return (str(value.dtype), value.shape, value.tobytes()) if small else id(value)


def _exact(eqn: Equation, inputs: tuple[Value, ...]) -> bool:
    """Can it be worked out without rounding? Whole numbers and comparisons of constants."""
    constants = all(isinstance(value, np.ndarray) for value in inputs)
    return constants and not any(np.issubdtype(v.aval.dtype, np.floating) for v in eqn.outvars)


def _bound_only(eqn: Equation) -> Any:
    return bound(eqn, ())


def _moved(eqn: Equation, inputs: list[Any]) -> Any:
    """A primitive that moves values, or adds them up, on both sides of each pair, box by box."""
    pairs = [value for value in inputs if isinstance(value, tuple)]
    boxes, pair = max(value[0].shape[-1] for value in pairs), type(pairs[0])
    spread = [pair(*(_over(side, boxes) for side in v)) if isinstance(v, tuple) else v for v in inputs]
    axes = [-1 if isinstance(value, tuple) else None for value in spread]
    over_boxes = jax.vmap(binder(eqn), in_axes=axes, out_axes=-1)
    sides = [over_boxes(*[v[side] if isinstance(v, tuple) else v for v in spread]) for side in (0, 1)]
    if isinstance(sides[0], list | tuple):
        return [pair(*both) for both in zip(*sides, strict=True)]
    if eqn.primitive.name != "scatter-add":
        return pair(*sides)
    sizes = [interval.absolute(Interval(*value)).hi if isinstance(value, tuple) else value for value in spread]
    return interval.added(sides[0], sides[1], eqn.invars[-1].aval.size, over_boxes(*sizes))


def _over(bound: Array, boxes: int) -> Array:
    return jnp.broadcast_to(bound, (*bound.shape[:-1], boxes))


def _plain(operation: Callable[..., Any]) -> Callable[..., Any]:
    return lambda eqn, *inputs: operation(*inputs)


def _dot(eqn: Equation, a: Interval, b: Interval) -> Interval:
    """Products, then sums: [batch, free of a, free of b, contracted, boxes]."""
    (over_a, over_b), (batch_a, batch_b) = eqn.params["dimension_numbers"]
    free_a = [i for i in range(a.lo.ndim - 1) if i not in (*over_a, *batch_a)]
    free_b = [i for i in range(b.lo.ndim - 1) if i not in (*over_b, *batch_b)]

    def laid_out(value: Interval, batch: Any, free: list[int], over: Any, before: int, after: int) -> Interval:
        def bound(array: Array) -> Array:
            moved = array.transpose(*batch, *free, *over, array.ndim - 1)
            sizes = moved.shape
            kept, contracted = sizes[: len(batch)], math.prod(sizes[len(batch) + len(free) : -1])
            own = sizes[len(batch) : len(batch) + len(free)]
            return moved.reshape(*kept, *(1,) * before, *own, *(1,) * after, contracted, sizes[-1])

        lo = bound(value.lo)
        return Interval(lo, lo if value.lo is value.hi else bound(value.hi))

    left = laid_out(a, batch_a, free_a, over_a, 0, len(free_b))
    right = laid_out(b, batch_b, free_b, over_b, len(free_a), 0)
    products = interval.mul(left, right)
    return interval.total(products, (products.lo.ndim - 2,))


def _extreme(combine: Callable[..., Any]) -> Callable[..., Interval]:
    return lambda eqn, a: Interval(combine(a.lo, axis=eqn.params["axes"]), combine(a.hi, axis=eqn.params["axes"]))


def _sign(eqn: Equation, a: Interval) -> Interval:
    """Unknown where it changes; of zero itself 0."""
    known = (jnp.sign(a.lo) == jnp.sign(a.hi)) & (jnp.sign(a.lo) != 0)
    return interval.point(jnp.where(known, jnp.sign(a.lo), jnp.nan))


def _step(function: Callable[[Array], Array]) -> Callable[..., Interval]:
    """Floor and its like: constant, or unknown."""
    return lambda a: interval.point(jnp.where(function(a.lo) == function(a.hi), function(a.lo), jnp.nan))


_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "dot_general": _dot,
    "integer_pow": lambda eqn, a: interval.integer_pow(a, eqn.params["y"]),
    "reduce_sum": lambda eqn, a: interval.total(a, tuple(eqn.params["axes"])),
    "reduce_max": _extreme(jnp.max),
    "reduce_min": _extreme(jnp.min),
    "sign": _sign,
}
_ELEMENTWISE: dict[str, Callable[..., Interval]] = {
    "add": interval.add,
    "add_any": interval.add,
    "sub": interval.sub,
    "neg": interval.neg,
    "div": interval.div,
    "square": interval.square,
    "pow": interval.power,
    "abs": interval.absolute,
    "max": interval.larger,
    "min": interval.smaller,
    "sin": interval.sin,
    "cos": interval.cos,
    "tan": interval.tan,
    "cosh": interval.cosh,
    "rsqrt": interval.rsqrt,
    "floor": _step(jnp.floor),
    "ceil": _step(jnp.ceil),
    "round": _step(jnp.round),
    "copy": lambda a: a,
    "stop_gradient": lambda a: a,
    **interval.RISING,
}
_MOVES = (
    *("slice", "pad", "broadcast_in_dim", "reshape", "squeeze", "expand_dims", "concatenate", "stack", "unstack"),
    *("split", "transpose", "rev", "gather", "dynamic_slice", "scatter-add"),
)
