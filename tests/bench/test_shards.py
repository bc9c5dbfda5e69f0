"""Shards: disjoint, complete, balanced, the same wherever they are computed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import bench_problems
from bench.options import UsageError, resolve
from bench.shards import Shard, _estimate, mine


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    return list(bench_problems.cells(resolve({"size": "quick"}, tmp_path_factory.mktemp("root"))))


@given(of=st.integers(1, 9))
def test_every_cell_is_in_one_shard(cells, of):
    parts = [mine(cells, Shard(index, of)) for index in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == sorted(cell.id for cell in cells)
    assert parts == [mine(cells[::-1], Shard(index, of)) for index in range(1, of + 1)]


def test_shards_are_about_equally_dear(cells):
    dear = {cell.id: _estimate(cell) for cell in cells}
    loads = [sum(dear[name] for name in mine(cells, Shard(index, 4))) for index in range(1, 5)]
    assert max(loads) - min(loads) <= max(dear.values())


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_a_shard_that_cannot_be(text, tmp_path):
    with pytest.raises(UsageError, match=r"give I/N with 1 <= I <= N, as in 1/2"):
        resolve({"shard": text}, tmp_path)
