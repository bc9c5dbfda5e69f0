"""Profiles and the families' table, against cases worked by hand."""

import numpy as np
import pandas as pd
import pytest

from results import to_frame
from results.analysis import profiles
from results.analysis.families import measured, seconds, verdicts
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
    np.testing.assert_allclose(seconds(frame, "frac_stationary"), [1.0 / 50, np.nan, np.nan])
    np.testing.assert_allclose(seconds(frame), [1.0 / 100, 1.0 / 100, np.nan])  # of a call there is no start
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
    assert (many.fastest.solver, many.factor) == ("newton", pytest.approx(2))  # half of its starts find no minimum
    assert (many.minima.solver, many.minima.figure, many.minima.runner_up_figure) == ("gd", 1.0, 0.5)
    assert (large.family, large.fastest.solver) == ("100 variables or more", "gd")


def test_one_row_per_problem_and_solver_the_widest_batch_in_float64():
    rows = [row(batch=10), row(batch=1000, time_median_s=0.5), row(dtype="float32", batch=9999)]
    line = verdicts(to_frame(rows))[0]
    assert line.fastest.problems == 1
    assert profiles.costs(to_frame(rows), "time").loc["himmelblau", "newton"] == 0.5 / 1000


def test_a_lead_that_cannot_be_told_is_no_win_and_a_call_none_either():
    frame = to_frame(
        [
            *(row(problem=name, time_median_s=1e-3) for name in "abc"),
            *(
                row(problem=name, solver="gd", kind="descend", time_median_s=s)
                for name, s in zip("abc", (1.2e-3, 2e-3, 4e-4), strict=True)
            ),
            *(row(problem=name, solver="closed-form", kind="exact", batch=1, time_median_s=1e-9) for name in "ab"),
        ]
    )
    line = verdicts(frame)[0]
    assert (line.fastest.solver, line.fastest.figure, line.fastest.problems, line.level) == ("gd", 1, 3, 1)
    assert line.factor == pytest.approx(2.5)
    assert line.exact == ("closed-form", 2, 1e-9, 1e-9)
    noisy = verdicts(frame.assign(time_iqr_s=frame["time_median_s"]))[0]
    assert (noisy.fastest.figure, noisy.level) == (0, 3)


def test_who_lacks_a_problem_of_the_kind_found_nothing_there():
    """It was left out in silence, or beat others on fewer problems: gd 20 % of five beside newton 77 % of four."""
    frame = to_frame(
        [
            *(row(problem=name, frac_minimum=1.0, frac_global=None) for name in "ab"),
            *(row(problem=name, solver="gd", kind="descend", frac_minimum=0.2, frac_global=None) for name in "abcd"),
        ]
    )
    minima, globals_ = verdicts(frame)[0].minima, verdicts(frame)[0].globals
    assert (minima.solver, minima.figure, minima.problems) == ("newton", 0.5, 4)
    assert (minima.runner_up, minima.runner_up_figure) == ("gd", pytest.approx(0.2))
    assert globals_ is None


def test_solvers_are_compared_on_the_batch_that_most_of_them_share():
    rows = [row(solver=name, batch=128) for name in ("newton", "gd", "adam")]
    rows += [row(solver=name, batch=10**5) for name in ("newton", "gd")]
    rows += [row(solver="lbfgs", batch=7)]
    assert measured(to_frame(rows)).set_index("solver")["batch"].to_dict() == {
        "newton": 128, "gd": 128, "adam": 128, "lbfgs": 7
    }  # fmt: skip
