"""Two versions in turns: the suite against itself is clean, and a version that does other work is found out."""

import subprocess
from pathlib import Path

import pytest

from bench import cli
from bench.ending import UsageError
from bench.running.ab import ab

ROOT = Path(__file__).parents[3]
WORDS = ["--size", "smoke", "--problems", "himmelblau", "--solvers", "newton", "-k", "bench_problem", "--in-process"]


_OF_THE_SUITE = ("bench/", "problems/", "results/", "solvers/", "conftest.py", "zerograd.py", "pyproject.toml")


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    """A repository with the suite's files, as a commit of its own."""
    tree = tmp_path_factory.mktemp("twin") / "suite"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in map(bytes.decode, filter(None, listed)):
        if name.startswith(_OF_THE_SUITE):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((ROOT / name).read_bytes())
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "base"],
    ):
        subprocess.run(["git", *words], cwd=tree, check=True)
    return tree


@pytest.mark.heavy
def test_a_version_against_itself_is_clean_and_leaves_no_worktree(twin):
    told = []
    outcome = ab("HEAD", WORDS, twin, tell=told.append)
    assert told == [f"measuring {side} ({k} of 4)" for k, side in enumerate(("base", "head", "head", "base"), 1)]
    assert (outcome.common, outcome.timed, outcome.findings) == (1, 1, [])
    listed = subprocess.run(["git", "worktree", "list"], cwd=twin, capture_output=True, text=True, check=True).stdout
    assert len(listed.splitlines()) == 1


@pytest.mark.heavy
def test_other_work_is_found_and_confirmed(twin):
    starts = twin / "bench" / "measuring" / "starts.py"
    text = starts.read_text()
    told = []
    try:
        starts.write_text(text + "\n\n_draw = draw\n\n\ndef draw(*a, **k):\n    return 0.9 * _draw(*a, **k)\n")
        outcome = ab("HEAD", WORDS, twin, tell=told.append)
    finally:
        starts.write_text(text)
    assert "once more, to confirm" in told
    assert len(told) == 9
    assert "steps_sum" in [finding.column for finding in outcome.findings]


def test_a_revision_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match=r"git worktree add: .*no-such-revision"):
        ab("no-such-revision", WORDS, ROOT)


def test_compare_wants_two_runs_or_a_revision(capsys):
    assert cli.main(["compare", "only-one"]) == 2
    assert "compare needs two runs, OLD and NEW, or --ab REVISION" in capsys.readouterr().err
