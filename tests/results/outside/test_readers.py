"""What other tools measured, read: every figure by hand, and nothing claimed that only the referee can say."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

import results
from bench import cli
from results.bounds import contradictions
from results.merge import validate
from results.outside.importing import bring_in
from results.outside.sources import OUTSIDE
from tests.results.outside import made


def imported(tmp_path, *paths, **options):
    bring_in(paths, tmp_path / "out", **options)
    assert list(validate(tmp_path / "out")) == []
    return results.read(tmp_path / "out").set_index(["problem", "solver"])


def test_benchopt_takes_the_last_point_of_every_repetition(tmp_path):
    rows = made.benchopt_rows() + made.benchopt_rows("newton", "Tolerance", reps=1)
    frame = imported(tmp_path, made.csv_of(rows, tmp_path / "b.csv"))
    row = frame.loc["Ridge[reg=0.1] on Simulated[n=5,p=3]", "gd"]
    assert (row["time_min_s"], row["time_median_s"], row["n_rounds"]) == pytest.approx((0.04, 0.06, 2))
    assert (row["f_best"], row["steps_max"], row["cpu_model"]) == (2.0, 4, "a processor")
    trace = results.read(tmp_path / "out", "trace")
    assert trace[["step", "f_median", "n_running"]].to_numpy().tolist() == [[1, 8, 2], [2, 4, 2], [4, 2, 2]]
    assert trace["time_s"].tolist() == pytest.approx([0.015, 0.03, 0.06])
    assert trace["f_gap_median"].isna().all()


def test_a_repetition_that_is_shorter_is_none_of_the_later_points(tmp_path):
    rows = [row for row in made.benchopt_rows() if not (row["idx_rep"] == 1 and row["stop_val"] == 4)]
    frame = imported(tmp_path, made.csv_of(rows, tmp_path / "b.csv"))
    assert frame["time_median_s"].tolist() == pytest.approx([0.04])  # of 0.04 and 2 * 0.02
    assert results.read(tmp_path / "out", "trace")["n_running"].tolist() == [2, 2, 1]


def test_optimagic_clocks_begin_anywhere_and_gaps_follow_from_the_normalised_criterion(tmp_path):
    rows = made.optimagic_rows() + made.optimagic_rows(algorithm="newuoa", minimum=-3.0, begin=0.0)
    frame = imported(tmp_path, made.csv_of(rows, tmp_path / "o.csv"))
    assert frame["time_median_s"].tolist() == [0.75, 0.75]
    assert frame["n_f"].tolist() == [4, 4]
    assert frame["f_best"].tolist() == pytest.approx([1.4, -2.6])
    assert frame["f_gap_min"].tolist() == pytest.approx([0.4, 0.4])
    trace = results.read(tmp_path / "out", "trace").iloc[:4]
    assert trace["step"].tolist() == [1, 2, 3, 4]
    assert trace["f_median"].tolist() == [5.0, 2.0, 2.0, 1.4]
    assert trace["f_gap_median"].tolist() == pytest.approx([4.0, 1.0, 1.0, 0.4])


def test_what_raised_at_optimagic_is_a_row_that_failed(tmp_path):
    failed = made.optimagic_rows(algorithm="broken")[:1]
    failed[0]["walltime"] = float("inf")
    frame = imported(tmp_path, made.csv_of(made.optimagic_rows() + failed, tmp_path / "o.csv"))
    assert frame["status"].tolist() == ["unjudged", "error"]
    assert pd.isna(frame.loc[("rosenbrock", "broken"), "f_best"])


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("make", [made.coco_folder, made.coco_zip, made.coco_tgz])
def test_coco_runs_are_the_lanes_of_a_function(tmp_path, make, new):
    (tmp_path / "in").mkdir()
    path = make(tmp_path / "in" / "RS", new=new, functions=((1, 2), (1, 5)))
    frame = imported(tmp_path, path)
    assert list(frame.index) == [("bbob-f1-n2", "RS"), ("bbob-f1-n5", "RS")]
    row = frame.loc["bbob-f1-n5", "RS"]
    assert (row["origin"], row["n_dim"], row["batch"], row["n_f"]) == ("coco 2.6.3", 5, 2, 30)
    assert (row["f_gap_min"], row["f_gap_median"]) == pytest.approx((5e-9, (0.5 + 5e-9) / 2))
    assert row["remark"] == "2 runs on 2 instances of the function, 1 within 1e-08 of f* by the tool's own account"
    assert pd.isna(row["time_median_s"])
    trace = results.read(tmp_path / "out", "trace").iloc[:5].set_index("step")
    assert trace["f_gap_median"].to_dict() == pytest.approx({1: 40, 3: 27, 4: 12, 10: 10, 20: 0.25}, abs=1e-8)
    assert trace["n_running"].tolist() == [2, 2, 2, 2, 1]


def test_coco_without_data_files_says_what_its_info_says(tmp_path):
    folder = made.coco_folder(tmp_path / "RS")
    info = folder / "bbobexp_f1_i1.info"
    info.write_text(info.read_text().rstrip() + ", 3")  # killed while it ran
    for path in folder.rglob("*dat"):
        path.unlink()
    frame = imported(tmp_path, folder)
    assert frame["f_gap_min"].tolist() == [5e-9]
    assert frame["batch"].tolist() == [2]
    assert "(1 more unfinished)" in frame["remark"].iloc[0]
    assert not (tmp_path / "out" / "trace.csv").exists()


def test_pytest_benchmark_says_who_in_params_and_extra_info(tmp_path):
    frame = imported(tmp_path, made.pytest_json(tmp_path / "p.json"))
    row = frame.loc["rosenbrock", "bfgs"]
    assert (row["time_min_s"], row["time_median_s"], row["n_rounds"]) == pytest.approx((0.1, 0.2, 3))
    assert (row["cpu_model"], row["python_version"], row["origin"]) == (
        "a processor",
        "3.12.1",
        "pytest-benchmark 5.3.1",
    )
    assert frame.loc[("test_plain", "test_plain"), "time_iqr_s"] == 0.1
    assert results.read(tmp_path / "out", "samples")["time_s"].tolist() == [0.2, 0.1, 0.4]


def test_odd_names_and_times_make_sound_rows(tmp_path):
    """Half a character, no time at all, a time below 0, and what a spreadsheet would run."""
    names = ["\ud800", "=1+1", "a\nb", ""]
    stats = {"min": -1.0, "median": 0.0, "iqr": float("nan"), "rounds": 0, "data": [0.0, -1.0, float("inf")]}
    entries = [{"name": name, "stats": stats} for name in names]
    frame = imported(tmp_path, made.pytest_json(tmp_path / "p.json", benchmarks=entries, datetime=7, version=None))
    assert len(frame) == 4
    assert frame["time_median_s"].isna().all()


def test_a_real_run_of_pytest_benchmark(tmp_path):
    test = "def test_sum(benchmark):\n    benchmark.pedantic(sum, args=(range(9999),), rounds=4)\n"
    (tmp_path / "test_x.py").write_text(test)
    words = [
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:zerograd",
        "--benchmark-json=x.json",
        "test_x.py",
    ]
    # As a person runs it: a worker of pytest-xdist measures nothing.
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    subprocess.run([sys.executable, *words], cwd=tmp_path, check=True, capture_output=True, env=bare)
    frame = imported(tmp_path, tmp_path / "x.json")
    stats = json.loads((tmp_path / "x.json").read_text())["benchmarks"][0]["stats"]
    row = frame.loc["test_sum", "test_sum"]
    assert (row["time_min_s"], row["time_median_s"], row["n_rounds"]) == (stats["min"], stats["median"], 4)


def test_the_same_in_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    pd.DataFrame(made.benchopt_rows()).to_parquet(tmp_path / "b.parquet")
    assert imported(tmp_path, tmp_path / "b.parquet")["f_best"].tolist() == [2.0]


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "fastparquet", None)
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and so on")
    assert cli.main(["import", str(tmp_path / "b.parquet"), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "pyarrow is not installed; pip install" in told


def test_rows_of_one_name_stay_apart_and_one_file_given_twice_counts_once(tmp_path):
    whole = json.loads(made.pytest_json(tmp_path / "p.json").read_text())
    twice = made.pytest_json(tmp_path / "twice.json", benchmarks=[whole["benchmarks"][1]] * 2)
    assert imported(tmp_path, twice, twice)["run_id"].size == 2


def test_problems_can_be_called_as_ours_are(tmp_path):
    names = {"rosenbrock": "rosenbrock-n2"}
    frame = imported(tmp_path, made.csv_of(made.optimagic_rows(), tmp_path / "o.csv"), names=names)
    assert list(frame.index) == [("rosenbrock-n2", "scipy_lbfgsb")]


def test_every_kind_can_be_named(tmp_path):
    made_of = {
        "benchopt": made.csv_of(made.benchopt_rows(), tmp_path / "b.csv"),
        "optimagic": made.csv_of(made.optimagic_rows(), tmp_path / "o.csv"),
        "pytest-benchmark": made.pytest_json(tmp_path / "p.json"),
        "coco": made.coco_zip(tmp_path / "c.zip"),
    }
    assert set(made_of) == set(OUTSIDE)
    for kind, path in made_of.items():
        assert bring_in([path], tmp_path / kind, kind).origins[0].startswith(kind)


def test_a_row_from_outside_claims_nothing_of_the_referee(tmp_path):
    bring_in([made.pytest_json(tmp_path / "p.json")], tmp_path / "out")
    row = results.read(tmp_path / "out").astype(object).iloc[0]
    row = {name: None if pd.isna(value) else value for name, value in row.items()}
    assert list(contradictions(row)) == []
    assert list(contradictions(row | {"status": "ok"})) == [
        "status is ok, but the row is of pytest-benchmark 5.3.1: unjudged is what such rows are"
    ]
    assert list(contradictions(row | {"n_minimum": 1})) == [
        "n_minimum is 1; of a row of pytest-benchmark 5.3.1 the referee saw no end point"
    ]
    assert "origin does not say" in next(contradictions(row | {"origin": None}))
