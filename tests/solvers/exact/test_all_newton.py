"""Points without a proof: equal ends are one point, and the unseen are estimated."""

import jax.numpy as jnp
import numpy as np
import pytest

from bench.measuring import measure
from bench.measuring.program import prepare
from bench.measuring.referee import Referee
from bench.plan.cell import Cell
from problems import Problem, Truth
from solvers import find
from solvers.exact.all_newton import cluster, unseen_points


def test_ends_are_grouped_by_nearness_in_units_of_the_box():
    x = np.array([[0.0, 1e-7, 5.0, 5.0, 5.00001, 9.0], [0.0, 0.0, 100.0, 100.0 + 1e-4, 100.0, 0.0]])
    found = cluster(x, np.array([10.0, 1000.0]))
    assert sorted(found.counts.tolist()) == [1, 2, 3]
    assert found.points.shape == (2, 3)


def test_a_thousand_noisy_copies_are_one_point():
    noise = 1e-8 * np.random.default_rng(0).standard_normal((2, 1000))
    assert cluster(np.array([[0.5], [0.25]]) + noise, np.ones(2)).counts.tolist() == [1000]


def test_the_unseen_are_estimated_from_those_seen_once_and_twice():
    assert unseen_points(np.array([1, 1, 1, 1, 2, 2, 7])) == pytest.approx(4 * 3 / (2 * 3))
    assert unseen_points(np.array([5, 9])) == 0


def figures(problem, starts):
    return measure.measure(Cell(problem, "all-newton", starts, "float64", 0, 1e-8, 200, rounds=1, timed_s=0.0)).figures


def test_enough_starts_find_all_points_of_himmelblau():
    row = figures("himmelblau", 500)
    assert (row["n_minimum"], row["n_saddle"], row["n_maximum"], row["n_unseen"]) == (4, 4, 1, 0)
    assert row["n_points_found"] == 9
    assert row["n_h"] > 500


def test_a_plateau_is_no_point():
    """On the tail of a potential the gradient dies away inside the box, and no point is there."""
    fn = lambda x, _: (1 - jnp.exp(-1.5 * (x[0] - 0.5))) ** 2  # noqa: E731
    tail = Problem("tail", fn, np.zeros(1), np.array([40.0]), Truth("unknown", "by hand"), "by hand")
    cell = Cell("tail", "all-newton", 64, "float64", 0, 1e-8, 200, rounds=1, timed_s=0.0)
    program = prepare(cell, find("all-newton"), Referee(tail))
    points = program.call(program.inputs()).x
    assert points.shape == (1, 1)
    assert points[0, 0] == pytest.approx(0.5)


def test_too_few_starts_say_that_there_must_be_more():
    row = figures("rastrigin-n2", 300)
    found = row["n_minimum"] + row["n_saddle"] + row["n_maximum"]
    assert found < 441
    assert found + row["n_unseen"] > 1.3 * found
