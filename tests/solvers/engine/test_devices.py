"""Lanes shared by several devices: the same results, in the same places."""

from functools import cache

import jax
import numpy as np
import pytest

from problems import get
from solvers import SOLVERS, Budget, Inputs, Layout, Status, place, program
from solvers.engine.forms import BATCH_FIRST, BATCH_LAST, SCALARS
from solvers.engine.schedule import Schedule, loop_schedule

PROBLEM = get("himmelblau")
PADDED = get("mgh-discrete-boundary-value-n5")
STARTS = np.random.default_rng(0).uniform(-5, 5, (2, 37))


@cache
def compiled(solver, width, devices):
    schedule = loop_schedule(SOLVERS[solver].method, PROBLEM, width, devices, "a test")
    assert (schedule.form, schedule.width) == (SCALARS, width)
    return jax.jit(program(SOLVERS[solver], PROBLEM, schedule))


def ends(solver, lanes, devices, width=4):
    """The first `lanes` starts, run on a queue with room for all of them."""
    layout = Layout(STARTS.shape[1], devices)
    starts = np.zeros((2, layout.capacity))
    starts[:, layout.places(STARTS.shape[1])] = STARTS
    budget = Budget(np.full(2, 1e-8), np.zeros(2), np.full(2, 1e6), np.int32(200), np.int32(50))
    inputs = Inputs(starts, np.full(layout.capacity, 0.01), layout.wanted(lanes), budget, PROBLEM.data)
    solution = compiled(solver, width, devices)(place(inputs, devices))
    return jax.tree.map(lambda leaf: np.asarray(leaf)[..., layout.places(lanes)], solution)


@pytest.mark.parametrize("solver", ["newton", "gd"])
@pytest.mark.parametrize("devices", [2, 4])
@pytest.mark.parametrize("lanes", [1, 3, 37])
def test_devices_change_no_lane(solver, devices, lanes):
    one, many = ends(solver, lanes, 1), ends(solver, lanes, devices)
    assert (one.status >= 0).all()
    jax.tree.map(np.testing.assert_array_equal, one, many)


@pytest.mark.parametrize(("lanes", "devices"), [(1, 1), (1, 4), (7, 2), (8, 4), (37, 3)])
def test_every_lane_has_a_place_of_its_own_on_a_device_that_wants_it(lanes, devices):
    layout = Layout(lanes, devices)
    assert len(set(layout.places(lanes).tolist())) == lanes
    for fewer in range(1, lanes + 1):
        wanted = layout.wanted(fewer)
        assert wanted.sum() == fewer
        device, slot = np.divmod(layout.places(fewer), layout.per_device)
        assert (slot < wanted[device]).all()


@pytest.mark.parametrize("form", [BATCH_LAST, BATCH_FIRST])
def test_a_padded_vector_may_be_shared(form):
    """What jnp.pad makes of its zeros within a program for several devices."""
    starts = np.random.default_rng(1).uniform(PADDED.lower, PADDED.upper, (8, 5)).T
    budget = Budget(np.full(5, 1e-8), np.zeros(5), np.full(5, 1e6), np.int32(50), np.int32(50))
    one, two = (
        jax.jit(program(SOLVERS["newton"], PADDED, Schedule("loop", "a test", devices, form, 4)))(
            place(Inputs(starts, np.ones(8), Layout(8, devices).wanted(8), budget, PADDED.data), devices)
        )
        for devices in (1, 2)
    )
    assert (np.asarray(one.status) == Status.CONVERGED).all()
    np.testing.assert_allclose(np.sort(one.x, axis=1), np.sort(two.x, axis=1), rtol=1e-9)
