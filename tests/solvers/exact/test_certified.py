"""Certificates: all stationary points where all can be proved, and no claim anywhere else."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measuring import measure
from bench.plan.cell import Cell
from problems import Problem, Truth, get
from solvers.exact.certified import search
from solvers.exact.certified.certificate import _pieces, certify, prepare_search
from solvers.exact.certified.inertia import negative_eigenvalues
from solvers.exact.certified.solver import certificate_line
from solvers.method import CannotSolve, Status
from solvers.methods.newton import Newton
from tests.solvers.helpers import himmelblau, run


def of(fn, lower, upper, data=()):
    lower, upper = np.atleast_1d(np.asarray(lower, float)), np.atleast_1d(np.asarray(upper, float))
    return Problem("p", fn, lower, upper, Truth("unknown", "none"), "none", load=lambda: data)


def kinds(certificate):
    n, negative = certificate.lower.shape[1], certificate.n_negative
    return np.sum(negative == 0), np.sum((negative > 0) & (negative < n)), np.sum(negative == n)


def heavy(*row):
    return pytest.param(*row, marks=pytest.mark.heavy)


@pytest.mark.parametrize(
    ("name", "minima", "saddles", "maxima"),
    [
        ("himmelblau", 4, 4, 1),
        ("xlogx-sqrt", 1, 0, 0),
        ("rastrigin-n2", 121, 220, 100),
        heavy("styblinski-tang-n3", 8, 18, 1),
        heavy("poisson-linnerud", 1, 0, 0),
        heavy("six-hump-camel", 6, 7, 2),
        heavy("goldstein-price", 4, 4, 1),
        heavy("beale", 1, 2, 0),
        heavy("branin", 3, 2, 0),
        heavy("muller-brown", 3, 2, 0),
        heavy("mccormick", 2, 1, 0),
        heavy("egg-crate-n2", 9, 24, 16),
        heavy("low-rank-n3", 2, 3, 0),
        heavy("styblinski-tang-n5", 32, 210, 1),
        heavy("rosenbrock-n4", 2, 1, 0),
        heavy("himmelblau~rotated", 4, 4, 1),
        heavy("nist-danwood-s2", 1, 0, 0),
        heavy("nist-rat42-s2", 1, 0, 0),
        heavy("weibull-proline", 1, 0, 0),
    ],
)
def test_all_points_are_proved_with_their_kinds(name, minima, saddles, maxima):
    problem = get(name)
    found = certify(problem)
    assert found.complete
    assert not found.undecided.size
    assert kinds(found) == (minima, saddles, maxima)
    points = problem.truth.points
    near = np.abs(found.points[:, None] - points).max(axis=2)
    allowed = 2 * 10.0**-problem.truth.digits * np.abs(points).max()
    inside = np.all((points >= problem.lower) & (points <= problem.upper), axis=1)
    assert np.all(near.min(axis=0)[inside] <= np.maximum(allowed, 1e-11 * np.abs(points).max()))
    if found.minimum is not None and problem.truth.minimum is not None and not found.on_edge:
        assert found.minimum[0] <= problem.truth.minimum + 1e-8 * abs(problem.truth.minimum)
        assert found.minimum[1] >= problem.truth.minimum - 1e-8 * abs(problem.truth.minimum)


@pytest.mark.heavy
def test_certified_values_of_nist_lie_in_a_proved_enclosure_and_nothing_else_is_in_the_box():
    problem = get("nist-misra1a-s2")
    (known,) = problem.truth.points
    found = certify(replace(problem, lower=0.8 * known, upper=1.25 * known))
    assert found.complete
    assert kinds(found) == (1, 0, 0)
    np.testing.assert_allclose(found.points[0], known, rtol=1e-10)


def test_a_flat_minimum_is_undecided_and_never_none():
    found = certify(of(lambda x, data: jnp.sum(x**4), [-1.0, -1.5], [1.2, 1.0]), most_boxes=50_000)
    assert not found.complete
    assert len(found.points) == 0
    assert "there may be more" in certificate_line(found)
    hull = found.undecided
    assert np.any(np.all((hull[0] <= 0) & (hull[1] >= 0), axis=0)) or "open" in found.why


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("fn", "lower", "upper"),
    [
        (lambda x, data: jnp.abs(x[0] - 0.3) + 0.1 * x[0] ** 2, -1, 1),
        (lambda x, data: 1 / (x[0] - 0.2) + x[0], -1, 1),
        heavy(lambda x, data: jnp.maximum(x[0], 1 - x[0]), -1, 1.3),
        heavy(lambda x, data: jnp.floor(3 * x[0]) + x[0] ** 2, -1, 1.1),
        heavy(lambda x, data: x[0] * jnp.log(x[0]), -0.5, 1.7),
    ],
    ids=["kink", "pole", "max", "floor", "log-of-negative"],
)
def test_of_what_is_not_smooth_or_not_defined_nothing_complete_is_claimed(fn, lower, upper):
    found = certify(of(fn, lower, upper), most_boxes=50_000)
    assert not found.complete


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (of(lambda x, data: x[0] ** 2, -np.inf, 1), "empty or infinite"),
        (of(lambda x, data: x[0] ** 2, 1, 1), "empty or infinite"),
        (of(lambda x, data: jnp.sum(x**2), np.zeros(20), np.ones(20)), "20 variables are too many"),
        (get("gamma-proline"), 'no rule for the primitive "lgamma"'),
    ],
)
def test_what_cannot_be_searched_is_refused_with_the_reason(problem, reason):
    with pytest.raises(CannotSolve, match=reason):
        prepare_search(problem)


def quadratic(x, data):
    centre, scale, lift = data
    return jnp.sum(scale * (x - centre) ** 2) + lift


@pytest.mark.heavy
def test_a_point_on_a_cut_is_found_and_another_centre_compiles_nothing_anew():
    problem = of(quadratic, [-1, -2], [3, 1.5], (np.zeros(2), np.array([1.0, 3.0]), np.float64(0)))
    cuts = np.unique(_pieces(prepare_search(problem).task)[0], axis=1)
    corner = cuts[:, cuts.shape[1] // 2 + 7]
    before = search.compiled.cache_info().misses
    found = certify(replace(problem, load=lambda: (corner, np.array([1.0, 3.0]), np.float64(0))))
    assert search.compiled.cache_info().misses == before
    assert found.complete
    np.testing.assert_allclose(found.points, corner[None], atol=1e-12)


def test_without_a_point_inside_the_minimum_is_on_the_edge():
    found = certify(of(quadratic, [1, 1], [2, 3], (np.zeros(2), np.ones(2), np.float64(1))))
    assert (len(found.points), found.complete, found.on_edge) == (0, True, True)
    assert found.minimum[0] <= 3.0 <= found.minimum[1]
    assert found.minimum[1] - found.minimum[0] < 1e-12
    assert "there is none" in certificate_line(found)


@pytest.mark.parametrize(("scale", "on_edge"), [(-1.0, True), (1.0, False)])
def test_a_minimum_is_on_the_edge_where_no_point_inside_is_as_low(scale, on_edge):
    found = certify(of(quadratic, [-1, -1], [2, 3], (np.zeros(2), scale * np.ones(2), np.float64(1))))
    assert (len(found.points), found.on_edge) == (1, on_edge)


def moved(x, data):
    matrix, shift, lift = data
    y = matrix @ x + shift
    return (y[0] ** 2 + y[1] - 11) ** 2 + (y[0] + y[1] ** 2 - 7) ** 2 + lift


@pytest.mark.heavy
@settings(max_examples=10, deadline=None)
@given(st.floats(0, 6.2), st.floats(0.5, 3), st.floats(-100, 100))
def test_turning_scaling_and_lifting_keep_the_points(angle, scale, lift):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    box = np.full(2, 6.5 / scale)
    found = certify(of(moved, -box, box, (turn, np.array([0.1, -0.2]), np.float64(lift))))
    assert found.complete
    assert kinds(found) == (4, 4, 1)


def surface(x, data):
    """A polynomial of degree 4 that grows in every direction."""
    terms = jnp.stack([x[0], x[1], x[0] * x[1], x[0] ** 2, x[1] ** 2, x[0] ** 3, x[1] ** 3, x[0] ** 2 * x[1]])
    return x[0] ** 4 + x[1] ** 4 + data @ terms


@pytest.mark.heavy
@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(-4, 4).map(lambda c: round(c, 3)), min_size=8, max_size=8))
def test_of_a_growing_function_minima_less_saddles_plus_maxima_are_one(coefficients):
    found = certify(of(surface, [-9, -9.1], [9.2, 9], np.array(coefficients)))
    if found.complete:
        minima, saddles, maxima = kinds(found)
        assert minima - saddles + maxima == 1
    assert found.complete or found.undecided.size


def test_no_end_of_newton_is_outside_of_the_enclosures():
    problem = get("himmelblau")
    found = certify(problem)
    starts = np.random.default_rng(0).uniform(-5, 5, (2, 100_000))
    stopped = run(Newton(), himmelblau, starts, width=1024, scalars=True)
    x = stopped.x.T[stopped.status == Status.CONVERGED]
    x = x[np.all((x >= problem.lower) & (x <= problem.upper), axis=1)]
    apart = np.maximum(found.lower - x[:, None], x[:, None] - found.upper).max(axis=2).min(axis=1)
    assert len(x) > 50_000
    assert apart.max() < 1e-8


def test_a_spent_budget_is_said_and_what_is_proved_is_kept():
    found = certify(get("rastrigin-n2"), most_boxes=1500)
    assert not found.complete
    assert "boxes were open" in found.why
    assert found.minimum is None


def test_inertia_is_told_or_left_open():
    regular, open_ = np.diag([3.0, -2.0, 1.0]), np.diag([3.0, 1e-9, 1.0])
    wide = np.full((3, 3), 1e-6)
    lo, hi = np.stack([regular - wide, open_ - wide]), np.stack([regular + wide, open_ + wide])
    assert negative_eigenvalues(lo, hi).tolist() == [1, -1]


def test_the_row_says_what_is_proved():
    cell = Cell("himmelblau", "certified", 1, "float64", 0, 1e-8, None, rounds=1, timed_s=0.0)
    figures = measure.measure(cell).figures
    assert (figures["n_proved"], figures["n_undecided"], figures["complete"]) == (9, 0, True)
    assert (figures["n_minimum"], figures["n_saddle"], figures["n_maximum"]) == (4, 4, 1)
    assert figures["n_points_found"] == figures["n_points_known"] == 9
    assert -1e-12 <= figures["f_lower_bound"] <= 0
    assert figures["digits_median"] > 14
    assert "9 proved (4 minima, 4 saddles, 1 maximum), these are all" in figures["solver_detail"]


def test_a_box_without_stationary_points_is_a_row_too():
    cell = Cell("nist-boxbod-s2", "certified", 1, "float64", 0, 1e-8, None, rounds=1, timed_s=0.0)
    figures = measure.measure(cell).figures
    assert (figures["n_proved"], figures["complete"], figures["n_points_found"]) == (0, True, 0)
