"""Small objectives worked by hand, and a way to run a method over starts without a registry."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from solvers import Budget, Solution, compiler_options
from solvers.engine import lanes
from solvers.engine.forms import BATCH_FIRST, SCALARS
from solvers.engine.pace import pace_for
from solvers.engine.schedule import Schedule
from solvers.transforms.scalars import scalarise


def budget(n, *, gtol=1e-8, max_steps=200, patience=50, box=5.0, dtype="float64"):
    return Budget(
        tolerance=np.full(n, gtol, dtype),
        centre=np.zeros(n, dtype),
        reach=np.full(n, 1e6 * box, dtype),
        max_steps=np.int32(max_steps),
        patience=np.int32(patience),
    )


def run(method, fn, starts, rate=1.0, width=None, scalars=False, form=None, **limits) -> Solution:
    """Runs the method from `starts` [n, lanes] in a form, ROWS by default; results as NumPy."""
    form = form or (SCALARS if scalars else BATCH_FIRST)
    starts = jnp.asarray(starts)
    n, batch = starts.shape
    rates = jnp.broadcast_to(jnp.asarray(rate, starts.dtype), (batch,))
    allowed = budget(n, dtype=str(starts.dtype), **limits)
    return jax.tree.map(
        np.asarray, _compiled(method, fn, n, form, width or batch, starts.dtype)(starts, rates, allowed)
    )


@cache
def _compiled(method, fn, n, form, width, dtype):
    objective = scalarise(fn, n, dtype) if form.scalars else fn

    def solve(starts, rates, budget):
        pace = pace_for(method, objective, starts[:, 0], form, expensive=False)
        return lanes.solve(method, objective, starts, rates, budget, Schedule("loop", "a test", 1, form, width, pace))

    shipped = not jax.config.read("jax_disable_most_optimizations")  # with `pytest --shipped`
    return jax.jit(solve, compiler_options=compiler_options() if shipped else None)


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def himmelblau(x):
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2
