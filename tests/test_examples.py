"""The examples run as they stand."""

import ast
import json
import runpy
from pathlib import Path

import matplotlib
import pytest

from bench import cli
from bench.measuring.measure import measure
from bench.plan.cell import Cell
from problems import plugins as problem_plugins
from solvers import plugins as solver_plugins

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SCRIPTS = {"data_sets.py"}
FILES = sorted(path for path in EXAMPLES.glob("*.py") if path.name not in SCRIPTS)
CELLS = {
    "problem.py": ("booth", "newton"),
    "fit_csv.py": ("decay", "levenberg-marquardt"),
    "network.py": ("spirals", "newton-cg"),
    "solver_function.py": ("himmelblau", "sign-descent"),
    "solver_pair.py": ("himmelblau", "heavy-ball"),
    "solver_method.py": ("himmelblau", "sign-method"),
}


def test_every_file_is_run_here():
    assert {path.name for path in FILES} == set(CELLS)
    assert all((EXAMPLES / name).exists() for name in SCRIPTS)


@pytest.mark.usefixtures("own_solvers", "own_problems")
@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.heavy) if n == "network.py" else n for n in CELLS])
def test_an_example_is_measured_and_reaches_minima(name):
    path = str(EXAMPLES / name)
    problem_plugins.load_problems([path])
    solver_plugins.load_solvers([path])
    problem, solver = CELLS[name]
    figures = measure(Cell(problem, solver, 8, "float64", 0, 1e-8, 300, rounds=1, timed_s=0.0)).figures
    if name.startswith("solver"):
        assert figures["f_gap_min"] < 1.0
    else:
        assert figures["n_minimum"] >= 6


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_command_at_the_head_of_an_example_names_what_is_in_it(path):
    command = next(line for line in ast.get_docstring(ast.parse(path.read_text())).splitlines() if "zerograd" in line)
    words = cli._parser().parse_args(command.split()[1:])
    assert (words.verb, words.studies, words.plugin) == ("run", ["problems"], f"examples/{path.name}")
    problem, solver = CELLS[path.name]
    assert words.problems == problem
    assert words.solvers is None or solver in words.solvers.split(",")


@pytest.mark.heavy
def test_the_script_follows_the_roots_to_its_data_sets(capsys):
    runpy.run_path(str(EXAMPLES / "data_sets.py"))["main"](sets=50, one_by_one=2)
    said = capsys.readouterr().out
    assert "as many for these: True; all roots are found for 100.0% of the data sets" in said


def test_the_notebook_reads_rows_and_draws(monkeypatch):
    monkeypatch.setattr(matplotlib, "get_backend", lambda: "agg")
    matplotlib.use("agg")
    book = json.loads((EXAMPLES / "read_results.ipynb").read_text())
    code = "\n".join("".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code")
    held = {}
    exec(code.replace("results/runs/RUN", str(ROOT / "results" / "baselines" / "cpu-2core.csv")), held)
    assert {"newton", "gd", "adam"} <= set(held["table"].columns)
    assert (held["table"].min() > 0).all()
    matplotlib.pyplot.close("all")
