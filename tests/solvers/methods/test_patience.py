"""Methods that lower f are given time: along a valley the gradient rises while they get on."""

import jax.numpy as jnp
import pytest

from bench.measuring import measure
from bench.plan.cell import Cell
from solvers import Status, find, from_pair
from solvers.engine.forms import COLUMNS, ROWS
from tests.solvers.helpers import run


@pytest.mark.parametrize("name", ["newton-modified", "newton-cg", "gauss-newton", "levenberg-marquardt", "gd", "lbfgs"])
def test_methods_that_lower_f_have_the_patience_that_the_conventions_state(name):
    assert find(name).patience == 1000
    assert find("newton").patience == find("newton-damped").patience == 200


def test_a_pair_has_the_patience_of_its_kind():
    def pair(kind):
        return from_pair("own", lambda x, rate: rate, lambda fn, x, g, memory: (x - memory * g, memory), kind=kind)

    assert [pair(kind).patience for kind in ("descend", "solve")] == [1000, 200]


def steeper(x):
    """Falls to x = 1 and rises then, ever steeper all the way."""
    return jnp.sum(jnp.where(x < 1, -jnp.exp(x), jnp.exp(x) - 2 * jnp.e))


@pytest.mark.parametrize(
    ("kind", "form", "steps"),
    [("solve", ROWS, 16), ("descend", ROWS, 112), ("solve", COLUMNS, 32), ("descend", COLUMNS, 112)],
)
def test_a_new_smallest_f_is_progress_of_methods_that_lower_it(kind, form, steps):
    """100 steps of 0.01 from 0 lower f, and none makes the slope smaller; strides have 4 steps, short ones 16."""
    pair = from_pair("own", lambda x, rate: rate, lambda fn, x, g, memory: (x + memory, memory), kind=kind)
    ends = run(pair.method, steeper, jnp.zeros((1, 3)), 0.01, form=form, max_steps=5000, patience=12)
    assert ends.status.tolist() == [Status.STALLED] * 3
    assert ends.steps.tolist() == [steps] * 3


@pytest.mark.parametrize(("patience", "status"), [(28, Status.STALLED), (44, Status.MAX_STEPS)])
def test_what_rounding_may_hide_is_no_progress(patience, status):
    """Every 4 steps of 1/4 lower f by half a unit in its last place: after 9 such strides by more than 4 units."""
    pair = from_pair("own", lambda x, rate: rate, lambda fn, x, g, memory: (x + memory, memory))
    ends = run(
        pair.method,
        lambda x: 2.0**40 - jnp.sum(x) * 2.0**-13,
        jnp.zeros((1, 3)),
        0.25,
        form=ROWS,
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
