"""Lanes shared by several devices: the same results, in the same places."""

from functools import cache

import jax
import numpy as np
import pytest

from problems import get
from solvers import SOLVERS, Budget, Inputs, Layout, place, program
from solvers.forms import SCALARS

PROBLEM = get("himmelblau")
STARTS = np.random.default_rng(0).uniform(-5, 5, (2, 37))


@cache
def compiled(solver, width, devices):
    return jax.jit(program(SOLVERS[solver], PROBLEM, SCALARS, width, devices))


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
