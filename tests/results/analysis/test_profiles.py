"""Profiles, against cases worked by hand."""

import numpy as np
import pandas as pd
import pytest

from results import to_frame
from results.analysis import profiles
from results.analysis.families import measured, seconds
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
            row(time_median_s=1.0, frac_stationary=0.5, frac_minimum=0.25, work_stationary_5=0.8),
            row(solver="gd", kind="descend", time_median_s=1.0, frac_stationary=0.0, frac_minimum=0.0, frac_global=0.0),
            row(solver="closed-form", kind="exact", batch=1, time_median_s=0.25),
        ]
    )
    np.testing.assert_allclose(seconds(frame, "frac_stationary"), [1.0 / 50, np.nan, np.nan])
    np.testing.assert_allclose(seconds(frame), [1.0 / 25, np.nan, np.nan])  # of a call there is no start
    assert profiles.costs(frame, "time").loc["himmelblau"].tolist() == [0.04, np.inf]
    assert profiles.costs(frame, "time", "stationary").loc["himmelblau"].tolist() == [0.8 / 50, np.inf]
    assert profiles.costs(frame, "evaluations").loc["himmelblau", "newton"] == (740 + 740 + 640) / 25
    assert profiles.costs(frame, "steps", "stationary").loc["himmelblau", "newton"] == pytest.approx(0.8 * 640 / 50)
    with pytest.raises(ValueError, match='measure "luck" is not known; allowed: time, steps, evaluations'):
        profiles.costs(frame, "luck")


def test_a_failed_row_is_a_problem_nobody_solved_and_who_lacks_a_row_never_gets_there():
    failed = row(problem="beale", status="timeout", frac_stationary=None, frac_minimum=None, time_median_s=None)
    table = profiles.costs(to_frame([row(), failed, row(problem="branin", solver="gd", kind="descend")]), "time")
    assert table["newton"].tolist() == [1e-5, np.inf, np.inf]
    assert table["gd"].tolist() == [np.inf, np.inf, 1e-5]


def test_pairs_of_a_problem_and_an_accuracy():
    """Half of 100 starts get two digits after a tenth of the work, 20 five digits after all of it, none eight."""
    told = {f"n_minimum_{d}": n for d, n in ((2, 50), (5, 20), (8, 0))} | {"work_minimum_2": 0.1}
    table = profiles.arrival_costs(to_frame([row(time_median_s=1.0, **told)]))
    assert table["newton"].tolist() == [pytest.approx(0.1 / 50), 1.0 / 20, np.inf]
    assert profiles.ecdf(table)["newton"].tolist() == [pytest.approx(1 / 3), pytest.approx(2 / 3)]


def test_one_row_per_problem_and_solver_the_widest_batch_in_float64():
    rows = [row(batch=10), row(batch=1000, time_median_s=0.5), row(dtype="float32", batch=9999)]
    assert profiles.costs(to_frame(rows), "time").loc["himmelblau", "newton"] == 0.5 / 1000


def test_solvers_are_compared_on_the_batch_that_most_of_them_share():
    rows = [row(solver=name, batch=128) for name in ("newton", "gd", "adam")]
    rows += [row(solver=name, batch=10**5) for name in ("newton", "gd")]
    rows += [row(solver="lbfgs", batch=7)]
    assert measured(to_frame(rows)).set_index("solver")["batch"].to_dict() == {
        "newton": 128, "gd": 128, "adam": 128, "lbfgs": 7
    }  # fmt: skip
