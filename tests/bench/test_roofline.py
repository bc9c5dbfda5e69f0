"""The limit in the row: counted work over a measured peak."""

import numpy as np
import optax
import pytest

from bench import measure
from bench.cell import Cell
from bench.roofline import bandwidth, peak_flops, work_per_step
from problems import get
from solvers import Budget, Inputs
from solvers.descent import Descent
from solvers.lbfgs import LBFGS
from solvers.newton import Newton


def inputs(problem):
    budget = Budget(np.ones(1), np.zeros(1), np.ones(1), np.int32(1), np.int32(1))
    return Inputs(np.ones((problem.dim, 1)), np.ones(1), np.ones(1, np.int32), budget, problem.data)


def test_the_count_grows_as_the_arithmetic_does():
    small, large = get("quadratic-n100"), get("quadratic-n200")
    per_step = [work_per_step(Descent(optax.sgd), problem, inputs(problem)) for problem in (small, large)]
    assert per_step[1].flops / per_step[0].flops == pytest.approx(4, rel=0.1)  # a dense matrix
    assert per_step[1].bytes / per_step[0].bytes == pytest.approx(4, rel=0.2)
    solve = [work_per_step(Newton(), problem, inputs(problem)) for problem in (small, large)]
    assert solve[1].flops / solve[0].flops == pytest.approx(8, rel=0.1)  # n products with it


def test_a_step_with_a_loop_inside_is_not_counted():
    assert work_per_step(LBFGS(), get("himmelblau"), inputs(get("himmelblau"))) is None


def test_peaks_are_those_of_a_processor():
    assert 1e8 < peak_flops("float64", 1) < 1e14
    assert peak_flops("float64", 1) == peak_flops("float64", 1)  # measured once
    assert 1e8 < bandwidth(1) < 1e13


def test_a_row_says_how_near_to_the_peak_it_came():
    row = measure.measure(Cell("rosenbrock-n2", "newton", 4096, "float64", 0, 1e-8, 100, rounds=2, timed_s=0.0)).figures
    assert row["flops"] > 20 * row["steps_sum"]
    assert 0 < row["roofline_frac"] < 1
    assert row["roofline_frac"] == pytest.approx(row["flops"] / row["time_median_s"] / row["peak_flops_per_s"])
