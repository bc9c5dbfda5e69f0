"""Sums of functions of one variable each are found out, and cost one product a step, whatever n."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measuring import measure
from bench.plan.cell import Cell
from problems import Problem, Truth, get, names
from solvers import Status, find
from solvers.engine.forms import BATCH_FIRST, BATCH_LAST, SCALARS
from solvers.engine.sizing import form_for
from solvers.methods.newton import Newton
from solvers.separable import bandwidth, is_separable
from solvers.transforms.jaxpr import length
from tests.solvers.helpers import run

WEIGHTS = np.arange(1.0, 7.0)
SUMS = {
    "weighted squares": lambda x: jnp.sum(WEIGHTS * (x - 1.0) ** 2) - 0.1,
    "one by one": lambda x: sum(jnp.cos(k * x[k]) for k in range(6)),
    "a product with itself": lambda x: x @ x + jnp.dot(WEIGHTS, jnp.exp(x)),
    "choices": lambda x: jnp.sum(jnp.where(x > 0, x**2, -x)),
    "running sums": lambda x: jnp.cumsum(x**4)[-1] / 3,
    "custom derivative": lambda x: jnp.sum(jax.nn.softplus(x)) + jnp.mean(x**2),
    "a matrix": lambda x: jnp.sum(np.ones((3, 6)) @ jnp.sin(x)),
    "apart and together": lambda x: jnp.sum(jnp.concatenate([x[::2] ** 2, x[1::2] ** 3])),
    "linear, with one idle": lambda x: x[0] - jnp.sum(x[2:]),
}
OTHERS = {
    "neighbours": lambda x: jnp.sum((x[1:] - x[:-1] ** 2) ** 2),
    "square of a sum": lambda x: jnp.sum(x) ** 2,
    "two of six": lambda x: jnp.sum(x**2) + x[0] * x[5],
    "largest": jnp.max,
    "quotient": lambda x: jnp.sum(x**2) / (1 + x[0] ** 2),
    "norm": lambda x: jnp.linalg.norm(x),
    "softmax": lambda x: jax.nn.logsumexp(x),
    "product": jnp.prod,
    "a matrix": lambda x: jnp.sum(jnp.sin(np.ones((3, 6)) @ x)),
    "a loop": lambda x: jax.lax.fori_loop(0, 3, lambda _, total: total + jnp.sum(x**2), 0.0),
}


@pytest.mark.parametrize("name", SUMS)
def test_a_sum_is_known_as_one(name):
    assert is_separable(SUMS[name], 6)


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_else_is(name):
    assert not is_separable(OTHERS[name], 6)


@given(st.lists(st.tuples(st.sampled_from(["sum", "product"]), st.integers(0, 4), st.integers(0, 4)), max_size=5))
@settings(max_examples=10, deadline=None)
def test_the_hessian_of_what_is_found_separable_is_diagonal(terms):
    def fn(x):
        total = jnp.sum(x**4)
        for kind, i, j in terms:
            total += x[i] ** 2 + jnp.sin(x[j]) if kind == "sum" else x[i] * jnp.sin(x[j])
        return total

    mixed = np.asarray(jax.hessian(fn)(np.linspace(0.3, 1.1, 5)))
    assert is_separable(fn, 5) == (not np.any(mixed - np.diag(np.diag(mixed))))


def test_of_the_suite_are_found_the_problems_that_are_defined_so():
    found = {name for name in names() if bandwidth(get(name)) == 0}
    assert found >= {"styblinski-tang-n5", "styblinski-tang-n5~shifted"}
    assert not found & {"rosenbrock-n10", "mgh-wood", "quadratic-n10", "logistic-breast-cancer", "styblinski-tang-n2"}
    assert bandwidth(get("rosenbrock-n10")) == 1


@pytest.mark.parametrize("form", [SCALARS, BATCH_LAST, BATCH_FIRST])
def test_told_or_untold_newton_goes_the_same_way(form):
    starts = np.random.default_rng(0).uniform(-2, 2, (5, 9))
    starts[:, 3] = np.nan

    def fn(x):
        return jnp.sum(x**4 - 16 * x**2 + 5 * x) / 2

    told, untold = (run(Newton(bandwidth=width), fn, starts, form=form, max_steps=6) for width in (0, None))
    np.testing.assert_array_equal(told.status, untold.status)
    np.testing.assert_allclose(told.x, untold.x, rtol=1e-9)


def test_the_program_does_not_grow_with_n():
    sizes = set()
    for n in (16, 100):
        sides = np.full(n, 2.0)
        problem = Problem("own", lambda x, _: SUMS["choices"](x), -sides, sides, Truth("unknown", "none"), "none")
        method = find("newton").method_for(problem)
        assert form_for(method, problem) != SCALARS  # which are written out
        step = jax.make_jaxpr(lambda x, method=method: method.step(SUMS["choices"], x, x, ()))(sides)
        sizes.add(length(step.jaxpr))
    assert len(sizes) == 1


@pytest.mark.parametrize("form", [SCALARS, BATCH_LAST, BATCH_FIRST])
@pytest.mark.parametrize(("n", "width"), [(1, None), (2, None), (3, None), (5, 0)])
def test_a_variable_that_f_is_linear_in_makes_every_step_singular(n, width, form):
    starts = np.random.default_rng(n).uniform(-1, 1, (n, 4))
    for fn in (jnp.sum, lambda x: x[0] ** 2 + 3 * x[-1] if n > 1 else -2.0 * x[0]):
        ended = run(Newton(bandwidth=width), fn, starts, form=form, max_steps=3)
        assert (ended.status == Status.SINGULAR).all()
        assert not ended.steps.any()


@pytest.mark.parametrize("solver", ["newton", "newton-damped"])
def test_a_linear_function_has_no_newton_step(solver, monkeypatch):
    """Its Hessian has no entry at all; with two variables and with four there are other ways to solve for the step."""
    for fn, n in ((lambda x: 2 * x[1], 2), (lambda x: x[0] - 3 * x[2], 4)):
        line = Problem("line", lambda x, _, f=fn: f(x), -np.ones(n), np.ones(n), Truth("unknown", "none"), "none")
        monkeypatch.setattr(measure, "get", lambda _, line=line: line)
        cell = Cell("line", solver, 8, "float64", 0, 1e-8, 100, rounds=1, timed_s=0.0)
        figures = measure.measure(cell).figures
        assert figures["n_singular_step"] == figures["n_not_stationary"] == 8
        assert "no scalars" not in figures["solver_schedule"]  # which a failure on them would fall back from
