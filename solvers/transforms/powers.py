"""Powers of a fixed base: what an optimiser's bias correction, 1 - b^t, costs when every lane has a t of its own."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from solvers.transforms.jaxpr import for_all, walk
from solvers.transforms.version import Equation, binder


def with_quick_powers(fn: Callable[..., Any]) -> Callable[..., Any]:
    """`fn` with every b^k of a constant b > 0 and an integer k computed as exp(k log b).

    A compiled power knows nothing of its base, and takes ten times as long. The relative difference is some roundings:
    |k log b| times the machine's precision.
    """

    def quick(*args: Any) -> Any:
        closed, shapes = jax.make_jaxpr(fn, return_shape=True)(*args)
        results = walk(closed, for_all(_itself, pow=_power), lambda constant: constant, jax.tree.leaves(args))
        return jax.tree.unflatten(jax.tree.structure(shapes), results)

    return quick


def _itself(eqn: Equation, *values: Any) -> Any:
    return binder(eqn)(*values)


def _power(eqn: Equation, base: Any, exponent: Any) -> Array:
    known = not isinstance(base, jax.core.Tracer | jax.Array) and np.ndim(base) == 0
    if not known or base <= 0 or not jnp.issubdtype(eqn.invars[1].aval.dtype, jnp.integer):
        return _itself(eqn, base, exponent)
    return jnp.exp(jnp.asarray(exponent, eqn.outvars[0].aval.dtype) * math.log(base))
