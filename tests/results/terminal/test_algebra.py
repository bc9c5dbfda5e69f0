"""The table of computer algebra: solved with its time and points, or why not."""

from results.terminal.algebra import render_algebra
from tests.results.terminal.test_growth import printed
from tests.results.terminal.test_summary import NEWTON

SYMBOLIC = NEWTON | {
    "cell_id": "symbolic",
    "solver": "symbolic",
    "solver_kind": "exact",
    "batch": 1,
    "n_minimum": 4,
    "n_saddle": 4,
    "n_maximum": 1,
    "n_singular": 0,
    "n_points_known": 9,
    "time_median_s": 0.21,
}


def test_nothing_is_printed_where_algebra_was_not_asked():
    assert printed(render_algebra, [NEWTON]) == ""


def test_a_solved_problem_shows_time_and_points_beside_newton_s_time_per_start():
    line = printed(render_algebra, [SYMBOLIC, NEWTON | {"time_median_s": 1e-4, "batch": 100}]).splitlines()[-1]
    assert line.split() == ["himmelblau", "2", "210", "ms", "9", "9", "15", "1", "us"]


def test_what_algebra_cannot_do_is_said():
    unsolved = SYMBOLIC | {
        "status": "unsupported",
        "status_detail": "no closed form found: " + 60 * "x",
        "time_median_s": None,
    }
    line = printed(render_algebra, [unsolved]).splitlines()[-1]
    assert "unsupported: no closed form found: xx" in line
    assert "..." in line
    assert "timeout" in printed(render_algebra, [SYMBOLIC | {"status": "timeout"}]).splitlines()[-1]
