"""The memory layout of a batch, the number of active lanes, and the number of devices that share them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from problems.problem import Problem
from solvers.engine.forms import BATCH_FIRST, BATCH_LAST, SCALARS, Form
from solvers.engine.tuning import tuning
from solvers.method import Evaluations, Method
from solvers.transforms.jaxpr import numbers_written, primitives
from solvers.transforms.scalars import scalarise


def form_for(method: Any, problem: Problem) -> Form:
    """Chooses the fastest form that all operations of method and function allow."""
    n, fn = problem.dim, bind_data(problem)
    if method.noisy:
        return BATCH_FIRST  # every lane has rows of its own
    if _suits_scalars(method, n) and scalarise(fn, n, jnp.float32):
        return SCALARS
    return BATCH_FIRST if _suits_rows(method, fn, n) or not _runs_in_columns(method, fn, n) else BATCH_LAST


def bind_data(problem: Problem) -> Callable[[Any], Any]:
    """Binds the problem's own data: x [n] -> f."""
    return lambda x: problem.fn(x, jax.tree.map(jnp.asarray, problem.data))


def _runs_in_columns(method: Any, fn: Any, n: int) -> bool:
    """Can lanes lie last? A method of a user may do what no rule here knows, and whatever it is, rows take it."""
    each = BATCH_LAST.each

    def first_step(x: Array, rate: Array) -> Any:
        f, g = each(jax.value_and_grad(fn))(x)
        return f, each(partial(method.step, fn))(x, g, each(method.init)(x, rate))

    try:
        jax.eval_shape(first_step, *(jax.ShapeDtypeStruct(shape, jnp.result_type(float)) for shape in ((n, 1), (1,))))
    except Exception:  # a real mistake comes to light in rows, too
        return False
    return True


def _suits_scalars(method: Any, n: int) -> bool:
    width = method.bandwidth
    if not method.scalars or (width is not None and n > (tuning().few if width else tuning().written_out)):
        return False
    x, rate = jax.ShapeDtypeStruct((n,), jnp.float32), jax.ShapeDtypeStruct((), jnp.float32)
    carried = n + sum(leaf.size for leaf in jax.tree.leaves(jax.eval_shape(method.init, x, rate)) if leaf.ndim)
    return method.per_step != Evaluations() or carried <= tuning().most_carried


def _suits_rows(method: Any, fn: Any, n: int) -> bool:
    """Is most of a step an evaluation that is long in itself, whatever the form? Then the shortest code is the best."""
    if method.per_step == Evaluations() or method.bandwidth is not None:
        return False
    evaluation = jax.make_jaxpr(fn)(jax.ShapeDtypeStruct((n,), jnp.float32)).jaxpr
    return "dot_general" in primitives(evaluation) or numbers_written(evaluation) > tuning().long_evaluation


def workspace(method: Method, problem: Problem) -> int:
    """Counts the numbers that a lane works on in one step, as the method states them."""
    x = jax.ShapeDtypeStruct((problem.dim,), jnp.float32)
    evaluation = jax.make_jaxpr(problem.fn)(x, jax.tree.map(np.asarray, problem.data))
    return method.workspace(problem.dim, numbers_written(evaluation.jaxpr))


def devices_for(numbers: int, batch: int, available: int) -> int:
    """Counts the devices worth sharing `batch` lanes of `numbers` each, of those that are `available`."""
    return max(1, min(available, batch, batch * numbers // tuning().worth_a_device))


def width_for(numbers: int, lanes: int, form: Form) -> int:
    """Counts the active lanes of a device: as many as keep what one step works on near the core, at most `lanes`."""
    own = tuning()
    fewest, near, most = own.widths[form]
    most = max(1, min(lanes, max(fewest, near // numbers), most))
    even = -(-lanes // -(-lanes // most))  # as many times as it takes with the most, but evenly filled
    if form == BATCH_FIRST or even < own.vector:
        return even
    vectors = -(-even // own.vector)
    return own.vector * (vectors if vectors < own.odd_vectors else vectors | 1)


def is_expensive(numbers: int) -> bool:
    """Does a step cost more than to write a result and load a start? Of no batch, since no lane may depend on that."""
    return numbers > tuning().expensive
