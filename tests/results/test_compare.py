"""A comparison catches what changed and does not cry wolf."""

import json

import pytest

from bench import cli
from results.compare import compare
from tests.results.runs import row, write_run

ROWS = [
    row(),
    row(solver="gd", kind="descend", time_median_s=4e-3),
    row(problem="beale", problem_tags=None, n_minimum=60, n_saddle=40, frac_minimum=0.6),
    row(problem="beale", solver="closed-form", kind="exact", status="unsupported", status_detail="no formula"),
]


def changed(which, **figures):
    return [one | (figures if k == which else {}) for k, one in enumerate(ROWS)]


def pair(tmp_path, rows, seed=1):
    return write_run(tmp_path / "old", ROWS), write_run(tmp_path / "new", rows, seed=seed)


def test_a_run_against_itself_is_clean(tmp_path, capsys):
    run = write_run(tmp_path / "run", ROWS)
    assert cli.main(["compare", str(run), str(run)]) == 0
    assert capsys.readouterr().out == "clean: 4 cells in both runs, times of 3 compared\n"


def test_ten_repetitions_of_the_same_code_raise_no_alarm(tmp_path):
    """With rounds that scatter by a fifth, and whole runs that are off by up to a tenth."""
    first = write_run(tmp_path / "first", ROWS, noise=0.2)
    for k in range(10):
        factor = 1 + 0.02 * (k - 5)
        rows = [one | {"time_median_s": one["time_median_s"] * factor} for one in ROWS]
        again = write_run(tmp_path / f"again{k}", rows, noise=0.2, seed=k + 1)
        assert not compare(first, again).findings


@pytest.mark.parametrize(
    ("rows", "column", "text"),
    [
        (changed(0, steps_sum=641), "steps_sum", "640 became 641"),
        (changed(2, n_minimum=59, n_saddle=41), "n_minimum", "60 became 59"),
        (changed(1, status="timeout", status_detail="slow"), "status", "ok became timeout"),
        (changed(0, digits_median=14.2), "digits_median", "15 became 14.2"),
        (changed(0, n_g=None), "n_g", "740 became nothing"),
        (changed(1, time_median_s=6e-3), "time_median_s", "1.5x the time"),
    ],
)
def test_what_changed_is_caught(rows, column, text, tmp_path, capsys):
    old, new = pair(tmp_path, rows)
    assert cli.main(["compare", str(old), str(new)]) == 1
    said = capsys.readouterr().out
    assert f"{column}: " in said
    assert text in said


def test_a_gain_is_told_and_is_no_failure(tmp_path, capsys):
    old, new = pair(tmp_path, changed(1, time_median_s=1e-3))
    assert cli.main(["compare", str(old), str(new)]) == 0
    assert "0.25x the time" in capsys.readouterr().out


def test_a_difference_below_the_floor_is_none(tmp_path):
    rows = [one | {"time_median_s": 1e-5} for one in ROWS]
    old, new = (
        write_run(tmp_path / "old", rows),
        write_run(tmp_path / "new", [r | {"time_median_s": 3e-5} for r in rows]),
    )
    assert not compare(old, new).findings


def test_times_of_other_machines_are_not_compared_and_counts_are_notes(tmp_path):
    rows = [one | {"cpu_model": "another", "time_median_s": 9.0} for one in changed(0, steps_sum=650)]
    outcome = compare(*pair(tmp_path, rows))
    assert (outcome.timed, outcome.failed) == (0, False)
    assert ["another machine" in finding.text for finding in outcome.findings] == [True]


def test_a_time_edited_in_one_file_contradicts_the_other(tmp_path):
    old, new = pair(tmp_path, ROWS, seed=0)
    text = (new / "results.csv").read_text().splitlines()
    fields, k = text[1].split(","), text[0].split(",").index("time_median_s")
    fields[k] = repr(1.5 * float(fields[k]))
    (new / "results.csv").write_text("\n".join([text[0], ",".join(fields), *text[2:]]) + "\n")
    outcome = compare(old, new)
    assert outcome.failed
    assert "the rounds in samples.csv" in outcome.findings[0].text


def test_expected_changes_are_allowed_by_a_file(tmp_path, capsys):
    old, new = pair(tmp_path, changed(0, steps_sum=641))
    (tmp_path / "allow").write_text("# a better line search\nnewton-* steps_*\n")
    assert cli.main(["compare", str(old), str(new), "--allow", str(tmp_path / "allow")]) == 0
    (tmp_path / "allow").write_text("newton\n")
    assert cli.main(["compare", str(old), str(new), "--allow", str(tmp_path / "allow")]) == 2
    assert 'line 1: "newton" is not understood; give CELL COLUMN' in capsys.readouterr().err


def test_nothing_in_common_is_exit_code_3_and_nonsense_2(tmp_path, capsys):
    old, new = write_run(tmp_path / "old", ROWS[:1]), write_run(tmp_path / "new", ROWS[1:])
    assert cli.main(["compare", str(old), str(new)]) == 3
    assert cli.main(["compare", str(old), str(tmp_path / "gone")]) == 2
    assert "does not exist; give a results.csv or a run folder" in capsys.readouterr().err


def test_markdown_and_json(tmp_path, capsys):
    old, new = pair(tmp_path, changed(0, steps_sum=641))
    cli.main(["compare", str(old), str(new), "--format", "markdown"])
    assert "| ! | `newton-himmelblau-b100-float64` | steps_sum | 640 became 641 |" in capsys.readouterr().out
    cli.main(["compare", str(old), str(new), "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert (told["common"], told["failed"], told["findings"][0]["new"]) == (4, True, 641)
