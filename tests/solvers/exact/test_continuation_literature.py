"""Continuation on systems of the literature: as many roots as published, as Groebner bases count, as proofs find."""

from itertools import product

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from problems import get
from solvers.exact.certified.certificate import certify
from solvers.exact.continuation.polynomials import gradient_system, system_of
from solvers.exact.continuation.solver import find_roots


def heavy(*row):
    return pytest.param(*row, marks=pytest.mark.heavy)


def eco(n):
    """An economic model, Morgan 1987, chapter 5: 2^(n-2) finite roots of 2 * 3^(n-2) paths."""
    x = sp.symbols(f"x1:{n + 1}")
    sums = [x[k] + sum(x[i] * x[i + k + 1] for i in range(n - 2 - k)) for k in range(n - 1)]
    return [*(total * x[-1] - k - 1 for k, total in enumerate(sums)), sum(x[:-1]) + 1], x


def cyclic(n):
    """Bjorck 1990: 6 roots for n = 3, 70 for n = 5."""
    x = sp.symbols(f"x:{n}")
    sums = [sum(sp.prod([x[(i + k) % n] for k in range(m)]) for i in range(n)) for m in range(1, n)]
    return [*sums, sp.prod(x) - 1], x


def katsura(n):
    """Magnetism, Katsura 1990: 2^n roots, as many as paths."""
    u = sp.symbols(f"u:{n + 1}")
    at = [*u[:0:-1], *u]  # u_-n ... u_n
    sums = [sum(at[n + k] * at[n + m - k] for k in range(m - n, n + 1)) - u[m] for m in range(n)]
    return [*sums, u[0] + 2 * sum(u[1:]) - 1], u


def noon(n):
    """A neural network, Noonburg 1989: 21 roots for n = 3, of 27 paths."""
    x = sp.symbols(f"x:{n}")
    squares = sum(y**2 for y in x)
    return [y * (squares - y**2) - sp.Rational(11, 10) * y + 1 for y in x], x


COUNTS = [
    (cyclic, 3, 6),
    heavy(eco, 4, 4),
    heavy(noon, 3, 21),
    heavy(katsura, 4, 16),
    heavy(cyclic, 5, 70),
]
"""Published."""


def dimension(equations, variables):
    """Of the quotient algebra: the roots with multiplicities (Cox, Little & O'Shea 2015, chapter 5, section 3)."""
    basis = sp.groebner(equations, *variables, order="grevlex")
    leading = [sp.Poly(p, *variables).monoms(order="grevlex")[0] for p in basis.exprs]
    alone = [min(m[i] for m in leading if sum(m) == m[i]) for i in range(len(variables))]
    boxes = product(*map(range, alone))
    return sum(not any(all(a >= b for a, b in zip(power, m, strict=True)) for m in leading) for power in boxes)


@pytest.mark.parametrize(("system", "n", "count"), COUNTS)
def test_as_many_roots_as_published_and_as_a_groebner_basis_counts(system, n, count):
    equations, variables = system(n)
    assert dimension(equations, variables) == count
    found = find_roots(system_of([sp.Poly(p, *variables) for p in equations]).scaled()[0], seed=1)
    assert (found.n_finite, found.n_unproved, found.n_given_up) == (count, 0, 0)
    assert found.n_finite + found.n_infinite == found.n_paths


WHOLE = st.tuples(st.integers(1, 9), st.sampled_from([-1, 1])).map(lambda pair: pair[0] * pair[1])
X, Y = sp.symbols("x y")
CONIC = (X**2, X * Y, Y**2, X, Y, sp.Integer(1))


@pytest.mark.heavy
@settings(max_examples=12, deadline=None)
@given(st.lists(WHOLE, min_size=6, max_size=6), st.lists(WHOLE, min_size=6, max_size=6))
def test_two_conics_meet_where_their_resultant_says(first, second):
    equations = [sum(c * m for c, m in zip(row, CONIC, strict=True)) for row in (first, second)]
    shadow = sp.Poly(sp.resultant(*equations, Y), X)
    if shadow.is_zero:
        return  # a common line
    found = find_roots(system_of([sp.Poly(p, X, Y) for p in equations]).scaled()[0], seed=1)
    assert found.n_finite <= shadow.degree()
    if shadow.degree() == 4 and sp.discriminant(shadow) != 0:
        assert (found.n_finite, found.standing) == (4, "proved")
        assert len(found.points) == len(sp.real_roots(shadow))


@pytest.mark.parametrize(
    ("name", "complex_roots"),
    [
        heavy("localisation", 5),
        heavy("three-hump-camel", 5),
        heavy("two-cubics", 25),
        heavy("deep-linear-n3", 17),
        heavy("linear-network-n4", 9),
    ],
)
def test_complex_stationary_points_are_as_many_as_were_counted_by_hand(name, complex_roots):
    problem = get(name)
    system, scales = gradient_system(problem).scaled()
    found = find_roots(system, seed=1)
    assert found.n_finite == complex_roots
    apart = np.abs((found.points * scales)[:, None] - problem.truth.stationary).max(axis=2)
    assert apart.shape[0] == apart.shape[1]
    assert apart.min(axis=0).max() < 1e-9


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["himmelblau", "beale", "two-cubics", "low-rank-n2"])
def test_what_is_proved_in_the_box_is_among_the_real_roots(name):
    problem = get(name)
    system, scales = gradient_system(problem).scaled()
    points = find_roots(system, seed=1).points * scales
    in_the_box = certify(problem).points
    assert len(in_the_box)
    assert np.abs(points[:, None] - in_the_box).max(axis=2).min(axis=0).max() < 1e-8
