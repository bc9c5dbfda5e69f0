"""However the points lie in memory, a lane goes the same way."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from problems import get
from solvers import Status, find, form_for, width_for
from solvers.engine.forms import BATCH_FIRST, BATCH_LAST, SCALARS
from solvers.methods.armijo import ArmijoDescent
from solvers.methods.descent import Descent
from solvers.methods.globalised import DampedNewton
from solvers.methods.newton import Newton
from tests.solvers.helpers import rosenbrock, run

METHODS = [
    (Newton(), 1.0), (Newton(bandwidth=1), 1.0), (DampedNewton(), 1.0), (ArmijoDescent(), 1.0),
    (Descent(optax.sgd), 1e-3), (Descent(optax.adam), 1e-2), (Descent(optax.lion), 1e-3),
]  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize(("method", "rate"), METHODS, ids=lambda value: type(value).__name__)
def test_a_lane_goes_the_same_way_in_every_form(method, rate):
    starts = np.random.default_rng(5).uniform(-1, 1, (4, 21))
    starts[:, 4], starts[2, 9] = 1.0, np.nan  # on the root; broken
    one, *others = (
        run(method, rosenbrock, starts, rate, width=6, form=form, max_steps=12)
        for form in (BATCH_FIRST, SCALARS, BATCH_LAST)
    )
    for other in others:
        np.testing.assert_array_equal(one.status, other.status)
        np.testing.assert_array_equal(one.steps, other.steps)
        np.testing.assert_allclose(one.x, other.x, rtol=1e-9, atol=1e-12)
    assert one.status[[4, 9]].tolist() == [Status.CONVERGED, Status.NONFINITE]


def saddles(x):
    """A Hessian whose leading blocks are singular almost everywhere on the axes: elimination must pivot."""
    return x[0] * x[1] + x[2] * x[3] + x[4] * x[5] + 1e-3 * jnp.sum(x**4) + x[0] * x[5] + x[6] ** 2


def test_a_step_in_doubt_is_made_again_with_pivoting():
    starts = np.random.default_rng(0).uniform(-1, 1, (7, 40))
    starts[:6, ::3] = 0.0  # the first pivot is exactly zero in every third lane
    starts[6] = 1.0
    # Some lanes wander for long before they converge, and on the way every rounding, which differs from one version of
    # XLA to another, grows: so the first steps are compared, and of the others that they are made.
    limits = {"width": 16, "max_steps": 3}
    pivoted, *others = (
        run(Newton(), saddles, starts, form=form, **limits) for form in (BATCH_FIRST, SCALARS, BATCH_LAST)
    )
    for quick in others:
        np.testing.assert_array_equal(pivoted.status, quick.status)
        np.testing.assert_array_equal(pivoted.steps, quick.steps)
        np.testing.assert_allclose(pivoted.x, quick.x, rtol=1e-6, atol=1e-6)
    to_their_ends = run(Newton(), saddles, starts, width=16, form=SCALARS, patience=200)
    assert (to_their_ends.status == Status.CONVERGED).all()


@pytest.mark.parametrize("form", [SCALARS, BATCH_LAST, BATCH_FIRST])
def test_a_singular_hessian_is_named_in_every_form(form):
    starts = np.array([[0.0, 1.0, 1.0], [1.0, 2.0, 0.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    flat = run(Newton(), lambda x: jnp.sum(x**4) + 1e-3 * x[0], starts, form=form, max_steps=60)
    assert flat.status[0] == flat.status[2] == Status.SINGULAR
    assert flat.steps[[0, 2]].tolist() == [0, 0]
    assert flat.status[1] != Status.SINGULAR


@pytest.mark.parametrize(
    ("solver", "problem", "form"),
    [
        ("newton", "himmelblau", SCALARS),
        ("newton", "rosenbrock-n10", BATCH_LAST),  # told that its Hessian is tridiagonal
        ("newton-dense", "rosenbrock-n50", BATCH_LAST),
        ("newton-dense", "rosenbrock-n100", BATCH_FIRST),
        ("gd", "rosenbrock-n10", SCALARS),
        ("adam", "himmelblau", SCALARS),
        ("adam", "rosenbrock-n10", BATCH_LAST),  # carries three numbers per variable from step to step
        ("gd", "nist-misra1a-s1", BATCH_LAST),  # fourteen exponentials
        ("gd", "rosenbrock-n1000", BATCH_LAST),
        ("newton", "logistic-breast-cancer", BATCH_FIRST),
        ("newton", "nist-longley", BATCH_FIRST),  # a product of matrices
        ("newton", "nist-hahn1-s1", BATCH_FIRST),  # 236 observations
        ("newton", "nist-thurber-s1", BATCH_LAST),
        ("adam", "mlp-digits", BATCH_FIRST),
        ("newton-cg", "himmelblau", BATCH_FIRST),
    ],
)
def test_the_form_suits_the_method_and_the_function(solver, problem, form):
    known = get(problem)
    assert form_for(find(solver).method_for(known, known.data), known) == form


@pytest.mark.parametrize(("lanes", "width"), [(1, 1), (15, 15), (17, 32), (239, 240), (257, 272), (10**6, 528)])
def test_lanes_beside_each_other_fly_in_whole_vectors(lanes, width):
    assert width_for(50, lanes, BATCH_LAST) == width


def test_arrays_of_many_lanes_do_not_lie_a_power_of_two_apart():
    for lanes in range(300, 3000, 7):
        assert width_for(50, lanes, BATCH_LAST) % 32 == 16
