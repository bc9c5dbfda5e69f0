"""`zerograd run` as an installed command: in a folder that has the suite's names, and settings of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import results
from bench import cli
from bench.commands import run as verb
from bench.ending import UsageError
from bench.plan.declared import DECLARED
from problems.installing import installs
from results.merge import validate
from zerograd import hidden

ROOT = Path(__file__).parents[3]
PATH = f"import sys; sys.argv[0] = 'zerograd'; sys.path.insert(0, {str(ROOT)!r}); "
INSTALLED = f"{PATH}import zerograd; sys.exit(zerograd.main())"
"""What the console script does: the folder in which it is called is not on Python's path."""
MINE = """
import jax
from neighbour import RATE

def sign_descent(fn, x0):
    return jax.lax.fori_loop(0, 100, lambda k, x: x - RATE * jax.numpy.sign(jax.grad(fn)(x)), x0)

SOLVERS = {"sign-descent": sign_descent}
"""


@pytest.fixture
def theirs(tmp_path):
    """A folder that has what could be taken for the suite's."""
    for room in ("results", "solvers", "bench"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text(f"raise SystemExit('the {room} of the user')")
    (tmp_path / "conftest.py").write_text("raise SystemExit('the conftest of the user')")
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "--no-such-option"\n')
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "neighbour.py").write_text("RATE = 0.01")
    return tmp_path


def call(folder, *words, safe=True):
    ours = ("ZEROGRAD_", "PYTEST", "PYTHONPATH")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    python = [sys.executable, *(["-P"] if safe else [])]
    return subprocess.run([*python, *words], cwd=folder, capture_output=True, text=True, timeout=300, env=clean)


@pytest.mark.heavy
def test_a_run_measures_where_the_folder_has_names_of_the_suite(theirs):
    words = "--size smoke --problems himmelblau --solvers newton,sign-descent --plugin mine.py --batch 8 --out here"
    done = call(theirs, "-c", INSTALLED, "run", "problems", *words.split())
    assert done.returncode == 0, done.stdout + done.stderr
    rows = results.read(theirs / "here").set_index("cell_id")
    assert set(rows.index) == {"newton-himmelblau-b8-float64", "sign-descent-himmelblau-b8-float64"}
    assert (rows["status"] == "ok").all()
    assert rows.loc["newton-himmelblau-b8-float64", "frac_stationary"] == 1.0
    assert list(validate(theirs / "here")) == []
    assert (theirs / "here" / "report.html").exists()
    assert "again: zerograd run problems --size smoke --problems himmelblau" in done.stdout
    assert "2 cells to measure, very roughly 4 s; each is a row in here/results.csv" in done.stdout
    assert not (theirs / ".pytest_cache").exists()


def test_pytest_finds_the_cells_of_an_installed_suite(theirs):
    (theirs / "pyproject.toml").unlink()
    words = "--size smoke --problems himmelblau --solvers newton --collect-only -q --noconftest -p zerograd"
    start = f"{PATH}import pytest; sys.exit(pytest.main())"
    done = call(theirs, "-c", start, "--pyargs", "bench", *words.split())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bench_problem[newton-himmelblau-b64-float64]" in done.stdout
    assert "bench_batch[newton-himmelblau-b100-float64-batch]" in done.stdout


def test_the_suite_says_who_hides_it(theirs):
    # As python -m does, which puts the folder first.
    start = f"import sys; sys.path[1:1] = [{str(ROOT)!r}]; import zerograd; sys.exit(zerograd.main())"
    done = call(theirs, "-c", start, safe=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f'error: "{theirs}/bench/__init__.py" hides the suite\'s own package bench; call the' in done.stderr


def test_pytest_of_a_user_with_such_folders_is_left_alone(theirs):
    for name in ("conftest.py", "pyproject.toml"):
        (theirs / name).unlink()
    (theirs / "test_own.py").write_text("def test_own(): pass")
    start = f"import sys, pytest; sys.path[1:1] = [{str(ROOT)!r}]; sys.exit(pytest.main())"
    done = call(theirs, "-c", start, "-p", "zerograd", "-q", "-p", "no:cacheprovider", "test_own.py", safe=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_nothing_hides_the_suite_here():
    assert hidden() is None


def test_studies_are_the_benchmark_files_and_another_is_refused():
    assert {"problems", "scaling", "batch", "peers"} <= set(verb.studies())
    with pytest.raises(UsageError, match='there is no study "peer"; there are: batch, continuation'):
        verb._files(["peer"])


def test_help_groups_every_option_and_shows_examples(capsys):
    with pytest.raises(SystemExit):
        cli.main(["run", "--help"])
    shown = capsys.readouterr().out
    assert all(f"--{option.name} " in shown for option in DECLARED)
    assert [shown.index(f"{group}:\n") for group in dict.fromkeys(option.group for option in DECLARED)]
    assert "zerograd run --resume results/runs/RUN" in " ".join(shown.split())


def test_an_extra_is_named_by_what_it_installs():
    assert installs("symbolic") == 'pip install "sympy>=1.13"'
    assert installs("none-such") == 'pip install "zerograd[none-such]"'
