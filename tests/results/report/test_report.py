"""The page: answers from rows alone, in one file, whatever a CSV says."""

import re

import pytest
from markupsafe import Markup
from matplotlib.figure import Figure

import results
from bench import cli
from results import to_frame
from results.analysis import families
from results.analysis.answer import answers
from results.analysis.climbs import climbs, heights
from results.analysis.looks import looks
from results.analysis.sentences import sentence
from results.pictures.studies import NothingToDraw, scaling, style
from results.report import build as report
from results.report.build import build
from results.report.sections import Section
from tests.results.analysis.verdicts import SETS
from tests.results.runs import row, write_run

ROWS = [
    row(n_minimum=58, n_saddle=42, frac_minimum=0.58),
    row(solver="gd", kind="descend", time_median_s=9e-3),
    row(problem="beale", problem_tags=None, status="timeout", status_detail="did not finish within 60 s"),
]


def test_the_answer_is_on_the_page(tmp_path):
    page = build([write_run(tmp_path / "run", ROWS)])
    assert "<li>Many stationary points (1 problem): to the global minimum, at 2, 5 and 8 digits alike" in page
    assert "Few variables, smooth (1 problem): none of 2 solvers comes to a stationary point." in page
    assert "did not finish within 60 s" in page
    assert "3 cells, 2 measured, 1 not" in page


NOTHING = {"n_minimum": 0, "n_not_stationary": 100, "frac_stationary": 0.0, "frac_minimum": 0.0, "frac_global": 0.0}


def test_a_run_in_which_nobody_solves_anything_has_a_page(tmp_path):
    """The profile ended in an IndexError."""
    rows = [row(solver=name, kind="descend", f_best=2.5, **NOTHING) for name in ("gd", "adam")]
    page = build([write_run(tmp_path / "run", rows)])
    assert "none of 2 solvers comes to a stationary point; lowest on " in page
    assert page.count("no start of any solver came to the global minimum") == 3
    assert '<td data-label="5 digits">nobody, of 1 problem</td>' in page


def test_empty_sections_are_a_line_each_with_what_fills_them(tmp_path):
    page = build([write_run(tmp_path / "run", ROWS)])
    folded = page[page.index('id="folded"') :]
    assert "no way has climbed a family of problems; zerograd run reach." in folded
    assert "no family of problems was measured at three sizes; zerograd run scaling." in folded
    assert "zerograd report RUN --basins himmelblau draws one" in folded
    assert 'href="#scaling"' not in page
    assert 'href="#ends"' in page


def test_basins_that_lie_beside_the_rows_are_on_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "FIRST", ())
    monkeypatch.setattr(report, "SECTIONS", ())
    run = write_run(tmp_path / "run", ROWS)
    (run / "basins").mkdir()
    (run / "basins" / "himmelblau.png").write_bytes(b"a picture")
    page = build([run])
    assert 'alt="basins of attraction of himmelblau' in page
    assert 'href="#basins"' in page
    assert 'id="folded"' not in page


def test_a_goal_of_which_nothing_can_be_drawn_says_so_beside_the_others(tmp_path, monkeypatch):
    def draw(tables, goal):
        if goal == "global":
            raise NothingToDraw("nobody knows the minimum")
        return Figure(figsize=(1, 1))

    monkeypatch.setattr(report, "SECTIONS", (Section("half", "Half", "Of two goals.", "a picture", draw, True),))
    page = build([write_run(tmp_path / "run", ROWS)])
    assert '<p class="empty" data-of-goal="global">Nothing to show: nobody knows the minimum.</p>' in page
    assert page.count('aria-label="a picture" data-of-goal=') == 2


def test_every_name_leads_to_what_it_is(tmp_path):
    page = build([write_run(tmp_path / "run", ROWS)])
    targets = re.findall(r'<a href="#([^"]+)"', page)
    assert {target for target in targets if f'id="{target}"' not in page} == set()
    assert '<a href="#solver-0">newton</a> (root-finding)' in page


@pytest.mark.parametrize("name", SETS)
def test_every_sentence_and_every_cell_of_the_page_follows_from_its_csv(name, tmp_path, monkeypatch):
    """Read again from the file alone, the words are the same."""
    monkeypatch.setattr(report, "FIRST", ())
    monkeypatch.setattr(report, "SECTIONS", ())
    run = write_run(tmp_path / "run", SETS[name](), noise=0.0)
    found = answers(results.read(run / "results.csv"))
    page = Markup(build([run])).striptags()
    assert found
    for answer in found:
        assert sentence(answer) in page
        for contest in answer.contests.values():
            for standing in contest.standings[: min(3, len(contest.leaders))]:
                assert f"{standing.solver} {standing.reached} of {len(contest.problems)}" in page


def test_what_still_works_at_n_variables_is_drawn_from_the_study(tmp_path):
    rows = [
        row(problem=f"bowl-n{n}", n_dim=n, solver=solver, kind=kind, study="reach", cell_id=f"{solver}-{n}",
            **NOT_TRIED if n > most * 10 else {})
        for solver, kind, most in (("newton", "solve", 100), ("gd", "descend", 10)) for n in (10, 100, 1000)
    ]  # fmt: skip
    frame = to_frame(rows).assign(budget_s=2.0, reached_s=[1.0, 1.0, None, 1.0, None, None])
    assert heights(climbs(frame)) == ["bowl within 2 s: newton (root-finding) to n = 100; gd (first order) to n = 10"]
    all_the_way, nowhere = frame[frame["n_dim"] < 1000], frame[frame["n_dim"] == 1000]
    assert heights(climbs(all_the_way))[0].startswith("bowl within 2 s: newton (root-finding) to n = 100, the largest")
    assert heights(climbs(nowhere))[0].startswith("bowl within 2 s: newton (root-finding) not at n = 1000;")
    assert [(climb.reached, climb.stopped) for climb in climbs(frame)] == [((10, 100), 1000), ((10,), 100)]
    frame.to_csv(tmp_path / "results.csv", index=False)
    page = build([tmp_path / "results.csv"])
    assert (
        "the farthest of every way: bowl within 2 s: newton (root-finding) to n = 100; gd" in Markup(page).striptags()
    )
    assert '<g data-solver="newton"><title>newton</title>' in page


NOT_TRIED = {"status": "unsupported", "status_detail": "not tried: the one below did not get there"}


def test_where_the_lead_changes_hands_is_drawn_from_the_study_of_sizes():
    """Rows that name their study were left out, and the page said that there were none."""
    rows = [
        row(problem=f"bowl-n{n}", n_dim=n, solver=solver, kind=kind, study="scaling", cell_id=f"{solver}-{n}")
        for n in (2, 10, 100) for solver, kind in (("newton", "solve"), ("gd", "descend"))
    ]  # fmt: skip
    with style():
        (panel,) = scaling(to_frame(rows)).axes
    assert [list(line.get_xdata()) for line in panel.get_lines()[:2]] == [[2, 10, 100]] * 2


def test_a_solver_looks_the_same_whoever_else_is_there():
    alone, many = looks(["adam"])["adam"], looks(["newton", "mine", "gd", "adam"])["adam"]
    assert alone == many
    own = list(looks(["newton", "gd", "lbfgs", "adam", "newton-cg", "gd-armijo", "closed-form", "certified"]).values())
    assert len({each["color"] for each in own}) == len({each["marker"] for each in own}) == 8


def test_the_page_asks_nothing_of_the_network(tmp_path):
    page = build([write_run(tmp_path / "run", ROWS)])
    addresses = set(re.findall(r"https?://[^\"' )<]+", page))
    assert all(
        address.startswith(("http://www.w3.org/", "http://purl.org/", "http://creativecommons.org/"))
        for address in addresses
    )
    assert not re.search(r"<(link|iframe|object|embed)|<script src|@import|url\(http", page)
    assert len(page) < 3_000_000


_HEAVY_TEXTS = ('"><img src=x onerror=alert(1)>', "$x_1$ & </td>", "=cmd|'/c calc'!A1")


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", *(pytest.param(text, marks=pytest.mark.heavy) for text in _HEAVY_TEXTS)]
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
    assert "no race against a peer; zerograd run peers" in capsys.readouterr().err
    assert cli.main(["plot", "ends", str(run), "-o", str(tmp_path / "x.gif")]) == 2
    assert "allowed: .svg, .png, .pdf" in capsys.readouterr().err


def test_times_of_different_machines_are_not_compared():
    rows = [row(machine="a"), row(solver="gd", kind="descend", machine="a"), row(solver="lbfgs", machine="b")]
    ours = families.measured(to_frame([*rows, row(problem="beale", machine="b"), row(problem="branin")]))
    assert ours[["problem", "solver"]].to_numpy().tolist() == [
        ["himmelblau", "newton"], ["himmelblau", "gd"], ["beale", "newton"], ["branin", "newton"]
    ]  # fmt: skip
