"""The page: answers from rows alone, in one file, whatever a CSV says."""

import re

import pytest

from bench import cli
from results import schema, to_frame
from results.analysis import families
from results.report import build as report
from results.report.build import build
from results.table import append_csv
from tests.results.runs import row, write_run

ROWS = [
    row(n_minimum=58, n_saddle=42, frac_minimum=0.58),
    row(solver="gd", kind="descend", time_median_s=9e-3),
    row(problem="beale", problem_tags=None, status="timeout", status_detail="did not finish within 60 s"),
]


def test_the_answer_is_on_the_page(tmp_path):
    page = build([write_run(tmp_path / "run", ROWS)])
    assert "Both ways were measured on 1 problem and find minima on 1: solving grad f = 0 is faster per minimum" in page
    assert "On 1 of 1 problem some of newton&#39;s roots are no minima" in page
    assert re.search(r"newton: first on 1 of 1, \d(\.\d)?x ahead", page)
    assert "did not finish within 60 s" in page
    assert "3 cells, 2 measured, 1 not" in page


NOTHING = {"n_minimum": 0, "n_not_stationary": 100, "frac_stationary": 0.0, "frac_minimum": 0.0, "frac_global": 0.0}


def test_a_run_in_which_nobody_solves_anything_has_a_page(tmp_path):
    """The profile and the times to targets ended in an IndexError."""
    rows = [row(solver=name, kind="descend", **NOTHING) for name in ("gd", "adam")]
    run = write_run(tmp_path / "run", rows)
    key = {name: rows[0][name] for name in schema.KEY}
    none = key | {"quantity": "gap", "target": 1.0, "n_lanes": 100, "n_reached": 0, "steps_sum": 640}
    append_csv([none], schema.TABLES["targets"], run / "targets.csv")
    page = build([run])
    assert "No problem was measured both ways, so nothing is compared." in page
    assert "none reaches a minimum" in page
    assert "none from any start, 1 problem" in page
    assert page.count("Nothing to show: no start of any solver ended on a stationary point.") == 2
    assert "Nothing to show: no start of any solver reached a target." in page


@pytest.mark.parametrize(
    ("rows", "lead"),
    [
        (
            [row(time_median_s=2e-3), row(solver="gd", kind="descend", time_median_s=2.2e-3)],
            "find minima on 1: solving grad f = 0 is faster per minimum on 0 of them, descending on 0, "
            "and they are about as fast on 1. Only solving finds any on 0, only descending on 0.",
        ),
        (
            [row(**NOTHING | {"n_saddle": 100, "n_not_stationary": 0, "frac_stationary": 1.0}),
             row(solver="gd", kind="descend")],
            "find minima on 0. Only solving finds any on 0, only descending on 1. "
            "On 1 of 1 problem some of newton's roots are no minima.",
        ),
        (
            [row(), row(solver="gd", kind="descend", time_median_s=9e-4, frac_minimum=0.05),
             row(solver="adam", kind="descend", time_median_s=3e-3),
             row(problem="beale", solver="gd", kind="descend"), row(problem="branin")],
            "Both ways were measured on 1 problem and find minima on 1: solving grad f = 0 is faster per minimum on 1",
        ),
        (
            [row(problem="a"), row(solver="gd", kind="descend", problem="b")],
            "No problem was measured both ways, so nothing is compared. "
            "On 0 of 1 problem some of newton's roots are no minima.",
        ),
    ],
)  # fmt: skip
def test_the_lead_tells_all_of_its_problems(rows, lead):
    assert lead in report._lead(to_frame(rows))


def test_calls_of_exact_solvers_are_named_as_such(tmp_path):
    exact = [row(solver="closed-form", kind="exact", batch=1, problem=name, problem_tags="closed-form", time_median_s=s)
             for name, s in (("himmelblau", 2e-5), ("beale", 1e-3))]  # fmt: skip
    page = build([write_run(tmp_path / "run", [*exact, row(problem_tags="closed-form")], noise=0)])
    assert "newton: first on 1 of 1; closed-form answers 2 of 2, 20 us to 1 ms a call" in page


def test_empty_sections_say_why(tmp_path):
    page = build([write_run(tmp_path / "run", ROWS)])
    assert "Nothing to show: no family of problems was measured at three sizes; run bench/bench_scaling.py." in page
    assert "Nothing to show: no targets were observed; run with --observe on." in page


def test_the_page_asks_nothing_of_the_network(tmp_path):
    page = build([write_run(tmp_path / "run", ROWS)])
    addresses = set(re.findall(r"https?://[^\"' )<]+", page))
    assert all(
        address.startswith(("http://www.w3.org/", "http://purl.org/", "http://creativecommons.org/"))
        for address in addresses
    )
    assert not re.search(r"<(link|iframe|object|embed)|<script src|@import|url\(http", page)
    assert len(page) < 3_000_000


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "$x_1$ & </td>", "=cmd|'/c calc'!A1"]
)
def test_nothing_a_csv_says_can_run(text, tmp_path):
    rows = [row(problem=text, solver=solver, cell_id=f"{solver}{text}", run_id=text) for solver in ("newton", "gd")]
    bad = row(problem="p", cell_id="p", status="error", status_detail=text)
    page = build([write_run(tmp_path / "run", [*rows, bad])])
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert page.count("<script") == 1


def test_a_run_without_figures_has_a_page(tmp_path):
    failed = row(status="error", status_detail="broken", frac_stationary=None, time_median_s=None)
    page = build([write_run(tmp_path / "run", [failed])])
    assert "No row of this run has figures" in page


def test_the_verb_says_where_the_page_is(tmp_path, capsys):
    run = write_run(tmp_path / "run", ROWS)
    assert cli.main(["report", str(run)]) == 0
    assert capsys.readouterr().out == f"report: {run / 'report.html'}\n"
    assert cli.main(["report", str(tmp_path / "gone")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_plots_are_files(tmp_path, capsys):
    run = write_run(tmp_path / "run", ROWS)
    for name in ("ends.svg", "profile.png"):
        assert cli.main(["plot", name.split(".")[0], str(run), "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).stat().st_size > 1000
    assert cli.main(["plot", "peers", str(run), "-o", str(tmp_path / "x.svg")]) == 2
    assert "no race against a peer; run bench/bench_peers.py" in capsys.readouterr().err
    assert cli.main(["plot", "ends", str(run), "-o", str(tmp_path / "x.gif")]) == 2
    assert "allowed: .svg, .png, .pdf" in capsys.readouterr().err


def test_times_of_different_machines_are_not_compared():
    rows = [row(machine="a"), row(solver="gd", kind="descend", machine="a"), row(solver="lbfgs", machine="b")]
    ours = families.measured(to_frame([*rows, row(problem="beale", machine="b"), row(problem="branin")]))
    assert ours[["problem", "solver"]].to_numpy().tolist() == [
        ["himmelblau", "newton"], ["himmelblau", "gd"], ["beale", "newton"], ["branin", "newton"]
    ]  # fmt: skip
