"""A function with many data sets: for each all of its points, as formulas, algebra and the single solver know them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from problems import Problem, Truth, get
from solvers.exact.algebra import expression, stationary_points
from solvers.exact.continuation.family import points_of_data_sets
from solvers.exact.continuation.polynomials import gradient_system
from solvers.exact.continuation.solver import find_roots
from solvers.method import CannotSolve


def with_data(fn, n, data):
    box = np.full(n, 10.0)
    return Problem("p", fn, -box, box, Truth("unknown", "none"), "none", load=lambda: data)


def one_by_one(problem, data):
    """By algebra, for one data set."""
    return stationary_points(*expression(with_data(problem.fn, problem.dim, data))).points


def farthest(points, others):
    assert len(points) == len(others)
    return np.abs(points[:, None] - others).max(axis=2).min(axis=0).max()


@pytest.fixture(scope="module")
def localised():
    problem = get("localisation")
    ranges = problem.data * (1 + 0.2 * np.random.default_rng(0).standard_normal((300, 3)))
    return problem, ranges, points_of_data_sets(problem, ranges)


@pytest.mark.heavy
def test_every_data_set_has_all_its_roots(localised):
    _, _, found = localised
    assert (found.n_paths, found.start_is_sure) == (5, True)
    assert (found.n_roots == 5).all()
    assert found.all_found.all()
    assert (np.diff(found.data_set) >= 0).all()


@pytest.mark.heavy
@pytest.mark.parametrize("k", [0, 7, 299])
def test_the_real_ones_are_those_of_algebra(localised, k):
    problem, ranges, found = localised
    mine = found.points[found.data_set == k]
    assert farthest(mine, one_by_one(problem, ranges[k])) < 1e-9


@pytest.mark.heavy
def test_gradients_vanish_and_the_signs_of_curvature_are_those_of_the_hessian(localised):
    problem, ranges, found = localised
    data = ranges[found.data_set]
    both = jax.jit(jax.vmap(lambda x, d: (jax.grad(problem.fn)(x, d), jax.hessian(problem.fn)(x, d))))
    slopes, H = map(np.asarray, both(found.points, data))
    assert np.abs(slopes).max() < 1e-10
    eigenvalues = np.linalg.eigvalsh(H)
    proved = found.negative >= 0
    assert proved.mean() > 0.99
    assert ((eigenvalues < 0).sum(axis=1) == found.negative)[proved].all()


@pytest.mark.heavy
def test_points_follow_the_formula_of_a_network_through_all_its_matrices():
    """A k-1-k linear network: 0 and a pair for every singular value above the decay, of 4k + 1 complex points."""
    problem = get("linear-network-n4")
    matrices = np.random.default_rng(1).standard_normal((40, 2, 2))
    found = points_of_data_sets(problem, matrices)
    above = (np.linalg.svd(matrices, compute_uv=False) > 0.5).sum(axis=1)
    assert found.n_paths == 9
    assert found.all_found.all()
    np.testing.assert_array_equal(np.bincount(found.data_set, minlength=40), 1 + 2 * above)


@pytest.mark.heavy
def test_a_coordinate_that_is_zero_all_the_way_hides_no_root():
    problem = with_data(lambda x, c: c[0] * x[0] ** 4 + c[1] * x[0] ** 2 + (x[1] - c[2]) ** 2, 2, np.ones(3))
    found = points_of_data_sets(problem, np.array([[1.0, -2.0, 0.5], [1.0, 3.0, 1.0], [2.0, -1.0, 0.0]]))
    np.testing.assert_array_equal(np.bincount(found.data_set), [3, 1, 3])
    assert farthest(found.points[found.data_set == 2], np.array([[0, 0], [0.5, 0], [-0.5, 0]])) < 1e-12


@pytest.mark.heavy
def test_members_with_fewer_or_multiple_roots_are_told_apart():
    """x^3 + b x = c: three roots; of a lower degree, and so two at infinity; three that are one; two that are one."""
    problem = with_data(lambda x, c: c[0] * x[0] ** 4 / 4 + c[1] * x[0] ** 2 / 2 - c[2] * x[0], 1, np.ones(3))
    sets = np.array([[1.0, -1.0, 0.0], [0.0, 2.0, 4.0], [1.0, 0.0, 0.0], [1.0, -3.0, 2.0]])
    found = points_of_data_sets(problem, sets)
    np.testing.assert_array_equal(found.n_roots, [3, 1, 0, 1])
    np.testing.assert_array_equal(found.n_infinite, [0, 2, 0, 0])
    np.testing.assert_array_equal(found.all_found, [True, True, False, False])
    assert farthest(found.points, np.array([[-1.0], [0.0], [1.0], [2.0], [2.0]])) < 1e-12


@pytest.mark.parametrize(
    ("fn", "sets", "error", "match"),
    [
        (lambda x, c: jnp.sin(x[0]) * c[0], np.ones((2, 1)), CannotSolve, "no polynomial"),
        (lambda x, c: x[0] ** 2 / c[0], np.array([[1.0], [0.0]]), CannotSolve, "not finite"),
        (lambda x, c: x[0] ** 2 * c[0], np.ones((2, 3)), ValueError, r"\(2, 3\).*\(sets, \*shape\)"),
        (lambda x, c: x[0] ** 2 * c[0], np.ones((0, 1)), ValueError, "sets"),
    ],
)
def test_what_it_cannot_do_has_a_reason(fn, sets, error, match):
    with pytest.raises(error, match=match):
        points_of_data_sets(with_data(fn, 1, np.ones(1)), sets)


@pytest.mark.heavy
def test_one_by_one_the_solver_finds_as_many():
    problem = get("low-rank-n3")
    rotations = np.linalg.qr(np.random.default_rng(2).standard_normal((20, 3, 3)))[0]
    matrices = rotations * np.array([3.0, 2.0, -1.0]) @ rotations.transpose(0, 2, 1)
    found = points_of_data_sets(problem, (matrices + matrices.transpose(0, 2, 1)) / 2)
    single = find_roots(gradient_system(problem).scaled()[0], 1)
    assert (found.n_roots == single.n_finite).all()
    np.testing.assert_array_equal(np.bincount(found.data_set), np.full(20, len(single.points)))
