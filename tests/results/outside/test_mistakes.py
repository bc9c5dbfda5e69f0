"""What is none of the known files is one line and exit code 2, and nothing is written or lost."""

import json
import pickle
import zipfile

import pytest

from bench import cli
from results.outside import archives
from tests.results.outside import made
from tests.results.runs import row, write_run


def refused(capsys, *words):
    assert cli.main(["import", *map(str, words)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert told.count("\n") == 1
    return told


def torn(make):
    """What `make` writes, but for its end."""

    def into(path):
        content = make(path).read_bytes()
        path.write_bytes(content[: int(0.6 * len(content))])

    return into


def text(content):
    return lambda path: path.write_text(content if isinstance(content, str) else json.dumps(content))


def zip_of_others(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "nothing")


def nameless(path):
    made.csv_of([each | {"solver_name": None} for each in made.benchopt_rows()], path)


def large(path):
    with path.open("wb") as file:
        file.truncate(200_000_000)


MISTAKES = {
    "empty": (text(""), "is empty"),
    "torn JSON": (torn(made.pytest_json), "is no whole JSON"),
    "no benchmark": (text({"benchmarks": []}), "holds no benchmark"),
    "another JSON": (text({"benchmark": 1}), "it lacks the list benchmarks"),
    "odd time": (text({"benchmarks": [{"name": "a", "stats": {"data": ["x"]}}]}), "a time that is no number"),
    "endless time": (text({"benchmarks": [{"name": "a", "stats": {"data": [10**400]}}]}), "a time that is no number"),
    "odd benchmark": (text({"benchmarks": [{"name": "a"}]}), "benchmark 1 is none of pytest-benchmark"),
    "torn zip": (torn(made.coco_zip), "torn or damaged archive"),
    "torn tgz": (torn(made.coco_tgz), "torn or damaged archive"),
    "zip of others": (zip_of_others, "holds no .info file of COCO"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps(1)), "may run code when it is opened; save the frame as CSV"),
    "words": (text("all is well\n"), "needed are the columns of benchopt: objective_name"),
    "bytes": (lambda path: path.write_bytes(bytes(range(256))), "is no archive, JSON, parquet or CSV"),
    "head alone": (text(",".join(made.benchopt_rows()[0]) + "\n"), "holds no row"),
    "nameless": (nameless, "has 6 rows without solver_name"),
    "large": (large, "has 200 MB; at most 100 are read"),
}


@pytest.mark.parametrize(("write", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_file_that_is_none_is_a_line(tmp_path, capsys, write, message):
    write(tmp_path / "file")
    assert message in refused(capsys, tmp_path / "file", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_torn_parquet_is_a_line(tmp_path, capsys):
    pytest.importorskip("pyarrow")
    (tmp_path / "file").write_bytes(b"PAR1 and so on")
    assert "is no whole parquet file" in refused(capsys, tmp_path / "file", "--out", tmp_path / "out")


def test_nothing_is_overwritten_and_one_bad_file_stops_all(tmp_path, capsys):
    run = write_run(tmp_path / "run", [row()])
    before = (run / "results.csv").read_bytes()
    good = made.pytest_json(tmp_path / "p.json")
    assert "exists; nothing is overwritten" in refused(capsys, good, "--out", run)
    assert (run / "results.csv").read_bytes() == before
    assert "does not exist" in refused(capsys, good, tmp_path / "absent", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["benchopt", "coco", "optimagic"])
def test_what_is_not_of_the_kind_that_was_named_is_refused(tmp_path, capsys, kind):
    path = made.pytest_json(tmp_path / "p.json")
    assert f"is not of {kind}" in refused(capsys, path, "--out", tmp_path / "out", "--as", kind)


def test_a_named_kind_says_which_column_is_missing(tmp_path, capsys):
    path = made.csv_of(made.optimagic_rows(), tmp_path / "o.csv")
    told = refused(capsys, path, "--out", tmp_path / "out", "--as", "benchopt")
    assert "is no table of benchopt: it lacks the column objective_name" in told


def test_a_problem_that_is_not_there_cannot_be_renamed(tmp_path, capsys):
    path = made.csv_of(made.optimagic_rows(), tmp_path / "o.csv")
    told = refused(capsys, path, "--out", tmp_path / "out", "--rename", "beale=beale")
    assert 'no problem is called "beale"; there are: rosenbrock' in told
    assert "give THEIRS=OURS" in refused(capsys, path, "--out", tmp_path / "out", "--rename", "beale")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("DIM = 2", "DIM = two", "without whole numbers funcId and DIM"),
        ("suite = 'bbob'", "suite = 'bbob-constrained'", "problems with constraints"),
        ("data_f1/", "0;", "no list of runs"),
        ("1:10|", "1:99999999999999999999|", "64 bits"),
    ],
)
def test_an_info_file_that_cannot_be_read_is_a_line(tmp_path, capsys, old, new, message):
    folder = made.coco_folder(tmp_path / "RS")
    info = folder / "bbobexp_f1_i1.info"
    text = info.read_text().replace(old, new)
    info.write_text(text if old != "data_f1/" else text.replace(".dat", ""))
    assert message in refused(capsys, folder, "--out", tmp_path / "out")


def test_runs_that_never_ended_are_a_row_that_failed(tmp_path):
    folder = made.coco_folder(tmp_path / "RS")
    info = folder / "bbobexp_f1_i1.info"
    info.write_text(info.read_text().partition(".dat,")[0] + ".dat, 1")
    assert cli.main(["import", str(folder), "--out", str(tmp_path / "out")]) == 0


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(archives, "MOST_UNPACKED", 1000)
    for make in (made.coco_zip, made.coco_tgz, made.coco_folder):
        told = refused(capsys, make(tmp_path / make.__name__), "--out", tmp_path / "out")
        assert "holds more than 0 MB; give it in parts" in told


def test_no_link_of_a_folder_is_followed(tmp_path, capsys):
    made.coco_folder(tmp_path / "real")
    (tmp_path / "RS").mkdir()
    (tmp_path / "RS" / "bbobexp_f1_i1.info").symlink_to(tmp_path / "real" / "bbobexp_f1_i1.info")
    assert "holds no .info file" in refused(capsys, tmp_path / "RS", "--out", tmp_path / "out")
