"""Runs put together, and runs whose files contradict each other."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import results
from bench import cli
from results import to_frame
from results.identity import called, distinct, names_apart
from results.merge import validate
from tests.results.runs import row, write_run


def test_shards_become_one_run(tmp_path, capsys):
    a = write_run(tmp_path / "a", [row()])
    b = write_run(tmp_path / "b", [row(solver="gd"), row(attempt=2, status="ok", steps_sum=7)])
    assert cli.main(["merge", str(a), str(b), "-o", str(tmp_path / "both")]) == 0
    assert "2 rows:" in capsys.readouterr().out
    frame = results.read(tmp_path / "both").set_index("cell_id")
    assert frame.loc["newton-himmelblau-b100-float64", "steps_sum"] == 7
    assert len(results.read(tmp_path / "both", "samples")) == 40
    assert cli.main(["merge", str(a), str(b), "-o", str(tmp_path / "all"), "--keep", "all"]) == 0
    assert len(results.read(tmp_path / "all")) == 3


def test_merging_twice_changes_nothing(tmp_path):
    a = write_run(tmp_path / "a", [row(), row(solver="gd")])
    for target in ("once", "twice"):
        assert cli.main(["merge", *[str(a)] * (1 + (target == "twice")), "-o", str(tmp_path / target)]) == 0
    for name in ("results.csv", "samples.csv"):
        assert (tmp_path / "once" / name).read_text() == (tmp_path / "twice" / name).read_text()


def merged(capsys, target, *words):
    assert cli.main(["merge", *map(str, words), "-o", str(target)]) == 0
    return results.read(target), capsys.readouterr().out


def test_no_row_of_runs_of_one_name_is_lost(tmp_path, capsys):
    """Folders of one name, as two machines make them, in several orders and twice over."""
    cells = [row(solver=solver, run_id="nightly") for solver in ("newton", "gd", "adam")]
    a, b, c = (write_run(tmp_path / place / "nightly", cells, seed=seed) for seed, place in enumerate("abc"))
    frame, out = merged(capsys, tmp_path / "all", a, b, c)
    assert out.startswith("9 rows:")
    assert out.count('another run of the name "nightly"; here it is "nightly-') == 2
    assert frame["run_id"].nunique() == 3
    assert set(frame["time_median_s"]) == set(results.read(a)["time_median_s"]).union(
        *(results.read(run)["time_median_s"] for run in (b, c))
    )
    assert len(results.read(tmp_path / "all", "samples")) == 9 * 20
    assert cli.main(["validate", str(tmp_path / "all")]) == 0
    again, out = merged(capsys, tmp_path / "again", tmp_path / "all", c, b)
    assert "6 were in more than one of the runs" in out
    assert set(again["run_id"]) == set(frame["run_id"])
    assert len(again) == 9


@pytest.mark.heavy
@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.tuples(st.sampled_from("rs"), st.sampled_from("cd"), st.integers(1, 2)), st.integers(0, 2)),
        min_size=1,
        max_size=4,
    )
)
def test_runs_that_contradict_each_other_are_told_apart_and_no_figure_is_lost(runs):
    """Runs by key and figure: whatever they share or contradict."""
    given = [[row(run_id=r, cell_id=c, attempt=n, steps_sum=sum_) for (r, c, n), sum_ in run.items()] for run in runs]
    frames = [to_frame(rows) for rows in given]
    joined = distinct(pd.concat(map(called, frames, names_apart(frames))))  # raises if two rows have one key
    figures = {(r, c, n, sum_) for run in runs for (r, c, n), sum_ in run.items()}
    told = zip(joined["run_id"].str[0], joined["cell_id"], joined["attempt"], joined["steps_sum"], strict=True)
    assert set(told) == figures


def test_earlier_attempts_are_told(tmp_path, capsys):
    a, b = write_run(tmp_path / "a", [row(status="crash")]), write_run(tmp_path / "b", [row(attempt=2)])
    frame, out = merged(capsys, tmp_path / "both", a, b)
    assert frame["status"].tolist() == ["ok"]
    assert "1 left out: earlier attempts at cells of the same run; --keep all keeps them" in out


@pytest.mark.parametrize("verb", ["report", "export", "plot"])
def test_runs_of_one_name_are_not_mixed(verb, tmp_path, capsys):
    a, b = (write_run(tmp_path / name, [row(steps_sum=640 + i)]) for i, name in enumerate("ab"))
    words = {"report": [], "export": ["gha"], "plot": ["ends"]}[verb]
    assert cli.main([verb, *words, str(a), str(b), "-o", str(tmp_path / "x.svg")]) == 2
    told = capsys.readouterr().err
    assert 'two rows that differ are of run "r", newton-himmelblau-b100-float64, attempt 1' in told
    assert told.count("\n") == 1
    assert not (tmp_path / "x.svg").exists()


def test_two_rows_of_one_key_in_one_file_are_refused(tmp_path, capsys):
    run = write_run(tmp_path / "run", [row(), row(steps_sum=641)])
    assert cli.main(["merge", str(run), "-o", str(tmp_path / "new")]) == 2
    assert "two rows that differ are of run" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_other_major_versions_are_refused(tmp_path, capsys):
    a, b = write_run(tmp_path / "a", [row()]), write_run(tmp_path / "b", [row(schema_version="2.0")])
    assert cli.main(["merge", str(a), str(b), "-o", str(tmp_path / "both")]) == 2
    assert "schema versions 1, 2, whose columns differ in meaning" in capsys.readouterr().err
    assert not (tmp_path / "both").exists()


def test_a_sound_run_is_valid(tmp_path, capsys):
    assert cli.main(["validate", str(write_run(tmp_path / "run", [row(), row(solver="gd")]))]) == 0
    assert "the files agree" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (",ok,", ",fine,", "status is 'fine'; allowed: ok, timeout"),
        (",640,", ",641,", "column steps_sum: results.csv differs from cells.jsonl"),
        ("gd-himmelblau", "newton-himmelblau", "two rows have the same run_id, cell_id and attempt"),
    ],
)
def test_what_is_wrong_with_a_run_is_said(old, new, complaint, tmp_path, capsys):
    run = write_run(tmp_path / "run", [row(solver="gd"), row()])
    (run / "results.csv").write_text((run / "results.csv").read_text().replace(old, new, 1))
    assert cli.main(["validate", str(run)]) == 1
    assert complaint in capsys.readouterr().out


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec="utf-8")) | st.sampled_from(["=1", "  +a  b", "\t-", "@", "'=", " ", "\r\n"]))
def test_a_run_is_sound_whatever_its_texts_hold(text, tmp_path):
    with TemporaryDirectory(dir=tmp_path) as place:
        run = write_run(
            Path(place) / "run", [row(status_detail=text, solver_detail=f"a  {text}\tb")], rounds=1, noise=0
        )
        assert list(validate(run)) == []


@pytest.mark.parametrize(
    ("file", "column"),
    [("results", "n_minimum"), ("results", "git_dirty"), ("results", "schema_version"), ("samples", "round")],
)
def test_a_missing_column_is_told(file, column, tmp_path, capsys):
    run = write_run(tmp_path / "run", [row()])
    pd.read_csv(run / f"{file}.csv").drop(columns=column).to_csv(run / f"{file}.csv", index=False)
    assert cli.main(["validate", str(run)]) == 1
    assert f"column {column} is missing in {file}.csv" in capsys.readouterr().out


def test_a_column_that_an_older_version_lacked_is_not_missed(tmp_path, capsys):
    run = write_run(tmp_path / "run", [row(schema_version="1.0")])
    pd.read_csv(run / "results.csv").drop(columns="solver_schedule").to_csv(run / "results.csv", index=False)
    assert not [line for line in validate(run) if "is missing" in line]


@pytest.mark.parametrize("name", ["git_dirty", "x64", "complete"])
def test_a_null_is_no_truth_value(name, tmp_path, capsys):
    run = write_run(tmp_path / "run", [row(**{name: True})])
    (run / "results.csv").write_text((run / "results.csv").read_text().replace("True", "null"))
    assert cli.main(["validate", str(run)]) == 2
    assert f'column {name} holds "null"; it can hold True or False, or nothing' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ({"row": None}, "it lacks row or samples"),
        ({"row": {"cell_id": ["x"]}}, "column cell_id holds ['x']; its type is str"),
        ({"row": {"run_id": "r", "cell_id": "c", "status": "ok"}}, "its row lacks attempt"),
        ({"samples": [1, "x"]}, "column time_s holds 'x'; its type is float"),
        ({"samples": 7}, "its samples are no list of rows"),
        ({"trace": [{"step": 2**70}]}, "column step holds a number of more than 64 bits"),
    ],
)
def test_a_line_of_the_journal_that_is_no_cell_is_named(damage, why, tmp_path, capsys):
    run = write_run(tmp_path / "run", [row()])
    line = json.loads((run / "cells.jsonl").read_text())
    (run / "cells.jsonl").write_text(f"{json.dumps(line | damage)}\n{json.dumps(line)}\n")
    assert cli.main(["validate", str(run)]) == 2
    told = capsys.readouterr().err
    assert f"cells.jsonl line 1 is no record of a cell ({why}); remove the line to go on" in told
    assert told.count("\n") == 1


def test_a_changed_time_is_not_the_median_of_its_rounds(tmp_path, capsys):
    run = write_run(tmp_path / "run", [row()])
    median = results.read(run)["time_median_s"][0]
    (run / "results.csv").write_text((run / "results.csv").read_text().replace(repr(float(median)), "0.5"))
    assert cli.main(["validate", str(run)]) == 1
    assert "not the median of its rounds" in capsys.readouterr().out
