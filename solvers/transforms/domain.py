"""Where a function has a value: log x has a derivative for x < 0, but no value, and no method may end there."""

from collections.abc import Callable
from typing import Any

import jax

from solvers.transforms.jaxpr import primitives
from solvers.transforms.primitives import TELLING


def gradient_tells(fn: Callable[..., Any], x: Any) -> bool:
    """Is the gradient of `fn` never finite where `fn` has no value? As far as its primitives tell; x gives the shape.

    Then the value need not be computed. What overflows is not meant: a point within reach has a finite value, or a
    gradient as large.
    """
    return primitives(jax.make_jaxpr(fn)(x).jaxpr) <= TELLING
