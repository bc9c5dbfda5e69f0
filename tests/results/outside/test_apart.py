"""Rows from outside beside ours: nothing that this suite says of itself changes by a letter."""

import io
import re

import pytest

import results
from bench import cli
from results.analysis.answer import answers
from results.analysis.profiles import costs
from results.analysis.sentences import sentence
from results.compare import compare
from results.outside.importing import bring_in
from results.pictures.convergence import convergence
from results.report.build import build
from results.schema import TABLES
from results.table import append_csv
from tests.results.outside import made
from tests.results.runs import row, write_run

OURS = [row(), row(solver="gd", kind="descend", time_median_s=5e-3), row(problem="beale"),
        row(problem="beale", solver="gd", kind="descend", status="crash", status_detail="died")]  # fmt: skip


@pytest.fixture
def run(tmp_path):
    """Of newton a trace, too."""
    folder = write_run(tmp_path / "run", OURS, noise=0.0)
    key = {name: OURS[0][name] for name in ("run_id", "cell_id", "attempt")}
    gaps = {f"f_gap_{name}": 0.5 for name in ("p10", "p25", "median", "p75", "p90")}
    lines = [key | {"step": k, "time_s": 1e-5 * k, "n_lanes": 100, "n_running": 9} | gaps for k in (1, 2, 6)]
    append_csv(lines, TABLES["trace"], folder / "trace.csv")
    return folder


@pytest.fixture
def outside(tmp_path):
    """On a problem of ours, by a solver called as ours is, one that failed, and a problem that we do not have."""
    failed = made.optimagic_rows(algorithm="broken")[:1]
    failed[0]["walltime"] = float("inf")
    rows = [*made.optimagic_rows(algorithm="gd"), *failed, *made.optimagic_rows("theirs", "newton")]
    path = made.csv_of(rows, tmp_path / "o.csv")
    bring_in([path, made.coco_zip(tmp_path / "c.zip")], tmp_path / "outside", names={"rosenbrock": "himmelblau"})
    return tmp_path / "outside"


def test_answer_and_profiles_are_those_of_our_rows(run, outside):
    ours, both = results.read(run), results.read([outside, run])
    assert len(both) == len(ours) + 4
    assert [sentence(each) for each in answers(both)] == [sentence(each) for each in answers(ours)]
    assert [each.rows["cell_id"].tolist() for each in answers(both)] == [
        each.rows["cell_id"].tolist() for each in answers(ours)
    ]
    assert costs(both, "time").equals(costs(ours, "time"))


def test_the_terminal_lists_them_apart(run, outside):
    def printed(frame):
        out = io.StringIO()
        results.render_all(frame, results.console(out))
        return out.getvalue()

    ours, both = printed(results.read(run)), printed(results.read([run, outside]))
    assert both.startswith(ours.rstrip("\n"))
    apart = both[len(ours.rstrip("\n")) :]
    assert "4 rows come from outside, unjudged (coco 2.6.3, optimagic)." in apart
    assert apart.count("unjudged") == 1 + 3
    assert "broken" in apart


def test_the_page_says_of_ours_what_it_said(run, outside, monkeypatch):
    """All but the section of their own and the way to it; the pictures of the profiles are those of `costs`."""
    monkeypatch.setattr("results.report.build.SECTIONS", ())
    alone, both = build([run]), build([run, outside])
    assert both.count("4 rows come from outside, unjudged") == 1
    own = re.sub(r'<section aria-labelledby="outside">.*?</section>\n', "", both, flags=re.DOTALL)
    own = own.replace('<a href="#outside">From outside</a> &middot; ', "")
    assert re.sub(r"<title>.*?</title>", "", own) == re.sub(r"<title>.*?</title>", "", alone)


def test_a_page_of_theirs_alone_answers_nothing(outside):
    page = build([outside])
    assert "There is no row of which anything could be said." in page
    assert "4 rows come from outside, unjudged" in page


def test_theirs_are_drawn_behind_ours_and_say_so(run, outside):
    frame, trace = results.read([run, outside]), results.read([run, outside], "trace")
    figure = convergence(frame, trace, "himmelblau")
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    assert lines["gd (optimagic), unjudged"].get_zorder() < lines["newton"].get_zorder()
    assert list(lines["gd (optimagic), unjudged"].get_ydata()) == pytest.approx([4.0, 1.0, 1.0, 0.4])
    assert "iterations or evaluations" in figure.axes[0].get_xlabel()
    assert convergence(results.read(run), results.read(run, "trace"), "himmelblau").axes[0].get_xlabel() == "steps"


def test_where_nobody_knows_the_minimum_heights_are_those_above_the_lowest_seen(tmp_path):
    path = made.csv_of(made.benchopt_rows() + made.benchopt_rows("newton"), tmp_path / "b.csv")
    bring_in([path], tmp_path / "out")
    frame, trace = results.read(tmp_path / "out"), results.read(tmp_path / "out", "trace")
    (ax, _) = convergence(frame, trace, frame["problem"].iloc[0]).axes
    assert ax.get_ylabel() == "f - the lowest f seen"
    assert [y for y in ax.get_lines()[0].get_ydata() if y == y] == [6.0, 2.0]


def test_what_has_no_times_is_drawn_against_evaluations_alone(tmp_path):
    bring_in([made.coco_zip(tmp_path / "c.zip")], tmp_path / "out")
    frame, trace = results.read(tmp_path / "out"), results.read(tmp_path / "out", "trace")
    (ax,) = convergence(frame, trace, "bbob-f1-n2").axes
    assert "evaluations" in ax.get_xlabel()
    assert list(ax.get_lines()[0].get_xdata()) == [1, 3, 4, 10, 20]


def test_compare_leaves_them_out_or_refuses(run, outside, tmp_path, capsys):
    assert cli.main(["merge", str(run), str(outside), "-o", str(tmp_path / "both")]) == 0
    assert cli.main(["validate", str(tmp_path / "both")]) == 0
    outcome = compare(run, tmp_path / "both")
    assert (outcome.common, outcome.outside, outcome.findings) == (4, 4, [])
    capsys.readouterr()
    assert cli.main(["compare", str(run), str(tmp_path / "both")]) == 0
    assert capsys.readouterr().out.endswith("; left out: 4 rows from outside, unjudged\n")
    assert cli.main(["compare", str(run), str(outside)]) == 2
    assert "holds only rows from outside, unjudged (4); give a run of this suite" in capsys.readouterr().err
    assert cli.main(["compare", str(tmp_path / "both"), "--solvers", "newton,broken"]) == 2
    assert 'no row is of the solver "broken"; there are: gd, newton' in capsys.readouterr().err


@pytest.mark.parametrize("form", ["gha", "markdown", "otava"])
def test_exports_hold_ours_alone(run, outside, tmp_path, form):
    for name, runs in (("ours", [run]), ("both", [run, outside])):
        assert cli.main(["export", form, *map(str, runs), "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / "ours").read_text() == (tmp_path / "both").read_text()


@pytest.mark.parametrize("what", ["scaling", "ends", "profile", "reached", "batch", "peers", "reach"])
def test_no_other_picture_holds_theirs(outside, tmp_path, capsys, what):
    assert cli.main(["plot", what, str(outside), "-o", str(tmp_path / "x.svg")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_pictures_take_runs_without_a_trace_too(run, tmp_path, capsys):
    bring_in([made.pytest_json(tmp_path / "p.json")], tmp_path / "times")
    words = ["plot", "convergence", str(run), str(tmp_path / "times"), "-o", str(tmp_path / "x.svg")]
    assert cli.main(words) == 0
