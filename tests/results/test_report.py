"""The page: answers from rows alone, in one file, whatever a CSV says."""

import re

import pytest

from bench import cli
from results import families, to_frame
from results.report import build
from tests.results.runs import row, write_run

ROWS = [
    row(n_minimum=58, n_saddle=42, frac_minimum=0.58),
    row(solver="gd", kind="descend", time_median_s=9e-3),
    row(problem="beale", problem_tags=None, status="timeout", status_detail="did not finish within 60 s"),
]


def test_the_answer_is_on_the_page(tmp_path):
    page = build([write_run(tmp_path / "run", ROWS)])
    assert "Solving grad f = 0 is faster than descending on 1 of the 1 problems that both ways solve" in page
    assert "on 1 of 1 problems some of newton&#39;s roots are no minima" in page
    assert re.search(r"newton: first on 1 of 1, \d(\.\d)?x ahead", page)
    assert "did not finish within 60 s" in page
    assert "3 cells, 2 measured, 1 not" in page


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
