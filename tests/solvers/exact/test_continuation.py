"""Continuation: as many roots as others have counted, proved and different, and it says when it does not know."""

import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measuring import measure
from bench.plan.cell import Cell
from problems import Problem, Truth, get
from solvers.exact.algebra import expression, stationary_points
from solvers.exact.continuation import certificate
from solvers.exact.continuation.plan import Route
from solvers.exact.continuation.polynomials import gradient_system, system_of
from solvers.exact.continuation.rewritten.rewriting import as_it_is
from solvers.exact.continuation.solver import find_roots, followed
from solvers.exact.continuation.starts import from_roots_of_unity
from solvers.method import CannotSolve

CELL = Cell("himmelblau", "continuation", 1, "float64", 0, 1e-8, None, rounds=1, timed_s=0.0)


def of(fn, n, width=10.0):
    box = np.full(n, width)
    return Problem("p", lambda x, _: fn(x), -box, box, Truth("unknown", "none"), "none")


def found_in(problem, seed=1):
    system, scales = gradient_system(problem).scaled()
    found = find_roots(system, seed)
    return found, found.points * scales


def system(equations, variables):
    return system_of([sp.Poly(equation, *variables) for equation in equations]).scaled()[0]


def katsura(n):
    """Katsura 1990: 2^n roots, all that there can be."""
    u = sp.symbols(f"u:{n + 1}")
    at = lambda k: u[abs(k)] if abs(k) <= n else 0  # noqa: E731
    sums = [sum(at(k) * at(m - k) for k in range(-n, n + 1)) - u[m] for m in range(n)]
    return system([*sums, u[0] + 2 * sum(u[1:]) - 1], u)


def noon(n):
    """Noonburg 1989, a neural network: 21 roots for n = 3, of 27 that the degrees allow."""
    x = sp.symbols(f"x:{n}")
    return system([x[i] * sum(y**2 for y in x if y != x[i]) - sp.Rational(11, 10) * x[i] + 1 for i in range(n)], x)


def cyclic(n):
    """Bjorck 1990: 70 roots for n = 5."""
    x = sp.symbols(f"x:{n}")
    sums = [sum(sp.prod([x[(i + k) % n] for k in range(m)]) for i in range(n)) for m in range(1, n)]
    return system([*sums, sp.prod(x) - 1], x)


@pytest.mark.parametrize(
    ("of_literature", "count", "standing"),
    [
        (lambda: katsura(3), 8, "proved"),
        pytest.param(lambda: noon(3), 21, "proved", marks=pytest.mark.heavy),
        pytest.param(lambda: katsura(5), 32, "proved", marks=pytest.mark.heavy),
        pytest.param(lambda: cyclic(5), 70, "proved", marks=pytest.mark.heavy),
    ],
)
def test_roots_are_as_many_as_the_literature_has_counted(of_literature, count, standing):
    found = find_roots(of_literature(), seed=1)
    assert (found.n_finite, found.standing) == (count, standing)
    assert found.n_finite + found.n_infinite == found.n_paths


@pytest.mark.parametrize(
    ("name", "roots", "standing"),
    [
        ("himmelblau", 9, "proved"),
        ("beale", 7, "probable"),
        pytest.param("low-rank-n4", 9, "proved", marks=pytest.mark.heavy),
        pytest.param("goldstein-price", 25, "proved", marks=pytest.mark.heavy),
        pytest.param("six-hump-camel", 15, "proved", marks=pytest.mark.heavy),
        ("rosenbrock-n4", 9, "proved"),
        pytest.param("rosenbrock-n5", 27, "proved", marks=pytest.mark.heavy),
        pytest.param("rosenbrock-n6", 81, "proved", marks=pytest.mark.heavy),
        pytest.param("styblinski-tang-n5", 243, "proved", marks=pytest.mark.heavy),
    ],
)
def test_every_known_point_is_among_the_real_roots(name, roots, standing):
    problem = get(name)
    found, points = found_in(problem)
    assert (found.n_finite, found.standing) == (roots, standing)
    apart = np.abs(points[:, None] - problem.truth.points).max(axis=2)
    assert apart.min(axis=0).max() < 1e-9
    if name.startswith("rosenbrock"):
        assert len(points) == 3


def by_roots_of_unity(system):
    """The plain way: as many paths as the product of the degrees."""
    homotopy, starts = from_roots_of_unity(system, 1)
    return followed(system, Route(homotopy, starts, None, as_it_is(system), len(starts), "Bezout"))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.heavy) for name in ("beale", "rosenbrock-n3", "rosenbrock-n4")]
)
def test_fewer_paths_lead_to_the_same_roots(name):
    gradient, _ = gradient_system(get(name)).scaled()
    few, all_ = find_roots(gradient, 1), by_roots_of_unity(gradient)
    assert few.n_paths < all_.n_paths
    assert (few.n_finite, len(few.points)) == (all_.n_finite, len(all_.points))
    apart = np.abs(few.points[:, None] - all_.points).max(axis=2)
    assert apart.min(axis=0).max() < 1e-9 * np.abs(all_.points).max()


@pytest.mark.parametrize("seed", [1, 2])
def test_no_root_with_a_zero_coordinate_is_lost_to_cells(seed):
    x, y = sp.symbols("x y")
    found = find_roots(system([x**2 * y**2 - x, x * y**2 + y + 3], (x, y)), seed)
    assert (found.n_finite, found.theorem) == (2, "Bernstein")
    assert np.sum(np.abs(found.points[:, 0]) < 1e-12) == 1


def test_another_seed_finds_the_same_roots():
    of_seeds = [found_in(get("himmelblau"), seed)[1] for seed in (1, 2, 3)]
    for points in of_seeds[1:]:
        apart = np.abs(points[:, None] - of_seeds[0]).max(axis=2)
        assert apart.shape == (9, 9)
        assert (apart.min(axis=0) < 1e-12).all()


@pytest.mark.parametrize("unit", [1.0, 1e6, 1e-6])
def test_no_root_is_lost_in_other_units(unit):
    def himmelblau(x):
        a, b = x[0] / unit, x[1]
        return (a**2 + b - 11) ** 2 + (a + b**2 - 7) ** 2

    found, points = found_in(of(himmelblau, 2))
    assert (found.n_finite, found.standing) == (9, "proved")
    assert sorted(found.negative.tolist()) == [0, 0, 0, 0, 1, 1, 1, 1, 2]
    assert np.abs(points / [unit, 1] - [3, 2]).max(axis=1).min() < 1e-10


@pytest.mark.parametrize("off", [1e-13, 0.05, 0.3])
def test_a_proved_disc_holds_one_of_the_planted_roots(off):
    x, y = sp.symbols("x y")
    equations = [(x - 1) * (x - 2) * (x + 3), (y - x) * (y + 2 * x - sp.Rational(1, 4))]
    planted = system_of([sp.Poly(equation, x, y) for equation in equations])
    roots = np.array([(a, b) for a in (1, 2, -3) for b in (a, 0.25 - 2 * a)])
    proved = certificate.prove(planted, (roots + off).astype(complex))
    inside = (np.abs(proved.x[:, None] - roots) <= proved.radius[:, None]).all(axis=2)
    assert (inside.sum(axis=1)[proved.isolated] == 1).all()
    assert proved.isolated.all() == (off < 0.01)
    assert len(certificate.different(proved)) <= 6


def test_an_equation_of_one_variable_to_the_first_power_is_no_exception():
    found, points = found_in(of(lambda x: x[0] ** 3 - 3 * x[0] + x[1] ** 2, 2))
    assert (found.n_finite, found.standing) == (2, "proved")
    np.testing.assert_allclose(np.sort(points, axis=0), [[-1, 0], [1, 0]], atol=1e-12)


def test_a_multiple_root_is_no_proved_one_and_nothing_is_complete():
    found, points = found_in(of(lambda x: (x[0] - 1) ** 4, 1))
    assert (len(points), found.standing, found.n_unproved) == (0, "open", 3)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=5, max_size=5), st.lists(st.sampled_from([-1, 1]), min_size=5, max_size=5))
def test_polynomials_of_one_variable_have_the_real_roots_that_sympy_counts(sizes, signs):
    slope = sp.Poly([a * s for a, s in zip(sizes, signs, strict=True)], sp.Symbol("x"))
    found = find_roots(system_of([slope]).scaled()[0], 1)
    if sp.discriminant(slope) != 0:
        assert (found.n_finite, len(found.points)) == (4, len(sp.real_roots(slope)))


@pytest.mark.parametrize("seed", range(3))
def test_sums_of_squares_of_random_polynomials_agree_with_algebra(seed):
    a = np.random.default_rng(seed).integers(-9, 10, 4).astype(float) + 0.5
    problem = of(lambda x: (x[0] ** 2 + a[0] * x[1] + a[1]) ** 2 + (x[1] ** 2 + a[2] * x[0] + a[3]) ** 2, 2)
    found, points = found_in(problem)
    theirs = stationary_points(*expression(problem)).points
    assert found.n_finite == 9
    assert len(points) == len(theirs)
    assert np.abs(points[:, None] - theirs).max(axis=2).min(axis=0).max() < 1e-9


def test_a_rational_gradient_has_no_root_where_its_denominator_vanishes():
    found, points = found_in(of(lambda x: (x[0] ** 2 - 1) ** 2 / (x[0] ** 2 + 1), 1))
    np.testing.assert_allclose(np.sort(points[:, 0]), [-1, 0, 1], atol=1e-12)
    assert found.n_excluded == 0


@pytest.mark.parametrize(
    ("fn", "n", "reason"),
    [
        (lambda x: jnp.cos(x[0]), 1, "sin"),
        (lambda x: x[0] ** 2, 2, "does not depend on a variable"),
        (lambda x: x[0] ** 2 + x[1], 2, "no stationary point"),
        (lambda x: jnp.sum(x**12), 6, "paths"),
    ],
)
def test_what_it_cannot_do_has_a_reason(fn, n, reason):
    with pytest.raises(CannotSolve, match=reason):
        found_in(of(fn, n))


def test_its_row_counts_paths_and_proofs():
    row = measure.measure(CELL).figures
    assert (row["n_proved"], row["n_paths"], row["n_at_infinity"], row["n_given_up"]) == (9, 9, 0, 0)
    assert (row["roots_standing"], row["complete"], row["n_points_found"]) == ("proved", True, 9)
