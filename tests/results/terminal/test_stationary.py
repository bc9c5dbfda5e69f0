"""The table of stationary points: what is proved beside what starts lead to."""

from results.terminal.stationary import render_stationary
from tests.results.terminal.test_growth import printed
from tests.results.terminal.test_summary import NEWTON

CERTIFIED = NEWTON | {
    "cell_id": "certified",
    "solver": "certified",
    "solver_kind": "exact",
    "batch": 1,
    "n_proved": 9,
    "complete": True,
    "n_points_known": 9,
    "frac_global": 4 / 9,
    "time_median_s": 0.05,
}
RIVAL = NEWTON | {
    "cell_id": "rival",
    "solver": "all-newton",
    "solver_kind": "exact",
    "n_minimum": 3,
    "n_saddle": 4,
    "n_maximum": 1,
    "n_singular": 0,
    "n_unseen": 1.5,
    "frac_global": 0.0,
    "time_median_s": 0.002,
}


def test_nothing_is_printed_where_nobody_was_asked_for_a_proof():
    assert printed(render_stationary, [NEWTON, RIVAL]) == ""


def test_proved_and_found_stand_side_by_side_and_a_star_marks_the_global_minimum():
    line = printed(render_stationary, [CERTIFIED, RIVAL]).splitlines()[-1].split()
    assert line == ["himmelblau", "2", "9", "9*", "yes", "50", "ms", "1.1", "s", "8", "1.5", "2", "ms"]


def test_what_was_not_proved_to_be_all_is_open_and_a_failure_is_named():
    rows = [CERTIFIED | {"complete": False, "frac_global": 0.0}]
    assert "9   open" in printed(render_stationary, rows)
    failed = CERTIFIED | {"status": "unsupported", "n_proved": None, "complete": None, "time_median_s": None}
    assert "unsupported" in printed(render_stationary, [failed]).splitlines()[-1]
