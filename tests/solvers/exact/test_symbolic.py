"""Computer algebra: the roots it gives are all there are, and where it ends it says so."""

from dataclasses import replace
from itertools import product

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
from solvers.method import CannotSolve

CELL = Cell("himmelblau", "symbolic", 1, "float64", 0, 1e-8, None, rounds=1, timed_s=0.0)


def solved(problem):
    return stationary_points(*expression(problem))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "himmelblau",
            "six-hump-camel",
            "beale",
            "styblinski-tang-n2",
            "rosenbrock-n2",
            "quadratic-n5",
            "nist-norris",
            "mgh-powell-singular",
            "deep-linear-n3",
        ),
        pytest.param("goldstein-price", marks=pytest.mark.heavy),
        pytest.param("low-rank-n3", marks=pytest.mark.heavy),
    ],
)
def test_every_known_point_is_found_and_no_other(name):
    known, found = get(name).truth.points, solved(get(name)).points
    assert len(found) == len(known)
    apart = np.abs(found[:, None] - known).max(axis=2)
    assert apart.min(axis=0).max() < 1e-9 * max(1, np.abs(known).max())


COUPLED = {3: lambda x: x**3 - 3 * x, 4: lambda x: x**4 - 2 * x**2}


@pytest.mark.parametrize("degree", COUPLED)
def test_a_weak_coupling_loses_none_of_the_points(degree):
    """Leading coefficients of the basis vanish at some of the roots, and are 1e-50 there where digits are 50."""
    x, y, z = variables = sp.symbols("x y z", real=True)
    found = stationary_points(sum(map(COUPLED[degree], variables)) + x * y * z / 10, variables).points
    assert len(np.unique(found.round(9), axis=0)) == (degree - 1) ** 3


@pytest.mark.parametrize("seed", range(3))
def test_points_in_other_coordinates_are_those_of_the_separate_ones(seed):
    """x -> Lx with a lower triangular L of whole numbers: eight points, at L^-1 of (+-1, +-1, +-1)."""
    L = np.tril(np.random.default_rng(seed).integers(-2, 3, (3, 3)), -1) + np.eye(3, dtype=int)
    variables = sp.symbols("x y z", real=True)
    inner = sp.Matrix(L.tolist()) * sp.Matrix(variables)
    found = stationary_points(sp.expand(sum(u**3 - 3 * u for u in inner)), variables).points
    signs = np.array(list(product([-1, 1], repeat=3)))
    known = np.linalg.solve(L, signs.T).T
    assert len(found) == 8
    assert np.abs(found[:, None] - known).max(axis=2).min(axis=0).max() < 1e-12


def test_a_multiple_root_is_one_point():
    """Its 27 copies differ in the last of 50 digits."""
    x, y, z = variables = sp.symbols("x y z", real=True)
    found = stationary_points((x - y) ** 4 + (y - 2 * z) ** 4 + (z - 1) ** 4, variables).points
    assert len(found) == 1
    np.testing.assert_allclose(found, [[2, 2, 1]], rtol=1e-12)


def test_the_school_s_example_comes_out_as_lambert_w():
    roots = solved(get("xlogx-sqrt"))
    assert roots.how == "x = exp(-1 + 2*LambertW(exp(1/2)/4))"
    assert roots.points[0, 0] == pytest.approx(0.675840630944707, rel=1e-15)


def of(fn, n):
    box = np.full(n, 10.0)
    return Problem("p", fn, -box, box, Truth("unknown", "none"), "none")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=2, max_size=5).filter(lambda c: c[0]))
def test_polynomials_of_one_variable_against_numpy(coefficients):
    """The slope has these coefficients; NumPy's companion matrix finds the same real roots."""
    roots = np.roots(coefficients)
    if len(coefficients) > 2 and np.abs(roots[:, None] - roots)[~np.eye(len(roots), dtype=bool)].min() < 1e-3:
        return  # a double root: NumPy splits it
    wanted = np.sort(roots[np.abs(roots.imag) < 1e-9].real)
    integral = np.polyint(coefficients)

    def fn(x, data):
        return sum(c * x[0] ** k for k, c in enumerate(integral[::-1].tolist()))

    try:
        found = np.sort(solved(of(fn, 1)).points[:, 0])
    except CannotSolve:
        found = np.zeros(0)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_constants_are_what_they_say():
    f, (x,) = expression(of(lambda x, data: 0.1 * x[0] ** 2 + 2.25 * x[0] + np.pi, 1))
    assert sp.expand(f) == x**2 / 10 + sp.Rational(9, 4) * x + sp.pi


@pytest.mark.parametrize(
    ("fn", "n", "reason"),
    [
        (lambda x, data: jnp.abs(x[0]), 1, 'no rule for the primitive "abs"'),
        (lambda x, data: jnp.sum(x**2), 13, "13 variables are too many for algebra; at most 12 are tried"),
        (lambda x, data: jnp.exp(x[0]) + jnp.exp(x[1]) * x[0], 2, "a system of equations that are no polynomials"),
        (lambda x, data: (x[0] - x[1]) ** 2, 2, "the linear system has no single solution"),
        (lambda x, data: (x[0] ** 2 + x[1] ** 2 - 1) ** 2, 2, "a curve of stationary points"),
        (lambda x, data: x[0] ** 3 + x[0], 1, "algebra finds no real root of the gradient"),
        (lambda x, data: jnp.exp(x[0]) + jnp.sin(x[0]) * x[0], 1, "SymPy has no method for this equation"),
    ],
)
def test_where_algebra_ends(fn, n, reason):
    with pytest.raises(CannotSolve) as caught:
        solved(of(fn, n))
    assert reason in str(caught.value)


def test_a_symbolic_row_is_judged_like_any_other():
    row = measure.measure(CELL).figures
    assert [row[f"n_{kind}"] for kind in ("minimum", "saddle", "maximum")] == [4, 4, 1]
    assert row["n_points_found"] == row["n_points_known"] == 9
    assert row["solver_detail"] == "resultants, real roots isolated"
    assert row["digits_median"] >= 14


def test_a_problem_beyond_algebra_is_an_unsupported_row():
    with pytest.raises(measure.Unsupported, match="a system of equations that are no polynomials"):
        measure.measure(replace(CELL, problem="branin"))
