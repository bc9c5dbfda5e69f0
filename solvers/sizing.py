"""In which form the points of a batch lie, how many lanes fly at once, and how many devices share them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from problems.problem import Problem
from solvers.forms import COLUMNS, ROWS, SCALARS, Form
from solvers.jaxpr import NoRule, numbers_written
from solvers.scalars import scalarise
from solvers.solver import Method


def form_for(method: Any, problem: Problem) -> Form:
    """The fastest form that all operations allow."""
    n = problem.dim

    def fn(x: Array) -> Array:
        return problem.fn(x, jax.tree.map(jnp.asarray, problem.data))

    def step(x: Array, rate: Array) -> Any:
        f, g = jax.value_and_grad(fn)(x)
        return f, method.step(fn, x, g, method.init(x, rate))

    banded = getattr(method, "bandwidth", None) is not None and n > _FEW
    if method.scalars and not banded and scalarise(fn, n, jnp.float32):
        return SCALARS
    try:
        shapes = (jax.ShapeDtypeStruct(shape, jnp.float32) for shape in ((n, 1), (1,)))
        jax.eval_shape(COLUMNS.each(step), *shapes)
    except NoRule:
        return ROWS
    return COLUMNS


_FEW = 3
"""Up to so many variables a system is solved in straight-line code, whatever its structure."""


def workspace(method: Method, problem: Problem) -> int:
    """Numbers a lane works on in one step."""
    x = jax.ShapeDtypeStruct((problem.dim,), jnp.float32)
    evaluation = jax.make_jaxpr(problem.fn)(x, jax.tree.map(np.asarray, problem.data))
    return method.workspace(problem.dim, numbers_written(evaluation.jaxpr))


def devices_for(numbers: int, batch: int, available: int) -> int:
    """Devices worth sharing the lanes: each start of a program on a device costs as much as some short steps."""
    return max(1, min(available, batch, batch * numbers // _WORTH_A_DEVICE))


_WORTH_A_DEVICE = 2**16


def width_for(numbers: int, lanes: int, form: Form) -> int:
    """Lanes in flight on a device: as many as keep what one step works on near the core, at most all of its lanes."""
    fewest, near, most = _WIDTHS[form]
    most = max(1, min(lanes, max(fewest, near // numbers), most))
    even = -(-lanes // -(-lanes // most))  # as many times as it takes with the most, but evenly filled
    return even if form == ROWS or even < _VECTOR else -(-even // _VECTOR) * _VECTOR


_WIDTHS = {SCALARS: (32, 2**17, 512), COLUMNS: (32, 2**17, 512), ROWS: (1, 2**20, 1024)}
"""Fewest lanes, numbers that stay near the core, and most lanes. Measured: docs/performance.md."""
_VECTOR = 16
"""Where lanes lie beside each other, a multiple of it is done in whole vectors, without a rest."""


def is_dear(numbers: int) -> bool:
    """Does a step of a lane cost more than to land it? Whatever the batch, since a lane must not depend on that."""
    return numbers > _DEAR


_DEAR = 2**14
