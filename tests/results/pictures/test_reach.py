"""What still works at n variables: from rows alone, where each way stops and why."""

import io

import pytest

import results
from bench import cli
from results import to_frame
from results.analysis import families
from results.analysis.climbs import Climb, climbs
from results.pictures.reach import what_still_works
from results.pictures.studies import NothingToDraw, style
from tests.results.runs import row, write_run


def rung(n, solver="newton", family="rosenbrock", **figures):
    figures = {"reached_s": 0.1 * n, "frac_target": 1.0, "remark": None} | figures
    name = f"{family}-n{n}"
    known = {"cell_id": f"{solver}-{name}-float64-reach", "study": "reach", "budget_s": 2.0, "n_dim": n, "batch": 4}
    known |= {"problem_tags": None, "n_converged": 4, "n_singular_step": 0}
    return row(name, solver, **known | figures)


MISSED = {"reached_s": None, "frac_target": 0.0}
ROWS = [
    *(rung(n) for n in (2, 5)),
    rung(20, **MISSED),
    rung(200, status="unsupported", status_detail="not tried: it failed", **MISSED),
    rung(2, "adam", n_converged=0, **MISSED),
    rung(2, "symbolic", kind="exact", status="timeout", **MISSED),
    rung(2, "certified", kind="exact", frac_target=0.5, reached_s=None),
    rung(9, "newton", "some-net", status="oom", **MISSED) | {"problem_tags": "neural-network"},
    rung(5, "lbfgs"),
    rung(2, "lbfgs"),
    row("rosenbrock-n2", "gd", "descend", seed=0),
]


def test_a_way_reached_what_lies_below_its_first_failure():
    found = {(climb.family, climb.solver): climb for climb in climbs(to_frame(ROWS))}
    newton = Climb("rosenbrock", "newton", "root-finding", 2.0, (2, 5), (0.2, 0.5), 20, "other stationary points")
    assert found["rosenbrock", "newton"] == newton
    assert found["rosenbrock", "lbfgs"][4:] == ((2, 5), (0.2, 0.5), None, "")
    stopped = {key: climb.why for key, climb in found.items() if not climb.reached}
    assert stopped == {
        ("rosenbrock", "adam"): "out of time",
        ("rosenbrock", "symbolic"): "out of time",
        ("rosenbrock", "certified"): "too late",
        ("networks", "newton"): "out of memory",
    }


def test_a_failure_above_which_something_was_reached_ends_the_climb_all_the_same():
    (climb,) = climbs(to_frame([rung(2), rung(3, **MISSED), rung(4)]))
    assert (climb.reached, climb.stopped) == ((2,), 3)


def test_the_picture_names_every_way_and_every_reason():
    text = io.StringIO()
    with style():
        what_still_works(to_frame(ROWS)).savefig(text, format="svg")
    drawn = text.getvalue()
    for told in ("rosenbrock: the global minimum within 2 s", "networks: a loss fixed beforehand", "out of memory"):
        assert told in drawn
    with pytest.raises(NothingToDraw, match=r"zerograd run reach"):
        what_still_works(to_frame([ROWS[-1]]))


def test_rows_of_the_study_are_no_part_of_the_main_tables(tmp_path, capsys):
    run = write_run(tmp_path / "run", ROWS)
    assert families.measured(results.read(run))["solver"].tolist() == ["gd"]
    text = io.StringIO()
    results.render_all(results.read(run), results.console(text))
    assert text.getvalue().count("rosenbrock-n2 ") == 1
    lines = [line.split() for line in text.getvalue().splitlines()]
    assert ["rosenbrock", "newton", "5", "at", "20:", "other", "stationary", "points"] in lines
    assert cli.main(["plot", "reach", str(run), "-o", str(tmp_path / "reach.svg")]) == 0
    assert (tmp_path / "reach.svg").stat().st_size > 1000
