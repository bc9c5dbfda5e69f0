"""The example beneath the help of every verb does what it says."""

import shlex
import shutil
from pathlib import Path

import pytest

from bench import cli
from bench.asking import race
from bench.sketches import basins
from tests.results.outside import made

ROOT = Path(__file__).parents[3]
BASELINE = ROOT / "results" / "baselines" / "cpu-2core.csv"
ELSEWHERE = {"run", "gpu-check", "compile"}
"""Run by .ci/run and by tests of their own: they take minutes, or a compiler for a card."""
EXAMPLES = [
    (name, example) for name, verb in cli.VERBS.items() if name not in ELSEWHERE for example in verb.example.split("; ")
]
LOSS = "def loss(p):\n    return p['a'] ** 2 + p['b'] ** 2 if isinstance(p, dict) else (p**2).sum()\n"


@pytest.fixture
def _folder(tmp_path, monkeypatch):
    """A folder with a run under each name that the examples have, and a loss under both."""
    for name in ("RUN", "OLD", "NEW", "A", "B"):
        run = tmp_path / "results" / "runs" / name
        run.parent.mkdir(parents=True, exist_ok=True)
        run.mkdir()
        shutil.copy(BASELINE, run / "results.csv")
    for name in ("my_loss.py", "my_module.py"):
        (tmp_path / name).write_text(LOSS)
    made.pytest_json(tmp_path / "benchmark.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(race, "ORDER", ("newton",))
    monkeypatch.setattr(basins, "SIDE", 32)


@pytest.mark.heavy
@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize(("verb", "example"), EXAMPLES, ids=[example for _, example in EXAMPLES])
def test_the_example_runs(verb, example, capsys):
    code = cli.main(shlex.split(example)[1:])
    told = capsys.readouterr()
    assert code == (3 if "--require-gpu" in example else 0), told.err
    assert told.out.strip() or told.err.strip()
