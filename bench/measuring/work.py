"""What a method's steps ask of the arithmetic, in the form in which the timed program makes them."""

from functools import partial
from typing import Any

import jax
import numpy as np

from bench.measuring.operations import Bill, Endless, charged
from problems import Problem
from solvers import Inputs, Method
from solvers.engine.forms import BATCH_FIRST, Form
from solvers.engine.lanes import made_by
from solvers.transforms.domain import gradient_tells
from solvers.transforms.scalars import scalarise


def bill(method: Method, problem: Problem, inputs: Inputs, form: Form) -> Bill | None:
    """What a step is charged with, the gradient that the loop tests included; None if it holds loops of any length.

    Counted is the algorithm's own arithmetic: recomputation, masks, idle lanes and steps made twice are not credited.
    """
    if method.counts or method.noisy:
        return None
    made, _ = made_by(method, problem.dim, form)
    try:
        counted = _counted(made, problem, inputs, form)
    except Endless:
        return None
    return counted._replace(products=counted.products and form == BATCH_FIRST)  # elsewhere products are written out


def _counted(method: Method, problem: Problem, inputs: Inputs, form: Form) -> Bill:
    data = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(np.shape(leaf), leaf.dtype), inputs.data)
    number, dtype = jax.ShapeDtypeStruct((), inputs.starts.dtype), inputs.starts.dtype
    # A kernel takes functions that are too long to be written out as scalars here.
    scalars = form.scalars and scalarise(partial(_with, problem.fn, inputs.data), problem.dim, dtype) is not None
    x: Any = (number,) * problem.dim if scalars else jax.ShapeDtypeStruct((problem.dim,), dtype)

    def step(x: Any, memory: Any, data: Any) -> Any:
        fn: Any = partial(_with, problem.fn, data)
        fn = scalarise(fn, problem.dim, dtype) if scalars else fn
        # The value itself is part of a step only where its absence must be noticed.
        told, g = ((), jax.grad(fn)(x)) if gradient_tells(fn, x) else jax.value_and_grad(fn)(x)
        return told, method.step(fn, x, g, memory)

    lane = x, jax.eval_shape(method.init, x, number)
    closed, of_lane = jax.make_jaxpr(step)(*lane, data), len(jax.tree.leaves(lane))
    return charged(closed, [place < of_lane for place in range(len(closed.jaxpr.invars))])


def _with(fn: Any, data: Any, x: Any) -> Any:
    return fn(x, data)
