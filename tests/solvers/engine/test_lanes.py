"""The loop's promises: exact counts and statuses, and lanes that do not see each other."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import Status
from solvers.methods.descent import Descent
from solvers.methods.newton import Newton
from tests.solvers.helpers import himmelblau, rosenbrock, run

GD = Descent(optax.sgd)


def bowl(x):
    """1/2 x^2: gradient descent with rate r multiplies x by (1 - r)."""
    return 0.5 * jnp.sum(x**2)


def log_barrier(x):
    """x - log x: minimum at 1, NaN for x < 0."""
    return jnp.sum(x - jnp.log(x))


def test_a_start_on_a_root_takes_no_step():
    solution = run(Newton(), bowl, [[0.0, 1.0]])
    assert solution.steps.tolist() == [0, 1]
    assert solution.status.tolist() == [Status.CONVERGED] * 2


def test_gradient_descent_counts_equal_a_plain_loop():
    starts, rate, gtol = np.array([[4.0, -1.0, 1e-3]]), 0.3, 1e-8
    counted = []
    for x in starts[0]:
        steps = 0
        while abs(x) > gtol:
            x, steps = x - rate * x, steps + 1
        counted.append(steps)
    assert run(GD, bowl, starts, rate).steps.tolist() == counted


def test_step_limit_is_exact_and_a_lane_may_converge_on_the_last_step():
    # From 1 with rate 1/2 the gradient is 2^-k after k steps: at most 1e-8 for the first time at k = 27.
    assert run(GD, bowl, [[1.0]], 0.5, max_steps=27).status[0] == Status.CONVERGED
    stopped = run(GD, bowl, [[1.0]], 0.5, max_steps=26)
    assert (stopped.status[0], stopped.steps[0]) == (Status.MAX_STEPS, 26)
    assert stopped.x[0, 0] == 0.5**26


def test_divergence_is_seen_before_infinity_and_keeps_the_last_point_inside():
    # Rate 3 multiplies x by -2; the first point beyond 5e6 is 2^23, so 22 steps are taken.
    solution = run(GD, bowl, [[1.0]], 3.0)
    assert (solution.status[0], solution.steps[0]) == (Status.DIVERGED, 22)
    assert solution.x[0, 0] == 2.0**22


def test_a_gradient_without_value_is_nonfinite_and_the_point_stays_finite():
    solution = run(GD, log_barrier, [[0.5, -1.0]], 0.1)
    assert solution.status.tolist() == [Status.CONVERGED, Status.NONFINITE]
    assert np.isfinite(solution.x).all()


def test_a_singular_hessian_is_named():
    solution = run(Newton(), lambda x: x[0] ** 4 + x[1], [[0.0, 1.0], [1.0, 1.0]])
    assert solution.status.tolist() == [Status.SINGULAR] * 2
    assert solution.steps.tolist() == [0, 0]


@pytest.mark.parametrize(("scalars", "steps"), [(False, 12), (True, 32)])
def test_stalled_at_the_first_look_that_is_patience_steps_after_the_best_chunk(scalars, steps):
    # Rate 2 jumps from x to -x for ever: the gradient is smallest in the first chunk (4 steps, or 16 short ones).
    solution = run(GD, bowl, [[1.0]], 2.0, patience=7, scalars=scalars)
    assert (solution.status[0], solution.steps[0]) == (Status.STALLED, steps)


def test_short_steps_stop_where_careful_ones_do():
    """Descent of few variables runs chunks without tests; a lane must still stop at its own step, for its reason."""
    starts = np.random.default_rng(2).uniform(-4, 4, (2, 40))
    rates = np.append(np.geomspace(1e-4, 1.9, 32), np.linspace(2.1, 3, 8))  # too slow, fast, diverging
    fast, slow = (run(GD, bowl, starts, rates, width=16, max_steps=333, patience=999, scalars=s) for s in (True, False))
    np.testing.assert_array_equal(fast.status, slow.status)
    np.testing.assert_array_equal(fast.steps, slow.steps)
    np.testing.assert_allclose(fast.x, slow.x, rtol=1e-9)
    assert {Status.CONVERGED, Status.MAX_STEPS, Status.DIVERGED} <= set(fast.status.tolist())


@pytest.mark.parametrize("scalars", [False, True])
@pytest.mark.parametrize("width", [3, 16])
def test_a_stalled_lane_does_not_depend_on_its_neighbours(scalars, width):
    # Rate 2 jumps to and fro for ever; the others converge after anything from 1 to 200 steps.
    starts, rates = np.linspace(1, 2, 12)[None], np.where(np.arange(12) % 3 == 1, 2.0, np.linspace(0.1, 1, 12))
    together = run(GD, bowl, starts, rates, width=width, max_steps=5000, scalars=scalars)
    alone = run(GD, bowl, starts[:, 4:5], 2.0, max_steps=5000, scalars=scalars)
    assert alone.status[0] == Status.STALLED
    assert set(together.steps[1::3].tolist()) == {int(alone.steps[0])}


@pytest.mark.parametrize("scalars", [False, True])
@pytest.mark.parametrize("method", [Newton(), Descent(optax.adam)])
def test_a_lane_equals_its_single_run_whatever_its_neighbours_do(method, scalars):
    rate = 0.05
    ordinary = np.random.default_rng(1).uniform(-4, 4, (2, 6))
    neighbours = np.array([[np.nan, 1e300, 3.0, -4.9], [0.0, 1e300, 2.0, 4.9]])  # NaN, overflow, converged, far
    together = run(method, himmelblau, np.concatenate([ordinary, neighbours], axis=1), rate, scalars=scalars)
    for lane in range(ordinary.shape[1]):
        alone = run(method, himmelblau, ordinary[:, [lane]], rate, scalars=scalars)
        assert alone.steps[0] == together.steps[lane]
        assert alone.status[0] == together.status[lane]
        np.testing.assert_allclose(alone.x[:, 0], together.x[:, lane], rtol=1e-13)
    assert together.status[6] == Status.NONFINITE
    assert (together.status[8], together.steps[8]) == (Status.CONVERGED, 0)


@settings(max_examples=30, deadline=None)
@given(shape=st.sampled_from([(1, 1), (9, 8), (40, 3), (40, 16)]), seed=st.integers(0, 99))
def test_the_queue_gives_each_start_its_own_result_in_its_own_place(shape, seed):
    batch, width = shape
    starts = np.random.default_rng(seed).uniform(-2, 2, (2, batch))
    queued = run(Newton(), rosenbrock, starts, width=width)
    at_once = run(Newton(), rosenbrock, starts)
    np.testing.assert_array_equal(queued.steps, at_once.steps)
    np.testing.assert_array_equal(queued.status, at_once.status)
    np.testing.assert_allclose(queued.x, at_once.x, rtol=1e-12)


def test_a_refilled_lane_starts_with_a_fresh_optimiser():
    starts = np.tile([[1.0], [1.0]], 9)
    solution = run(Descent(optax.adam), himmelblau, starts, 0.1, width=2, max_steps=500)
    assert len(set(solution.steps.tolist())) == 1
    assert np.ptp(solution.x, axis=1).max() == 0
