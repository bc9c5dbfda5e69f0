"""The table of roots: paths and proofs of continuation beside what others find."""

from results.terminal.roots import render_roots
from tests.results.terminal.test_growth import printed
from tests.results.terminal.test_stationary import CERTIFIED, RIVAL
from tests.results.terminal.test_summary import NEWTON

FOLLOWED = CERTIFIED | {
    "cell_id": "continuation",
    "solver": "continuation",
    "n_minimum": 4,
    "n_saddle": 4,
    "n_maximum": 1,
    "n_singular": 0,
    "n_paths": 12,
    "n_at_infinity": 2,
    "n_given_up": 1,
    "roots_standing": "open",
    "complete": False,
    "time_median_s": 0.02,
}


def test_nothing_is_printed_where_nothing_was_followed():
    assert printed(render_roots, [NEWTON, CERTIFIED, RIVAL]) == ""


def test_paths_proofs_and_others_stand_side_by_side():
    certified = CERTIFIED | {"n_minimum": 4, "n_saddle": 4, "n_maximum": 1, "n_singular": 0}
    line = printed(render_roots, [FOLLOWED, certified, RIVAL]).splitlines()[-1].split()
    assert line[:12] == ["himmelblau", "2", "12", "2", "1", "9", "9", "4", "9", "open", "20", "ms"]
    assert line[12:] == ["9+", "50", "ms", "8", "2", "ms"]


def test_what_could_not_be_followed_and_who_gave_up_is_said_by_name():
    refused = FOLLOWED | {"status": "unsupported", "n_paths": None, "time_median_s": None, "roots_standing": None}
    late = CERTIFIED | {"cell_id": "symbolic", "solver": "symbolic", "status": "timeout", "time_median_s": None}
    line = printed(render_roots, [refused, late]).splitlines()[-1].split()
    assert line == ["himmelblau", "2", "unsupported", "timeout"]
