"""In which form the points of a batch lie, how many lanes fly at once, and how many devices share them."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from problems.problem import Problem
from solvers.engine.forms import BATCH_FIRST, BATCH_LAST, SCALARS, Form
from solvers.solver import Evaluations, Method
from solvers.transforms.jaxpr import numbers_written, primitives
from solvers.transforms.scalars import scalarise
from solvers.transforms.target import target


class Tuning(NamedTuple):
    """What a kind of device wants."""

    few: int
    """Up to so many variables a system is solved in straight-line code, whatever its structure."""
    most_carried: int
    """Numbers that scalar code carries from one short step to the next."""
    long_evaluation: int
    """Numbers written by an evaluation, beyond which the shortest code, of rows, is the best for dear steps."""
    widths: dict[Form, tuple[int, int, int]]
    """Fewest active lanes, numbers that all of them may work on, and most lanes."""
    early_exit: bool
    """Does a chunk of expensive steps look after every one of them whether any lane still runs?"""
    chunk: int
    """Lanes of one call where a batch takes several."""


CPU = Tuning(
    few=3,
    most_carried=12,  # a loop over the lanes that makes more is not vectorised
    long_evaluation=2**11,
    # What stays near the core. Measured: docs/performance-log.md.
    widths={SCALARS: (32, 2**17, 2064), BATCH_LAST: (32, 2**17, 528), BATCH_FIRST: (1, 2**20, 1024)},
    early_exit=True,
    chunk=2**16,
)
GPU = Tuning(
    few=2**10,
    most_carried=2**10,
    long_evaluation=0,  # libraries factor matrices of many lanes in one call
    # All lanes at once, up to 8 GiB of float64 worked on (10 GiB compiled, at most): an H100 runs 270 336 threads, a
    # refill waits for the host, and of newton on logistic-breast-cancer 150 lanes at once took 0.28 of the time of 37.
    widths=dict.fromkeys((SCALARS, BATCH_LAST, BATCH_FIRST), (1, 2**30, 2**20)),
    early_exit=False,  # each is a copy to the host that everything waits for
    chunk=2**22,
)


def tuning() -> Tuning:
    """That of the device that programs are made for."""
    return CPU if target() == "cpu" else GPU


def form_for(method: Any, problem: Problem) -> Form:
    """The fastest form that all operations allow."""
    n = problem.dim

    def fn(x: Array) -> Array:
        return problem.fn(x, jax.tree.map(jnp.asarray, problem.data))

    if _suits_scalars(method, n) and scalarise(fn, n, jnp.float32):
        return SCALARS
    return BATCH_FIRST if _suits_rows(method, fn, n) or not _runs_in_columns(method, fn, n) else BATCH_LAST


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
    width = getattr(method, "bandwidth", None)
    if not method.scalars or (width is not None and n > (tuning().few if width else _WRITTEN_OUT)):
        return False
    x, rate = jax.ShapeDtypeStruct((n,), jnp.float32), jax.ShapeDtypeStruct((), jnp.float32)
    carried = n + sum(leaf.size for leaf in jax.tree.leaves(jax.eval_shape(method.init, x, rate)) if leaf.ndim)
    return method.per_step != Evaluations() or carried <= tuning().most_carried


_WRITTEN_OUT = 12
"""Variables that a diagonal Hessian may have in scalar code: vectors are as fast with more, and compile at once."""


def _suits_rows(method: Any, fn: Any, n: int) -> bool:
    """Is most of a step an evaluation that is long in itself, whatever the form? Then the shortest code is the best."""
    if method.per_step == Evaluations() or getattr(method, "bandwidth", None) is not None:
        return False
    evaluation = jax.make_jaxpr(fn)(jax.ShapeDtypeStruct((n,), jnp.float32)).jaxpr
    return "dot_general" in primitives(evaluation) or numbers_written(evaluation) > tuning().long_evaluation


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
    """Active lanes of a device: as many as keep what one step works on near the core, at most all of its lanes."""
    fewest, near, most = tuning().widths[form]
    most = max(1, min(lanes, max(fewest, near // numbers), most))
    even = -(-lanes // -(-lanes // most))  # as many times as it takes with the most, but evenly filled
    if form == BATCH_FIRST or even < _VECTOR:
        return even
    vectors = -(-even // _VECTOR)
    return _VECTOR * (vectors if vectors < _MANY_VECTORS else vectors | 1)


_VECTOR = 16
"""Where lanes lie beside each other, a multiple of it is done in whole vectors, without a rest."""
_MANY_VECTORS = 16
"""From so many on an odd number: arrays that lie a power of two apart would share a few places of the cache."""


def is_expensive(numbers: int) -> bool:
    """Does a step of a lane cost more than to land it? Whatever the batch, since a lane must not depend on that."""
    return numbers > _DEAR


_DEAR = 2**14
