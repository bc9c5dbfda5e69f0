"""Where a function has a value: log x has a derivative for x < 0, but no value, and no method may end there."""

from collections.abc import Callable
from typing import Any

import jax

from solvers.transforms.jaxpr import primitives
from solvers.transforms.objects import STRUCTURE

_ARITHMETIC = (
    *("abs", "add", "add_any", "div", "dot_general", "integer_pow", "max", "min", "mul", "neg", "one_minus_square"),
    "sub",
)
_FUNCTIONS = ("cos", "erf", "exp", "exp2", "expm1", "logistic", "rsqrt", "sin", "sqrt", "square", "tan", "tanh")
_MOVES = ("convert_element_type", "copy", "iota", "read", "reduce_sum", *STRUCTURE)
_TELLING = frozenset((*_ARITHMETIC, *_FUNCTIONS, *_MOVES))
"""Primitives that have no finite derivative where they have no value, or where what they are applied to has none."""


def gradient_tells(fn: Callable[..., Any], x: Any) -> bool:
    """Is the gradient of `fn` never finite where `fn` has no value? As far as its primitives tell; x gives the shape.

    Then the value need not be computed. What overflows is not meant: a point within reach has a finite value, or a
    gradient as large.
    """
    return primitives(jax.make_jaxpr(fn)(x).jaxpr) <= _TELLING
