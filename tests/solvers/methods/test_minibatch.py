"""Stochastic methods: step by step as a plain loop with the same keys, whatever the batch, never stopped by noise."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from problems import Problem, UnknownName, get, random_rows
from solvers import Inputs, Layout, Status, WrongOption, available, find, observed, program
from solvers.engine.forms import BATCH_FIRST
from solvers.engine.schedule import schedule_for
from solvers.keys import lane_key
from tests.solvers.helpers import budget

RNG = np.random.default_rng(0)
A = RNG.standard_normal((50, 2))
Y = A @ np.array([1.0, -2.0]) + RNG.standard_normal(50)
RUN = np.array([0, 7], np.uint32)


def loss(w, data):
    inputs, values = data
    return jnp.mean((inputs @ w - values) ** 2)


REGRESSION = Problem.from_loss(loss, np.zeros(2), (A, Y), sample=random_rows(5))
STARTS = np.array([[0.0, 1.0, -3.0, 0.5], [0.0, 2.0, 0.1, 0.5]])


def ends(name, starts=STARTS, steps=12, rate=0.05, key=RUN, problem=REGRESSION, watched=False):
    lanes = starts.shape[1]
    limits = budget(2, max_steps=steps, patience=find(name).patience)
    inputs = Inputs(starts, np.full(lanes, rate), Layout(lanes).wanted(lanes), limits, problem.data, key)
    return jax.tree.map(np.asarray, compiled(name, watched, problem, lanes)(inputs))


@cache
def compiled(name, watched, problem, lanes):
    solver = observed(find(name), None, 12) if watched else find(name)
    schedule = schedule_for(solver.method_for(problem, problem.data), problem, "float64", lanes)
    return jax.jit(program(solver, problem, schedule))


def rows_of(start, k, key=RUN):
    """Which rows step k sees, by JAX's own words for the contract: fold_in(lane's key, k)."""
    lane = lane_key(key, jnp.asarray(start))
    return np.asarray(jax.random.randint(jax.random.fold_in(lane, k), (5,), 0, 50))


@pytest.mark.parametrize("lane", [0, 2])
def test_linear_regression_by_sgd_as_a_loop_in_numpy(lane):
    """The gradient of the mean square over five rows is 2 A'(A w - y) / 5."""
    w = STARTS[:, lane]
    for k in range(12):
        at = rows_of(STARTS[:, lane], k)
        w = w - 0.05 * 2 * A[at].T @ (A[at] @ w - Y[at]) / 5
    solution = ends("minibatch:gd")
    np.testing.assert_allclose(solution.x[:, lane], w, rtol=1e-12)
    assert solution.steps.tolist() == [12] * 4
    assert solution.status.tolist() == [Status.MAX_STEPS] * 4


def test_adam_on_the_same_samples_is_optax_on_them():
    w, rule = jnp.asarray(STARTS[:, 1]), optax.adam(0.05)
    state = rule.init(w)
    for k in range(12):
        at = rows_of(STARTS[:, 1], k)
        update, state = rule.update(jax.grad(loss)(w, (A[at], Y[at])), state, w)
        w = optax.apply_updates(w, update)
    np.testing.assert_allclose(ends("minibatch:adam").x[:, 1], w, rtol=1e-9)


def test_a_lane_draws_the_same_whatever_stands_beside_it():
    together = ends("minibatch:adam")
    for lane in (0, 3):
        np.testing.assert_array_equal(ends("minibatch:adam", STARTS[:, [lane]]).x[:, 0], together.x[:, lane])
    turned = ends("minibatch:adam", STARTS[:, ::-1])
    np.testing.assert_array_equal(turned.x[:, ::-1], together.x)


def test_another_seed_or_start_draws_other_rows():
    keys = [lane_key(key, jnp.asarray(start)) for key in (RUN, RUN + 1) for start in STARTS.T]
    assert len({tuple(np.asarray(jax.random.key_data(key))) for key in keys}) == 8
    assert not np.array_equal(ends("minibatch:gd").x, ends("minibatch:gd", key=RUN + 1).x)
    np.testing.assert_array_equal(ends("minibatch:gd").x, ends("minibatch:gd").x)


def test_a_gradient_that_vanishes_on_a_sample_stops_nobody():
    """Of one row the gradient vanishes on a line: at the start it is exactly 0 on many samples, and on f it is not."""
    flat = replace(REGRESSION, load=lambda: (np.eye(2)[[0, 1] * 25], np.zeros(50)), sample=random_rows(1))
    solution = ends("minibatch:gd", np.array([[0.0], [1.0]]), steps=40, problem=flat)
    assert solution.status.tolist() == [Status.MAX_STEPS]
    assert 0 < solution.x[1, 0] < 0.5


def test_what_is_not_finite_stops_a_lane():
    assert ends("minibatch:gd", rate=1e300).status.tolist() == [Status.DIVERGED] * 4
    broken = replace(REGRESSION, load=lambda: (A, np.full(50, np.nan)))
    assert ends("minibatch:gd", problem=broken).status.tolist() == [Status.NONFINITE] * 4


def test_a_record_of_its_way_is_of_f_and_changes_no_step():
    seen = ends("minibatch:gd", watched=True)
    np.testing.assert_array_equal(seen.x, ends("minibatch:gd").x)
    whole = jax.grad(loss)(jnp.asarray(STARTS[:, 1]), (A, Y))
    assert seen.record.first_grad_norm[1] == pytest.approx(float(np.max(np.abs(whole))))


def test_its_form_is_rows_and_it_is_refused_what_says_no_sample():
    solver = find("minibatch:adam")
    method = solver.method_for(REGRESSION, REGRESSION.data)
    assert schedule_for(method, REGRESSION, "float64", 4).form == BATCH_FIRST
    assert "does not say how to draw one" in solver.supports(get("himmelblau"))
    assert solver.supports(get("digits-64-3-10")) is None


def test_the_prefix_composes_with_rules_and_options_and_not_with_what_sees_more():
    assert find("minibatch:optax:lion:learning_rate=0.01").rates == (0.01,)
    assert set(available(find("minibatch:momentum"))) == {"learning_rate", "patience"}
    assert find("minibatch:gd").way == "first order"
    for name in ("newton", "lbfgs", "gd-armijo", "minibatch:gd", "scipy:bfgs"):
        with pytest.raises(WrongOption, match="looks at more than the gradient"):
            find(f"minibatch:{name}")
    with pytest.raises(UnknownName):
        find("minibatch:nonesuch")
