"""The record of a lane's way: worked by hand, and no disturbance of the way itself."""

from dataclasses import replace
from math import ceil, log2

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from bench.measuring import measure
from bench.measuring.program import prepare
from bench.measuring.referee import referee
from bench.measuring.untimed import observe as observing
from bench.measuring.untimed.observe import complete, targets, trace
from bench.plan.cell import Cell
from problems import get
from solvers import TARGETS, Status, checkpoints, find
from solvers.engine.forms import BATCH_LAST, SCALARS
from solvers.methods.descent import Descent
from solvers.methods.newton import Newton
from solvers.methods.observed import Observed
from tests.solvers.helpers import himmelblau, run

STEPS = 60
MARKS = checkpoints(STEPS)


def bowl(x):
    return jnp.sum(x**2) / 2


def ways(starts, lowest=0.0, rate=0.5, **limits):
    """Descent of the bowl, observed: with step size 1/2 the gradient halves in every step, f falls to a quarter."""
    end = run(Observed(Descent(optax.sgd), lowest, MARKS), bowl, starts, rate, max_steps=STEPS, **limits)
    size = np.abs(end.x).max(axis=0)
    return end, complete(end, (end.x**2).sum(axis=0) / 2, size, lowest, np.finfo(float).eps)


def test_targets_are_reached_at_the_steps_worked_by_hand():
    _, way = ways([[1.0, -8.0]], gtol=1e-15)
    decades = range(len(TARGETS))
    np.testing.assert_array_equal(way.reached["gradient"], [[ceil(k * log2(10)) for k in decades]] * 2)
    np.testing.assert_array_equal(way.reached["gap"], [[ceil(k * log2(10) / 2) for k in decades]] * 2)


def test_the_point_where_a_lane_stops_counts_and_what_it_did_not_reach_is_never():
    # 2^-4 <= 0.07: the lane stops after four steps; a tenth is reached there, a hundredth never.
    end, way = ways([[1.0]], gtol=0.07)
    assert end.steps.tolist() == [4]
    np.testing.assert_array_equal(way.reached["gradient"][0, :3], [0, 4, -1])
    np.testing.assert_array_equal(way.reached["gap"][0, :4], [0, 2, 4, -1])


def test_a_start_on_the_root_has_reached_everything():
    _, way = ways([[0.0, 1.0]])
    assert (way.reached["gradient"][0] == 0).all()
    assert (way.reached["gap"][0] == 0).all()


def test_without_a_known_minimum_there_is_no_gap():
    _, way = ways([[1.0]], lowest=None)
    assert set(way.reached) == {"gradient"}
    assert trace(way, None, STEPS, 1.0)[0]["f_gap_median"] is None


def test_rows_are_statistics_of_the_lanes():
    _, way = ways([[1.0, 1.0, 0.0]], gtol=0.07)
    tenth = next(row for row in targets(way) if row["quantity"] == "gradient" and row["target"] == 0.1)
    assert tenth == {
        "quantity": "gradient", "target": 0.1, "n_lanes": 3, "n_reached": 3, "steps_sum": 8,
        "steps_p10": 0, "steps_p25": 0, "steps_median": 4, "steps_p75": 4, "steps_p90": 4,
    }  # fmt: skip
    last = next(row for row in targets(way) if row["quantity"] == "gradient" and row["target"] == 1e-10)
    assert (last["n_reached"], last["steps_sum"], last["steps_p25"], last["steps_median"]) == (1, 8, 0, None)
    rows = trace(way, 0.0, STEPS, 0.25)
    assert [row["step"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["n_running"] for row in rows] == [2, 2, 2, 2, 0]
    assert [row["grad_norm_median"] for row in rows] == [1, 0.5, 0.25, 0.125, 0.0625]
    assert [row["f_gap_p10"] for row in rows] == [0, 0, 0, 0, 0]
    assert [row["time_s"] for row in rows] == [0, 0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize("scalars", [False, True])
@pytest.mark.parametrize(("method", "rate"), [(Newton(), 1.0), (Descent(optax.adam), 0.1)])
def test_an_observed_lane_goes_the_same_way(method, rate, scalars):
    starts = np.random.default_rng(0).uniform(-4, 4, (2, 9))
    starts[0, 4] = np.nan
    plain = run(method, himmelblau, starts, rate, scalars=scalars, width=4)
    seen = run(Observed(method, 0.0, MARKS), himmelblau, starts, rate, scalars=scalars, width=4)
    np.testing.assert_array_equal(plain.status, seen.status)
    np.testing.assert_array_equal(plain.steps, seen.steps)
    np.testing.assert_allclose(plain.x, seen.x, rtol=1e-9)
    assert seen.status[4] == Status.NONFINITE
    assert seen.record.f.shape == (9, len(MARKS))


def test_checkpoints_are_spread_evenly_over_the_decades_and_end_at_the_limit():
    assert checkpoints(1) == (0, 1)
    assert checkpoints(100)[:6] == (0, 1, 2, 3, 4, 6)
    assert [len(checkpoints(10**k)) for k in (3, 5)] == [24, 40]
    assert checkpoints(1234)[-1] == 1234


def test_a_cell_is_observed_when_asked_and_its_own_figures_do_not_change():
    cell = Cell("himmelblau", "newton", 6, "float64", 0, 1e-8, 100, rounds=1, timed_s=0.0)
    plain, seen = measure.measure(cell), measure.measure(replace(cell, observe=True))
    assert plain.series == {}
    assert plain.figures["steps_sum"] == seen.figures["steps_sum"]
    assert len(seen.series["targets"]) == 22
    full = [row["n_reached"] for row in seen.series["targets"] if row["quantity"] == "gradient"]
    assert full[:9] == [6] * 9
    assert seen.series["trace"][-1]["step"] <= seen.figures["steps_max"]
    assert measure.measure(replace(cell, observe=True, solver="closed-form", problem="branin", batch=1)).series == {}


def test_a_method_with_accounts_of_its_own_is_observed_too():
    cell = Cell("rosenbrock-n10", "newton-cg", 3, "float32", 0, 1e-3, 100, rounds=1, timed_s=0.0, observe=True)
    series = measure.measure(cell).series
    assert series["targets"][0]["n_lanes"] == 3


@pytest.mark.parametrize(
    ("name", "solver", "form"), [("rosenbrock-n10", "newton", BATCH_LAST), ("rosenbrock-n2", "adam", SCALARS)]
)
def test_the_observed_run_is_the_timed_programs_twin(name, solver, form, monkeypatch):
    """Newton on a tridiagonal Hessian is chaotic from most starts: solved in another way, lanes would end elsewhere."""
    cell = Cell(name, solver, 64, "float64", 0, 1e-8, 200, rounds=1, timed_s=0.0)
    judge, timed = referee(get(name)), find(solver)
    prepared = [prepare(cell, timed, judge)]
    monkeypatch.setattr(observing, "prepare", lambda *args, **kw: prepared.append(prepare(*args, **kw)) or prepared[-1])
    ways = observing.observe(cell, timed, judge, timed.default_rate)
    own, seen = prepared
    assert own.schedule.form == seen.schedule.form == form
    assert own.layout == seen.layout
    end = own.lanes(own.call(own.inputs(timed.default_rate)))
    np.testing.assert_array_equal(ways.steps, end.steps)
