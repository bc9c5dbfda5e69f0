"""Methods that lower f are given time: along a valley the gradient rises while they get on."""

import jax.numpy as jnp
import numpy as np
import pytest

from bench.measuring import measure
from bench.plan.cell import Cell
from problems import Problem, Truth
from solvers import Status, find, from_pair
from solvers.engine.forms import BATCH_FIRST, BATCH_LAST
from tests.solvers.helpers import rosenbrock, run

VALLEY = Problem(
    "valley", lambda x, _: rosenbrock(x), np.full(10, -2.0), np.full(10, 2.0), Truth("unknown", "none"), "none",
    residuals=lambda x, _: jnp.concatenate([10 * (x[1:] - x[:-1] ** 2), 1 - x[:-1]]),
)  # fmt: skip


@pytest.mark.parametrize("name", ["newton-modified", "newton-cg", "gauss-newton", "levenberg-marquardt", "gd", "lbfgs"])
def test_methods_that_lower_f_have_the_patience_that_the_conventions_state(name):
    assert find(name).patience == 1000
    assert find("newton").patience == find("newton-damped").patience == 200


def test_a_pair_has_the_patience_of_its_kind():
    def pair(kind):
        return from_pair("own", lambda x, rate: rate, lambda fn, x, g, memory: (x - memory * g, memory), kind=kind)

    assert [pair(kind).patience for kind in ("descend", "solve")] == [1000, 200]


def steeper(x):
    """f falls to x = 1 and rises then, ever steeper all the way."""
    return jnp.sum(jnp.where(x < 1, -jnp.exp(x), jnp.exp(x) - 2 * jnp.e))


@pytest.mark.parametrize(
    ("kind", "form", "steps"),
    [
        ("solve", BATCH_FIRST, 16),
        ("descend", BATCH_FIRST, 112),
        ("solve", BATCH_LAST, 32),
        ("descend", BATCH_LAST, 112),
    ],
)
def test_a_new_smallest_f_is_progress_of_methods_that_lower_it(kind, form, steps):
    """100 steps of 0.01 from 0 lower f, and none makes the slope smaller; chunks have 4 steps, short ones 16."""
    pair = from_pair("own", lambda x, rate: rate, lambda fn, x, g, memory: (x + memory, memory), kind=kind)
    ends = run(pair.method, steeper, jnp.zeros((1, 3)), 0.01, form=form, max_steps=5000, patience=12)
    assert ends.status.tolist() == [Status.STALLED] * 3
    assert ends.steps.tolist() == [steps] * 3


def through_the_valley(name, n, lanes, **limits):
    starts = np.random.default_rng(0).uniform(-2, 2, (n, lanes))
    return run(find(name).method_for(VALLEY, ()), rosenbrock, starts, find(name).default_rate, **limits)


@pytest.mark.parametrize(
    "name", ["gd-armijo", "lbfgs", "newton-cg", "newton-modified", "gauss-newton", "levenberg-marquardt"]
)
def test_whatever_lowers_f_by_steps_of_its_own_goes_on_while_f_falls(name):
    """There are lanes of each without a new smallest gradient for longer than 8 steps."""
    assert not (through_the_valley(name, 10, 6, max_steps=300, patience=8).status == Status.STALLED).any()


@pytest.mark.parametrize(("patience", "status"), [(28, Status.STALLED), (44, Status.MAX_STEPS)])
def test_what_rounding_may_hide_is_no_progress(patience, status):
    """Every 4 steps of 1/4 lower f by half a unit in its last place: after 9 such chunks by more than 4 units."""
    pair = from_pair("own", lambda x, rate: rate, lambda fn, x, g, memory: (x + memory, memory))
    ends = run(
        pair.method,
        lambda x: 2.0**40 - jnp.sum(x) * 2.0**-13,
        jnp.zeros((1, 3)),
        0.25,
        form=BATCH_FIRST,
        max_steps=400,
        patience=patience,
    )
    assert ends.status.tolist() == [status] * 3


@pytest.mark.heavy
def test_lbfgs_goes_through_a_long_valley():
    """Most lanes there have no new smallest gradient for more than 200 steps."""
    cell = Cell("rosenbrock-n100", "lbfgs", 8, "float64", 0, 1e-8, 2000, rounds=1, timed_s=0.0)
    row = measure.measure(cell).figures
    assert row["frac_minimum"] == 1.0
    assert row["n_stalled"] == 0


@pytest.mark.heavy
def test_newton_cg_goes_through_it_with_a_fifth_of_the_patience():
    """By the gradient alone lanes are given up as stalled before the 500 steps that they take."""
    end = through_the_valley("newton-cg", 100, 2, max_steps=1000, patience=200)
    assert end.status.tolist() == [Status.CONVERGED] * 2
