"""A part of the cells for each of several machines: disjoint, complete, about equally dear, the same for everyone."""

from collections.abc import Sequence
from typing import NamedTuple

from bench.cell import Cell
from problems import get

_COMPILE = 2.0
_PER_NUMBER = 2e-9
"""Seconds: of a cell whatever it does, and of a lane's step per variable. Rough: they only balance."""


class Shard(NamedTuple):
    """Part `part` of `of`, counted from 1."""

    part: int
    of: int


def mine(cells: Sequence[Cell], shard: Shard) -> set[str]:
    """The ids of the cells of one shard: the dearest cell left goes to the part that has least so far."""
    loads, chosen = [0.0] * shard.of, set()
    distinct = {cell.id: cell for cell in cells}.values()
    for cell in sorted(distinct, key=lambda cell: (-_estimate(cell), cell.id)):
        least = loads.index(min(loads))
        loads[least] += _estimate(cell)
        if least == shard.part - 1:
            chosen.add(cell.id)
    return chosen


def _estimate(cell: Cell) -> float:
    """Seconds, very roughly."""
    return _COMPILE + min(cell.timeout_s, _PER_NUMBER * cell.batch * (cell.max_steps or 1) * get(cell.problem).dim)
