"""Networks of ten weights: the record against SciPy, and symmetry counted by hand."""

import jax
import numpy as np
import pytest
from scipy.optimize import minimize

from bench.measuring import measure
from bench.plan.cell import Cell
from problems import get
from problems.families.tiny_networks import symmetric_copies
from solvers.stationarity.symmetry import orbits


@pytest.mark.parametrize(("name", "minimisers"), [("xor-2-2-1", 16), ("sine-1-3-1", 24)])
def test_scipy_finds_the_stated_minimum_and_none_lower(name, minimisers):
    problem = get(name)
    assert len(problem.truth.minimisers) == minimisers
    call = jax.jit(jax.value_and_grad(lambda x: problem.fn(x, problem.data)))
    starts = np.random.default_rng(0).uniform(problem.lower, problem.upper, (20, problem.dim))
    ends = [minimize(lambda x: tuple(map(np.asarray, call(x))), x, jac=True, options={"gtol": 1e-9}) for x in starts]
    lowest = min(ends, key=lambda end: end.fun)
    assert lowest.fun == pytest.approx(problem.truth.minimum, abs=1e-12)
    assert np.abs(problem.truth.minimisers - lowest.x).max(axis=1).min() < 1e-5


def test_copies_have_the_same_value_and_their_number_is_that_of_the_group():
    problem = get("sine-1-3-1")
    x = np.random.default_rng(1).normal(size=10)
    made = problem.copies(x)
    assert len(np.unique(made, axis=0)) == len(made) == 2**3 * 6
    values = jax.vmap(lambda x: problem.fn(x, problem.data))(made)
    assert np.ptp(values) < 1e-12
    assert (made == x).all(axis=1).any()


def test_orbits_are_counted_as_by_hand():
    """Of a 1-2-1 network: two points that are copies, one with two equal units, and the origin, which has none."""
    first, other = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]), np.array([2.0, -1.0, 4.0, -3.0, 6.0, -5.0, 7.0])
    equal = np.array([1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 0.0])
    found = orbits(np.stack([first, other, equal, np.zeros(7)]), lambda x: symmetric_copies(x, (1, 2)), np.full(7, 8.0))
    assert found.of[0] == found.of[1]
    assert len(set(found.of)) == 3
    assert found.points == 8 + 4 + 1


def test_the_hunt_tells_orbits_minima_and_copies():
    cell = Cell("xor-2-2-1", "all-newton", 256, "float64", 0, 1e-8, 200, rounds=1, timed_s=0.0)
    figures = measure.measure(cell).figures
    points = figures["n_minimum"] + figures["n_saddle"]
    assert 1 <= figures["n_orbits_minimum"] < figures["n_orbits"] < points <= figures["n_with_copies"]
    assert figures["n_saddle"] > figures["n_minimum"]
