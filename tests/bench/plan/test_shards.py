"""Shards: disjoint, complete, balanced, the same wherever they are computed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import results
from bench import bench_problems
from bench.ending import UsageError
from bench.plan.options import resolve
from bench.plan.parsers import Shard
from bench.plan.shards import estimate, mine
from results.merge import merge

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    return list(bench_problems.cells(resolve({"size": "quick"}, tmp_path_factory.mktemp("root"))))


@given(of=st.integers(1, 9))
def test_every_cell_is_in_one_shard(cells, of):
    parts = [mine(cells, Shard(index, of)) for index in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == sorted(cell.id for cell in cells)
    assert parts == [mine(cells[::-1], Shard(index, of)) for index in range(1, of + 1)]


def test_shards_are_about_equally_dear(cells):
    dear, problems = {cell.id: estimate(cell) for cell in cells}, {}
    for cell in cells:
        problems[cell.problem] = problems.get(cell.problem, 0) + dear[cell.id]
    loads = [sum(dear[name] for name in mine(cells, Shard(index, 4))) for index in range(1, 5)]
    assert max(loads) - min(loads) <= max(problems.values())
    assert max(loads) < 1.5 * sum(loads) / 4


def test_the_cells_of_a_problem_stay_together(cells):
    parts = [mine(cells, Shard(index, 3)) for index in range(1, 4)]
    for name in {cell.problem for cell in cells}:
        assert sum(bool(part & {cell.id for cell in cells if cell.problem == name}) for part in parts) == 1


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_a_shard_that_cannot_be(text, tmp_path):
    with pytest.raises(UsageError, match=r"give I/N with 1 <= I <= N, as in 1/2"):
        resolve({"shard": text}, tmp_path)


@pytest.mark.heavy
def test_two_shards_merged_are_the_whole_run(tmp_path):
    words = "--size smoke --problems himmelblau,beale,rosenbrock-n2 --solvers scipy-lbfgsb --batch 4 -k bench_problem"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ZEROGRAD_", "PYTEST_XDIST"))}
    for name, shard in {"whole": [], "one": ["--shard", "1/2"], "two": ["--shard", "2/2"]}.items():
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "bench", *words.split(), *shard]
        done = subprocess.run(
            [*command, "--out", tmp_path / name], cwd=ROOT, env=clean, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
    merge([tmp_path / "one", tmp_path / "two"], tmp_path / "merged")
    whole, merged = (results.read(tmp_path / name).set_index("cell_id").sort_index() for name in ("whole", "merged"))
    assert merged.index.tolist() == whole.index.tolist()
    same = ["n_minimum", "frac_stationary", "f_best", "batch", "machine", "seed", "gtol", "max_steps"]
    assert merged[same].equals(whole[same])
    assert {len(results.read(tmp_path / name)) for name in ("one", "two")} == {1, 2}
