"""Fewer paths: mixed volumes that others have published, and rewritings that keep every root."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from problems import get
from solvers.exact.continuation.mixed import mixed_cells
from solvers.exact.continuation.plan import planned
from solvers.exact.continuation.polynomials import gradient_system, system_of
from solvers.exact.continuation.rewritten.eliminate import eliminated
from solvers.exact.continuation.rewritten.rewriting import elements
from solvers.exact.continuation.starts import supports
from tests.solvers.exact.test_continuation import cyclic, noon

X, Y = sp.symbols("x y")
TERMS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(-4, 4).filter(bool)), min_size=2, max_size=4
)


@pytest.mark.parametrize(
    ("system", "volume"),
    [(cyclic(5), 70), (cyclic(6), 156), (cyclic(7), 924), (noon(3), 21), (noon(4), 73), (noon(5), 233)],
)
def test_the_mixed_volume_is_the_one_of_the_literature(system, volume):
    """Of PHCpack's and HomotopyContinuation.jl's demonstration systems."""
    assert {mixed_cells(supports(system), seed).mixed_volume for seed in (1, 2)} == {volume}


def test_a_triangle_and_a_square_have_the_mixed_volume_worked_out_by_hand():
    """Vol(P + Q) - Vol(P) - Vol(Q) = 3.5 - 0.5 - 1."""
    triangle, square = np.array([[0, 0], [1, 0], [0, 1]]), np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    assert mixed_cells([triangle, square], 1).mixed_volume == 2


@pytest.mark.parametrize("seed", range(4))
def test_heights_above_a_cell_are_zero_on_its_edges_alone(seed):
    cells = mixed_cells(supports(noon(3)), seed)
    for i, heights in enumerate(cells.heights):
        assert ((heights == 0).sum(axis=1) == 2).all()
        assert (np.take_along_axis(heights, cells.edges[:, i], axis=1) == 0).all()
        assert (heights >= 0).all()


@settings(max_examples=40, deadline=None)
@given(TERMS, TERMS, st.integers(1, 5))
def test_an_elimination_leaves_the_resultant(graph, other, factor):
    linear = sp.expand(factor * X + sum(c * Y**a for a, _, c in graph))
    second = sp.expand(sum(c * X**b * Y**a for a, b, c in other))
    assume(second.free_symbols == {X, Y} and linear.has(Y))
    system = system_of([sp.Poly(linear, X, Y), sp.Poly(second, X, Y)])
    rewriting = eliminated(system)
    assume(rewriting.system.n == 1)
    (left,) = elements(rewriting.system)
    remaining = rewriting.back(np.array([[2.0 + 1j]]))[0]
    kept = Y if abs(remaining[1] - (2 + 1j)) < 1e-12 else X
    resultant = sp.Poly(sp.resultant(linear, second, X if kept == Y else Y), kept)
    mine = sp.Poly(left.as_expr(kept), kept)
    assert sp.expand(mine.as_expr() * resultant.LC() - resultant.as_expr() * mine.LC()) == 0


@pytest.mark.parametrize(
    ("name", "paths", "theorem", "how"),
    [
        ("rosenbrock-n2", 1, "Bezout", "eliminated"),
        ("rosenbrock-n8", 729, "Bezout", "2 of 8 unknowns eliminated"),
        ("mgh-wood", 9, "Bezout", "2 of 4 unknowns eliminated"),
        ("goldstein-price", 25, "Bernstein", "coordinates"),
        ("low-rank-n6", 13, "Bernstein", "unknown"),
        ("beale", 12, "Bernstein", ""),
        ("himmelblau", 9, "Bezout", ""),
    ],
)
def test_the_fewest_paths_are_planned(name, paths, theorem, how):
    plan = planned(gradient_system(get(name)).scaled()[0], 1)
    assert (len(plan.starts), plan.bound, plan.theorem) == (paths, paths, theorem)
    assert how in "; ".join(plan.rewriting.how)
