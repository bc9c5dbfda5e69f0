"""The peers' solvers return what the referee can judge, and agree with ours where the methods are the same."""

import numpy as np
import pytest

from bench.measuring import measure
from bench.plan.cell import Cell
from solvers import SOLVERS

CELL = Cell("himmelblau", "newton", 8, "float64", 0, 1e-8, 300, rounds=1, timed_s=0.0)
PEERS = [name for name, solver in SOLVERS.items() if solver.kind == "peer"]


def figures(solver, problem="himmelblau", **other):
    cell = Cell(**{**CELL.__dict__, "solver": solver, "problem": problem, **other})
    return measure.measure(cell).figures


SLOW = {"jaxopt-lbfgs"}  # to compile


@pytest.mark.parametrize(
    "solver", [pytest.param(name, marks=[pytest.mark.heavy] if name in SLOW else []) for name in PEERS]
)
def test_every_peer_reaches_stationary_points_and_is_judged_by_the_referee(solver):
    row = figures(solver, max_steps=5000)
    assert row["grad_norm_median"] < 1e-3
    # The minimisers of optimistix and the plain loop have no test of the gradient.
    assert row["frac_stationary"] >= 0.75 or solver in ("optimistix-bfgs", "optimistix-gd", "optax-adam")
    assert "n_converged" not in row or row["n_converged"] is None  # its own flag is no metric
    assert row.get("n_g") is None
    if SOLVERS[solver].rates:
        assert row["tune_s"] > 0


def test_optimistix_newton_ends_where_ours_does():
    ours, theirs = figures("newton"), figures("optimistix-newton")
    same = ("n_minimum", "n_saddle", "n_maximum", "n_points_found")
    assert [ours[name] for name in same] == [theirs[name] for name in same]
    assert theirs["steps_median"] == ours["steps_median"] + 1  # it tests the point before its last step


def test_a_race_takes_both_on_the_same_starts():
    row = figures("newton", peer="optimistix-newton")
    assert row["peer"] == "optimistix-newton"
    assert row["peer_frac_stationary"] == row["frac_stationary"] == 1.0
    assert row["ratio_to_peer"] == pytest.approx(row["peer_time_median_s"] / row["time_median_s"])


def test_more_starts_than_a_host_loop_can_take_are_refused():
    with pytest.raises(measure.Unsupported, match="loops over starts on the host; give a --batch of at most 1000"):
        figures("scipy-root", batch=1001)


def test_a_library_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr("solvers.solver.find_spec", lambda name: None)
    with pytest.raises(measure.Unsupported, match='jaxopt is not installed; pip install "jaxopt>='):
        figures("jaxopt-gd")


def test_newton_on_ten_thousand_variables_runs_where_the_structure_is_stated():
    row = figures("newton", "rosenbrock-n10000", batch=1, max_steps=5)
    assert row["n_max_steps"] + row["n_converged"] + row["n_stalled"] == 1
    assert np.isfinite(row["grad_norm_median"])
