"""The referee's word is the metric: its kinds, distances and tolerances on points whose nature is known."""

import jax.numpy as jnp
import numpy as np
import pytest

from bench.measuring.referee import PointKind, Referee, nearest
from problems import Problem, Truth, get
from solvers import Status
from solvers.methods.newton import Newton
from solvers.stationarity.calculus import Calculus
from tests.solvers.helpers import run


def problem(fn, n, box=5.0, **truth):
    return Problem("mine", fn, np.full(n, -box), np.full(n, box), Truth("unknown", "test", **truth), "test")


def kinds(fn, points, gtol=1e-8, dtype="float64", box=5.0):
    points = np.array(points, float)
    return Referee(problem(fn, points.shape[1], box)).judge(points, gtol, dtype).kind.tolist()


@pytest.mark.parametrize("name", ["himmelblau", "six-hump-camel", "branin", "styblinski-tang-n5", "rastrigin-n2"])
def test_every_known_point_is_stationary_and_counted_as_published(name):
    from tests.problems.test_truth import COUNTS

    known = get(name).truth.points
    verdict = Referee(get(name)).judge(known, 1e-8, "float64")
    counts = tuple(
        int((verdict.kind == kind).sum()) for kind in (PointKind.MINIMUM, PointKind.SADDLE, PointKind.MAXIMUM)
    )
    assert counts == COUNTS[name]
    assert (verdict.digits == 15).all()
    assert verdict.point.tolist() == list(range(len(known)))
    assert verdict.gap.min() == pytest.approx(0, abs=1e-12)


def test_a_point_beside_a_root_is_not_stationary():
    assert kinds(lambda x, _: jnp.sum(x**2), [[0.0, 0.0], [1e-4, 0.0]]) == [PointKind.MINIMUM, PointKind.NOT_STATIONARY]


def test_a_degenerate_minimum_is_singular():
    # A solver that stops at |4 x^3| <= 1e-8 is still far from the root of x^4, where the curvature vanishes.
    assert kinds(lambda x, _: jnp.sum(x**4), [[1e-3, 1e-3], [0.0, 0.0]]) == [PointKind.SINGULAR] * 2
    assert kinds(lambda x, _: x[0] ** 2 + 0 * x[1], [[0.0, 3.0]]) == [PointKind.SINGULAR]


@pytest.mark.parametrize(
    ("fn", "ends"),
    [
        pytest.param(lambda x, _: (1 - jnp.exp(-3 * (x[0] - 1))) ** 2, [[8.0], [30.0]], id="a potential's tail"),
        pytest.param(lambda x, _: jnp.exp(-x[0]), [[20.0], [25.0]], id="a decay"),
        pytest.param(lambda x, _: -(jnp.tanh(8 * x[0]) ** 2), [[1.5], [2.5], [4.0]], id="a saturated stair"),
        pytest.param(lambda x, _: 1 / (1 + jnp.exp(-x[0])) + x[1] ** 2, [[-25.0, 0.0]], id="a valley that runs off"),
        pytest.param(lambda x, _: 1e-10 * x[0] + x[1] ** 2, [[1.0, 0.0]], id="a slope below gtol"),
        pytest.param(lambda x, _: (x[0] - 2) ** 2 * jnp.exp(-x[1]), [[2.5, 22.0]], id="a dead factor"),
    ],
)
def test_a_small_gradient_with_no_root_near_is_flat(fn, ends):
    assert set(kinds(fn, ends)) == {PointKind.FLAT}


TIMES = np.linspace(0.6, 20, 12)
CURVE = 0.9 - 0.3 * np.exp(-0.4 * TIMES) + 1e-3 * np.cos(TIMES**2)


@pytest.mark.parametrize(
    ("fn", "lower", "upper", "at_a_root"),
    [
        pytest.param(
            lambda x: jnp.sum((1 - jnp.exp(-2.5 * (x - 0.7))) ** 2), [0, 0], [4, 3],
            lambda x: np.all(np.abs(x - 0.7) < 1e-6, axis=1), id="two bonds",
        ),
        pytest.param(
            lambda x: -(jnp.tanh(6 * (x[0] - 0.2)) ** 2), [-4], [4],
            lambda x: np.abs(x[:, 0] - 0.2) < 1e-6, id="a saturated stair",
        ),
        pytest.param(
            lambda x: jnp.exp(-x[0]) + x[1] ** 2, [-1, -1], [9, 1], lambda x: np.zeros(len(x), bool), id="a decay",
        ),
        pytest.param(
            lambda x: jnp.sum((x[0] * jnp.exp(-x[1] * TIMES) + x[2] - CURVE) ** 2), [-1, 0, 0], [1, 4, 2],
            lambda x: x[:, 1] * TIMES[0] < 15, id="a fit whose exponential dies",
        ),
    ],
)  # fmt: skip
def test_of_newtons_ends_those_at_roots_are_stationary_and_no_others(fn, lower, upper, at_a_root):
    lower, upper = np.array(lower, float), np.array(upper, float)
    starts = np.random.default_rng(0).uniform(lower, upper, (200, len(lower))).T
    ended = run(Newton(), fn, starts, max_steps=100)
    ends = ended.x.T[ended.status == Status.CONVERGED]
    expected = at_a_root(ends)
    assert not expected.all()
    mine = Problem("mine", lambda x, _: fn(x), lower, upper, Truth("unknown", "test"), "test")
    verdict = Referee(mine).judge(ends, 1e-8, "float64")
    np.testing.assert_array_equal(verdict.stationary, expected)
    assert set(verdict.kind[~expected]) == {PointKind.FLAT}


@pytest.mark.parametrize(
    ("fn", "ends", "kind"),
    [
        (lambda x, _: jnp.sum(x**4), [[1e-3, -1e-3, 5e-4]], PointKind.SINGULAR),
        (lambda x, _: jnp.sum((x - 1) ** 6), [[1.01, 1.02]], PointKind.SINGULAR),
        (lambda x, _: (x[0] * x[1] - 1) ** 2, [[2.0, 0.5], [0.5, 2.0]], PointKind.SINGULAR),
        (lambda x, _: (x[0] - 1) ** 2 + 0 * x[1], [[1.0, 4.0]], PointKind.SINGULAR),
        (lambda x, _: x[0] ** 3 - 3 * x[0] * x[1] ** 2, [[1e-5, 1e-5]], PointKind.SINGULAR),
        (lambda x, _: jnp.sin(x[0]), [[np.pi / 2]], PointKind.MAXIMUM),
        (lambda x, _: 1e-3 * jnp.sum((x - 1) ** 2) + 1e3, [[1.0, 1.0]], PointKind.MINIMUM),
        (
            lambda x, _: jnp.linalg.norm(x - 1.5) ** 2,
            [[1.5 + 1e-9, 1.5 - 1e-9], [np.nextafter(1.5, 2), 1.5]],
            PointKind.MINIMUM,
        ),
    ],
)
def test_honest_roots_stay_stationary(fn, ends, kind):
    assert set(kinds(fn, ends)) == {kind}


def test_a_valley_of_minima_is_stationary_and_one_that_falls_for_ever_is_not():
    floor = lambda x, _: (x[0] * x[1] - 1) ** 2  # noqa: E731
    assert kinds(floor, [[2.7, 1 / 2.7], [5.0, 0.2]], box=3.0) == [PointKind.SINGULAR] * 2
    falling = lambda x, _: (x[0] * x[1] - 1) ** 2 + 1e-3 * x[1] ** 2  # noqa: E731
    assert kinds(falling, [[1e6, 1e-6]], box=3.0) == [PointKind.FLAT]


def test_a_regular_root_far_from_a_small_box_is_one_however_its_curvatures_differ():
    bowl = lambda x, _: 1e6 * (x[0] - 5) ** 2 + 0.1 * (x[1] - 3) ** 2  # noqa: E731
    assert kinds(bowl, [[5.0, 3.0]], box=1e-3) == [PointKind.MINIMUM]


def test_powell_singular_is_singular_where_newton_ends():
    near = np.array([[1e-3, -1e-4, 5e-4, 5e-4], [0.0, 0.0, 0.0, 0.0]])
    verdict = Referee(get("mgh-powell-singular")).judge(near, 1e-8, "float64")
    assert verdict.kind.tolist() == [PointKind.SINGULAR] * 2


def test_an_end_is_in_the_closed_box_to_rounding_and_to_the_nearness_of_its_root():
    bowl = lambda x, _: jnp.sum((x - 5.0) ** 2)  # noqa: E731
    verdict = Referee(problem(bowl, 2)).judge(np.array([[5.0, 5.0], [5.0 + 1e-9, 5.0], [5.1, 5.0]]), 1e-8, "float64")
    assert verdict.inside.tolist() == [True, True, False]


def test_noise_never_hides_a_slope_that_f_shows_in_the_box():
    far = Problem(
        "far", lambda x, _: jnp.sin(x[0]), np.array([1e6]), np.array([1e6 + 10]), Truth("unknown", "test"), "test"
    )
    assert Referee(far).tolerance(1e-3, "float32").max() < 0.1
    assert kinds(lambda x, _: jnp.sin(x[0] + 1e6), [[1.0]], gtol=1e-3, dtype="float32") == [PointKind.NOT_STATIONARY]


@pytest.mark.parametrize(
    ("fn", "missing"),
    [
        (lambda x, _: jnp.sqrt(jnp.sum(x**2)) + jnp.sum((x - 1) ** 2), "the gradient of f"),
        (lambda x, _: jnp.sum(jnp.abs(x) ** 1.5) + jnp.sum((x - 1) ** 2), "the Hessian of f"),
        (lambda x, _: jnp.sum(jnp.log(jnp.abs(x)) ** 2), "the value of f"),
    ],
)
def test_a_derivative_that_is_not_finite_at_the_centre_is_told_and_looked_for_elsewhere(fn, missing):
    judge = Referee(problem(fn, 2))
    assert judge.probe.remark == (
        f"{missing} is not finite at the centre of the box (0, 0); "
        "the gradient's noise is taken at a random start instead"
    )
    assert np.isfinite(judge.tolerance(1e-8, "float64")).all()


def test_a_function_without_derivatives_is_told_too():
    judge = Referee(problem(lambda x, _: jnp.sum(x) * jnp.nan, 2))
    assert judge.probe.remark.endswith("nor at any of 128 other points of the box")
    assert judge.tolerance(1e-8, "float64").tolist() == [1e-8, 1e-8]


def test_the_kind_does_not_depend_on_units():
    for scale in (1e-8, 1.0, 1e8):
        bowl = lambda x, _, s=scale: (s * x[0]) ** 2 + x[1] ** 2  # noqa: E731
        saddle = lambda x, _, s=scale: (s * x[0]) ** 2 - x[1] ** 2  # noqa: E731
        assert kinds(bowl, [[0.0, 0.0]]) == [PointKind.MINIMUM]
        assert kinds(saddle, [[0.0, 0.0]]) == [PointKind.SADDLE]


def test_a_gradient_that_vanishes_at_infinity_is_no_stationary_point():
    far = kinds(lambda x, _: jnp.exp(-(x[0] ** 2)), [[0.0], [30.0], [1e8]], box=5.0)
    assert far[0] == PointKind.MAXIMUM
    assert far[2] == PointKind.NOT_STATIONARY


def test_a_point_without_value_is_not_stationary():
    verdict = Referee(problem(lambda x, _: jnp.sum(jnp.log(x) ** 2), 1)).judge(
        np.array([[-1.0], [1.0]]), 1e-8, "float64"
    )
    assert verdict.kind.tolist() == [PointKind.NOT_STATIONARY, PointKind.MINIMUM]


def test_float32_is_judged_by_what_float32_can_represent():
    root = 1 / 3
    fn = lambda x, _: 1e6 * jnp.sum((x - root) ** 2)  # noqa: E731
    rounded = float(np.float32(root))
    assert kinds(fn, [[rounded]], gtol=1e-8, dtype="float64") == [PointKind.NOT_STATIONARY]
    assert kinds(fn, [[rounded]], gtol=1e-8, dtype="float32") == [PointKind.MINIMUM]


def test_tolerance_is_gtol_unless_rounding_the_point_moves_the_gradient_further():
    assert Referee(get("himmelblau")).tolerance(1e-8, "float64").tolist() == [1e-8, 1e-8]
    longley = Referee(get("nist-longley")).tolerance(1e-8, "float64")
    assert (longley > 1e-8).all()
    # The columns of the Longley data differ by five orders of magnitude, and so do the tolerances.
    assert longley.max() / longley.min() > 1e4


@pytest.mark.parametrize(("n", "error"), [(5, 1e-12), (300, 0.4)])
def test_the_noise_is_that_of_the_documented_sum(n, error):
    """Of 64 random products of 300 variables the largest error is that of four standard errors of 9 %."""
    A = np.random.default_rng(0).standard_normal((n, n)) * np.logspace(-2, 2, n)[:, None]
    H, x = A @ A.T, np.linspace(-3, 2, n) ** 3
    noise = Calculus(problem(lambda x, _: 0.5 * x @ H @ x, n)).noise(x[None])[0]
    np.testing.assert_allclose(noise, np.sqrt(np.sum((H * x) ** 2, axis=1)), rtol=error)


@pytest.mark.parametrize(("n", "count"), [(2, 1), (2, 300), (2, 17_000), (300, 3)])
def test_derivatives_do_not_depend_on_how_many_points_are_asked_for(n, count):
    """A few points, a chunk and a rest, a large chunk and a rest; beyond 256 variables the noise is taken singly."""
    H, x = np.diag(np.arange(1.0, n + 1)), np.random.default_rng(1).standard_normal((count, n))
    calculus = Calculus(problem(lambda x, _: 0.5 * x @ H @ x, n))
    f, g = calculus.slopes(x)
    np.testing.assert_allclose(f, 0.5 * np.einsum("li,ij,lj->l", x, H, x), rtol=1e-12)
    np.testing.assert_allclose(g, x @ H, rtol=1e-12)
    np.testing.assert_allclose(calculus.hessians(x[:20]), np.broadcast_to(H, (min(count, 20), n, n)))
    # Of a diagonal matrix every product with random signs gives |H_ii x_i|, so the estimate is exact.
    np.testing.assert_allclose(calculus.noise(x[:20]), np.abs(x[:20] @ H), rtol=1e-12)


def test_a_million_points_need_no_million_hessians_in_memory():
    x = np.tile(get("himmelblau").truth.points, (3000, 1))
    assert (Referee(get("himmelblau")).judge(x, 1e-8, "float64").kind.reshape(3000, 9).std(axis=0) == 0).all()


def test_digits_are_nists_log_relative_error_of_the_worst_coordinate():
    truth = Truth("proved", "test", minimisers=np.array([[2.0, 0.0], [-5.0, 7.0]]), digits=11.0)
    error, digits, point = nearest(truth, np.array([[2.002, 1e-5], [-5.0, 7.0], [0.0, 0.0]]))
    assert error == pytest.approx([0.002, 0.0, 2.0])
    assert digits == pytest.approx([3.0, 11.0, 0.0])
    assert point.tolist() == [0, 1, 0]
