"""The commands as a person calls them: exit codes, files, one line per mistake."""

import inspect
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import results
from bench import cli
from bench.commands import arguments, compare, gpu_check, plot
from bench.compiling.cards import CARDS
from results.analysis.profiles import MEASURES
from results.exports import EXPORTS
from results.merge import validate
from results.outside.sources import OUTSIDE

ROOT = Path(__file__).parents[3]
PROBLEMS = ("himmelblau", "nist-longley")
BENCH = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "bench"]


def call(*words, **environment):
    # PYTEST_XDIST: a run that believes to be one of several workers does not benchmark.
    ours = ("ZEROGRAD_", "PYTEST_XDIST")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [*BENCH, *words], cwd=ROOT, capture_output=True, text=True, timeout=300, env=clean | environment
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    (folder / "mysolvers.py").write_text("SOLVERS = {'still': lambda fn, x0: x0}")
    chosen = "--problems himmelblau,nist-longley --batch 16 --size smoke -k bench_problem --observe on"
    solvers = ["--solvers", "closed-form,newton,still", "--plugin", "mysolvers"]
    written = ["--out", str(folder / "run"), f"--benchmark-json={folder / 'benchmark.json'}"]
    done = call(*chosen.split(), *solvers, *written, PYTHONPATH=str(folder))
    return done, folder


def test_a_run_prints_tables_and_leaves_a_csv(run):
    done, folder = run
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 of 6 cells ok; 1 unsupported" in done.stdout
    assert "closed-form  unsupported: no formula for all points" in done.stdout
    assert list(validate(folder / "run")) == []
    assert f"rows: {folder / 'run' / 'results.csv'}" in done.stdout
    assert "[1/6]" in done.stdout
    frame = results.read(folder / "run").set_index("cell_id")
    assert frame.loc["closed-form-nist-longley-b1-float64", "digits_median"] >= 10
    assert frame.loc["newton-himmelblau-b16-float64", "frac_stationary"] == 1.0
    facts = json.loads((folder / "run" / "run.json").read_text())
    assert facts["device"] == "cpu"
    assert facts["packages"]["optimistix"] == version("optimistix")
    assert set(frame["optax_version"]) == {facts["packages"]["optax"]} == {version("optax")}
    assert set(frame["scipy_version"]) == {version("scipy")}
    assert frame["library_version"].isna().all()


def test_the_csv_equals_pytest_benchmarks_json(run):
    _, folder = run
    frame = results.read(folder / "run").set_index("cell_id")
    benchmarks = json.loads((folder / "benchmark.json").read_text())["benchmarks"]
    assert len(benchmarks) == 5
    for entry in benchmarks:
        row = frame.loc[entry["param"]]
        assert entry["stats"]["min"] == row["time_min_s"]
        assert entry["stats"]["median"] == row["time_median_s"]
        assert entry["stats"]["rounds"] == row["n_rounds"]
        assert entry["extra_info"]["n_minimum"] == row["n_minimum"]


def test_targets_and_trace_lie_beside_the_rows(run):
    _, folder = run
    targets, trace = (results.read(folder / "run", name).set_index("cell_id") for name in ("targets", "trace"))
    assert set(targets.index) == set(trace.index) == {f"newton-{name}-b16-float64" for name in PROBLEMS}
    here = targets.loc["newton-himmelblau-b16-float64"]
    assert (here["n_lanes"] == 16).all()
    assert here["n_reached"].tolist() == sorted(here["n_reached"][:11], reverse=True) + here["n_reached"][11:].tolist()
    assert trace["f_gap_median"].notna().all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--size", "huge"], 'error: --size "huge" is not known; allowed: smoke, quick, full\n'),
        (["--problems", "rosenbrok-n2"], 'error: no problem matches "rosenbrok-n2"; nearest: rosenbrock-n2'),
        (["--batch", "x"], 'error: --batch "x" is not allowed; give a whole number greater than 0, at most 10000'),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(words, message):
    done = call(*words)
    assert done.returncode == 2
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["path", "himmelblau"], ["basins", "himmelblau"]])
def test_a_solver_that_a_picture_does_not_know_is_one_line_with_the_nearest(words, capsys, tmp_path):
    assert cli.main(["plot", *words, "--solvers", "newtn", "-o", str(tmp_path / "a.png")]) == 2
    assert capsys.readouterr().err.startswith('error: no solver matches "newtn"; nearest: newton')


def test_what_does_not_fit_into_memory_is_one_line(capsys, monkeypatch):
    def huge(problem, certificate):
        return np.empty(2**59)

    monkeypatch.setattr("bench.commands.show.show", huge)
    assert cli.main(["show", "himmelblau"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: it does not fit into memory (Unable to allocate 4.00 EiB")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["report", "r\udcffn"], ["merge", "a", "r\udcffn", "-o", "x"], ["merge", "a", "b", "-o", "r\udcffn"],
              ["plot", "ends", "r\udcffn", "-o", "x.svg"]]
)  # fmt: skip
def test_a_path_that_is_not_utf_8_is_exit_code_2(words, capsys):
    assert cli.main(words) == 2
    assert 'n" is not UTF-8; give a path that is, or rename it' in capsys.readouterr().err


def test_a_folder_in_use_is_exit_code_2(tmp_path):
    done = call("--out", str(tmp_path), "--problems", "beale", "--solvers", "closed-form")
    assert done.returncode == 2
    assert (
        f"error: {tmp_path} exists and is not overwritten; give another --out, remove it, or --resume it" in done.stderr
    )


@pytest.mark.skipif("cuda" in os.environ.get("JAX_PLATFORMS", "") or Path("/dev/nvidia0").exists(), reason="has a GPU")
def test_a_missing_gpu_is_exit_code_3_before_anything_runs(tmp_path):
    done = call("--device", "gpu", "--out", str(tmp_path / "run"))
    assert done.returncode == 3
    assert "error: --device gpu, but JAX finds only cpu." in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.heavy
def test_a_run_that_measured_nothing_is_exit_code_3(tmp_path):
    done = call(
        "--problems", "beale", "--solvers", "closed-form", "-k", "bench_problem", "--out", str(tmp_path / "run")
    )
    assert done.returncode == 3
    assert "error: no cell was measured" in done.stderr


HEEDING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Starts Python so that it heeds Ctrl-C: what a shell runs in the background ignores it, and so would its children."""


def test_ctrl_c_keeps_every_finished_row_and_says_where(tmp_path):
    words = [*BENCH[1:], "--size", "smoke", "--out", str(tmp_path / "run")]
    running = subprocess.Popen([sys.executable, "-c", HEEDING, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    csv = tmp_path / "run" / "results.csv"
    while not csv.exists() or len(results.read(csv)) < 2:
        assert running.poll() is None
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 2
    assert f"rows: {csv}" in out
    rows = results.read(csv)
    assert len(rows) >= 2
    planned = {cell for cells in json.loads(csv.with_name("run.json").read_text())["plan"].values() for cell in cells}
    left = len(planned) - len(rows)
    assert f"pytest bench --resume={csv.parent}   ({left} of {len(planned)} cells are not measured yet)" in out


def test_the_doctor_looks_at_the_machine():
    done = subprocess.run(
        [sys.executable, "-c", "from bench.cli import main; raise SystemExit(main(['doctor', '--json']))"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["float64_flops_per_s"] > 1e8
    assert found["bandwidth_bytes_per_s"] > 1e8
    assert found["disk_free_bytes"] > 0
    assert found["x64"] is True
    assert found["optimistix"]


def test_zerograd_lists_what_there_is(capsys):
    assert cli.main(["list", "problems"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("himmelblau ") and "proved" in line for line in lines)
    assert cli.main(["list", "solvers"]) == 0
    assert "newton" in capsys.readouterr().out
    assert cli.main(["list", "cells"]) == 0
    assert "newton-himmelblau-b128-float64" in capsys.readouterr().out.splitlines()


def test_list_filters_by_tags(capsys):
    assert cli.main(["list", "problems", "--tags", "statistics,convex,real-data"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "ols-diabetes" in [line.split()[0] for line in lines]
    assert not [line for line in lines if line.startswith(("himmelblau", "nist-"))]
    assert cli.main(["list", "problems", "--tags", "easy"]) == 2
    assert 'error: --tags "easy": no problem has it; there are: bbob, closed-form,' in capsys.readouterr().err


def test_show_proves_the_points_when_asked(capsys):
    assert cli.main(["show", "himmelblau", "--certified"]) == 0
    out = capsys.readouterr().out
    assert "9 proved (4 minima, 4 saddles, 1 maximum), these are all" in out
    assert out.count("minimum         f =") == 4
    assert cli.main(["show", "mlp-digits", "--certified"]) == 2
    assert "1960 variables are too many for a proof; at most 12 are tried" in capsys.readouterr().err


def test_show_prints_the_record_the_points_and_a_map(capsys):
    assert cli.main(["show", "himmelblau"]) == 0
    text = capsys.readouterr().out
    assert "9 known stationary, all there are in the box" in text
    assert [text.count(f"    {kind} ") for kind in ("minimum", "saddle", "maximum")] == [4, 4, 1]
    drawn = [line for line in text.splitlines() if len(line) == 76]
    assert len(drawn) == 28
    assert sum(line.count("^") for line in drawn) == 1
    assert cli.main(["show", "nist-longley"]) == 0
    assert "certified" in capsys.readouterr().out
    assert cli.main(["show", "himmelblo"]) == 2
    assert "nearest: himmelblau" in capsys.readouterr().err


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_verb_has_help_with_an_example_that_parses(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([verb, "--help"])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for example in cli.VERBS[verb].example.split("; "):
        assert example in shown
        assert cli._parser().parse_args(shlex.split(example)[1:]).verb == verb


LIGHT = """
import sys
from bench import cli
try:
    cli.main(sys.argv[1:])
except SystemExit as ended:
    print(ended.code, sorted({"jax", "pandas", "matplotlib", "scipy", "optax", "numpy", "rich"} & sys.modules.keys()))
"""


@pytest.mark.parametrize(("words", "code"), [("--help", 0), ("compare --help", 0), ("compare --nothing", 2), ("no", 2)])
def test_words_are_parsed_without_what_takes_long_to_import(words, code):
    done = subprocess.run([sys.executable, "-c", LIGHT, *words.split()], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == f"{code} []"


@pytest.mark.parametrize("verb", ["compare", "validate", "merge", "export", "report"])
def test_verbs_that_read_runs_load_no_jax(verb):
    code = f"import sys, bench.commands.{verb}; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_choices_of_arguments_are_what_there_is():
    assert tuple(compare.FORMATS) == arguments.FORMATS
    assert arguments.EXPORTS == EXPORTS
    assert arguments.OUTSIDE == OUTSIDE
    assert tuple(gpu_check.PARTS) == arguments.PARTS
    assert arguments.MEASURES == MEASURES
    assert set(arguments.PLOTS) == {"basins", "contour", "path", "story", *plot.PLOTS}
    assert f"{', '.join(list(CARDS)[:-1])} or {list(CARDS)[-1]}" in inspect.getsource(arguments.compile_)
