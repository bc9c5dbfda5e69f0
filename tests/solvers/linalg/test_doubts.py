"""How often a Newton step is in doubt, problem by problem: each such step costs as much as hundreds of others."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bench.measuring.starts import draw
from problems import get, names
from solvers import find, form_for
from solvers.engine.forms import BATCH_FIRST
from solvers.linalg.quick import CLOSED_FORM
from solvers.transforms.scalars import scalarise

LANES, STEPS = 64, 8


def doubtful(name, dtype):
    """The share of the steps from 64 starts that are in doubt; None where no step of the problem can be."""
    problem = get(name)
    n, method = problem.dim, find("newton").method_for(problem, problem.data)
    form = form_for(method, problem)
    if form == BATCH_FIRST or method.fallback(n) is None:
        return None
    data = jax.tree.map(lambda leaf: _in_dtype(np.asarray(leaf), dtype), problem.data)
    written = scalarise(lambda x: problem.fn(x, data), n, dtype) if form.scalars else None
    fn = written or (lambda x: problem.fn(x, data))

    def step(x):
        g = jax.grad(fn)(x)
        step = method.step(fn, x, g, ())
        counts = _finite(g)
        goes_on = counts & _finite(step.x) & ~step.doubt & ~step.singular
        return jax.tree.map(lambda new, old: jnp.where(goes_on, new, old), step.x, x), step.doubt & counts, counts

    def more(_, carry):
        x, doubts, steps = carry
        x, doubt, counts = form.each(step)(x)
        return x, doubts + jnp.sum(doubt), steps + jnp.sum(counts)

    starts = form.points(jnp.asarray(draw(problem, LANES, 0).T, dtype))
    _, doubts, steps = jax.jit(lambda x: jax.lax.fori_loop(0, STEPS, more, (x, 0, 0)))(starts)
    return int(doubts) / max(1, int(steps))


def _in_dtype(leaf, dtype):
    return leaf.astype(dtype) if np.issubdtype(leaf.dtype, np.floating) else leaf


def _finite(point):
    return jnp.isfinite(sum(jnp.sum(leaf) for leaf in jax.tree.leaves(point)))


def one_of_each_family():
    """Of problems that differ by size, start, number or a suffix alone, the smallest with three variables or more."""
    sizes = sorted((get(name).dim, name) for name in names() if get(name).dim > CLOSED_FORM)
    return {re.sub(r"-?\d*(-n\d+)?(-s\d)?(~.*)?$", "", name): name for _, name in reversed(sizes)}.values()


@pytest.mark.heavy
@pytest.mark.parametrize("name", one_of_each_family())
def test_few_steps_are_in_doubt_and_no_more_in_float32(name):
    """But where the Hessian is singular, as where f does not change by a rotation, or nearly so."""
    double, single = (doubtful(name, dtype) for dtype in ("float64", "float32"))
    assert (double is None) == (single is None)
    if double is not None:
        assert double <= 0.25 or name in NEARLY_SINGULAR
        assert single <= max(0.25, 1.25 * double)


NEARLY_SINGULAR = (
    *("thomson-n8", "nist-mgh10-s1", "nist-mgh17-s1"),
    *("mgh-osborne-2", "mgh-penalty-2-n4", "mgh-linear-rank-1-n7", "mgh-linear-rank-1-zero-n7"),
)
