"""Methods that lower f are given time: along a valley the gradient rises while they get on."""

import pytest

from bench import measure
from bench.cell import Cell
from solvers import find, from_pair


@pytest.mark.parametrize("name", ["newton-modified", "newton-cg", "gauss-newton", "levenberg-marquardt", "gd", "lbfgs"])
def test_methods_that_lower_f_have_the_patience_that_the_conventions_state(name):
    assert find(name).patience == 1000
    assert find("newton").patience == find("newton-damped").patience == 200


def test_a_pair_has_the_patience_of_its_kind():
    def pair(kind):
        return from_pair("own", lambda x, rate: rate, lambda fn, x, g, memory: (x - memory * g, memory), kind=kind)

    assert [pair(kind).patience for kind in ("descend", "solve")] == [1000, 200]


@pytest.mark.heavy
def test_lbfgs_goes_through_a_long_valley():
    """Most lanes there have no new smallest gradient for more than 200 steps."""
    cell = Cell("rosenbrock-n100", "lbfgs", 8, "float64", 0, 1e-8, 2000, rounds=1, timed_s=0.0)
    row = measure.measure(cell).figures
    assert row["frac_minimum"] == 1.0
    assert row["n_stalled"] == 0
