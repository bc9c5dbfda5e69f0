"""Profiles and the families' table, against cases worked by hand."""

import numpy as np
import pandas as pd
import pytest

from results import profiles, to_frame
from results.families import cost, verdicts
from tests.results.runs import row

TABLE = pd.DataFrame(
    {"a": [1.0, 2.0, np.inf, np.inf], "b": [2.0, 1.0, 5.0, np.inf]}, index=["one", "two", "three", "nobody"]
)


def test_a_performance_profile_by_hand():
    """A is best on one, B on two and on three; nobody solves the fourth, which stays in the denominator."""
    curves = profiles.performance_profile(TABLE)
    assert curves.index.tolist() == [1.0, 2.0]
    assert curves["a"].tolist() == [0.25, 0.5]
    assert curves["b"].tolist() == [0.5, 0.75]


def test_a_data_profile_by_hand():
    n = pd.Series({"one": 0, "two": 1, "three": 4, "nobody": 2})
    curves = profiles.data_profile(TABLE, n)
    assert curves.loc[1.0].tolist() == [0.5, 0.5]  # a: 1/1 and 2/2; b: 1/2 and 5/5
    assert curves.iloc[-1].tolist() == [0.5, 0.75]


def test_costs_charge_the_starts_that_fail():
    frame = to_frame(
        [
            row(time_median_s=1.0, frac_stationary=0.5),
            row(solver="gd", kind="descend", time_median_s=1.0, frac_stationary=0.0),
            row(solver="closed-form", kind="exact", batch=1, time_median_s=0.25),
        ]
    )
    np.testing.assert_allclose(cost(frame), [1.0 / 50, np.nan, 0.25])
    table = profiles.costs(frame, "time")
    assert table.loc["himmelblau"].tolist() == [0.02, np.inf]
    assert profiles.costs(frame, "evaluations").loc["himmelblau", "newton"] == (740 + 740 + 640) / 50
    with pytest.raises(ValueError, match='measure "luck" is not known; allowed: time, steps, evaluations'):
        profiles.costs(frame, "luck")


def test_a_failed_row_is_a_problem_nobody_solved():
    frame = to_frame([row(), row(problem="beale", status="timeout", frac_stationary=None, time_median_s=None)])
    assert profiles.costs(frame, "time")["newton"].tolist() == [1e-5, np.inf]


def test_expected_time_to_a_target_charges_restarts():
    """640 steps in 1 ms; half of 100 lanes reach the target, and all lanes together make 300 steps until then."""
    targets = pd.DataFrame(
        {
            "run_id": "r", "cell_id": "newton-himmelblau-b100-float64", "attempt": 1, "quantity": "gap",
            "target": [0.1, 0.01], "n_reached": [50, 0], "steps_sum": [300, 640],
        }
    )  # fmt: skip
    table = profiles.target_costs(targets, to_frame([row()]))
    assert table["newton"].tolist() == [np.inf, pytest.approx(300 / 50 * 1e-3 / 640)]
    assert profiles.ecdf(table)["newton"].tolist() == [0.5]


def test_the_families_table():
    frame = to_frame(
        [
            row(time_median_s=1e-3, frac_minimum=0.5, frac_global=0.25),
            row(solver="gd", kind="descend", time_median_s=4e-3),
            row(problem="big", n_dim=500, problem_tags="quadratic", time_median_s=8e-3),
            row(problem="big", n_dim=500, problem_tags="quadratic", solver="gd", kind="descend", time_median_s=2e-3),
        ]
    )
    many, large = verdicts(frame)
    assert (many.family, many.problems) == ("many stationary points", ["himmelblau"])
    assert (many.fastest.solver, many.factor) == ("newton", pytest.approx(4))
    assert (many.minima.solver, many.minima.figure, many.minima.runner_up_figure) == ("gd", 1.0, 0.5)
    assert (large.family, large.fastest.solver) == ("100 variables or more", "gd")


def test_one_row_per_problem_and_solver_the_widest_batch_in_float64():
    rows = [row(batch=10), row(batch=1000, time_median_s=0.5), row(dtype="float32", batch=9999)]
    line = verdicts(to_frame(rows))[0]
    assert line.fastest.problems == 1
    assert profiles.costs(to_frame(rows), "time").loc["himmelblau", "newton"] == 0.5 / 1000
