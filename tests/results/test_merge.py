"""Runs put together, and runs whose files contradict each other."""

import pytest

import results
from bench import cli
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


def test_a_changed_time_is_not_the_median_of_its_rounds(tmp_path, capsys):
    run = write_run(tmp_path / "run", [row()])
    median = results.read(run)["time_median_s"][0]
    (run / "results.csv").write_text((run / "results.csv").read_text().replace(repr(float(median)), "0.5"))
    assert cli.main(["validate", str(run)]) == 1
    assert "not the median of its rounds" in capsys.readouterr().out
