"""A part of the cells for each of several machines: disjoint, complete, about equally dear, the same for everyone."""

from collections.abc import Sequence

from bench.plan.cell import Cell
from bench.plan.parsers import Shard
from problems import get

_COMPILE = 2.0
_PER_NUMBER = 2e-9
"""Seconds: of a cell whatever it does, and of a lane's step per variable. Rough: they only balance."""


def mine(cells: Sequence[Cell], shard: Shard) -> set[str]:
    """The ids of the cells of one shard: the dearest problem left goes to the part that has least so far.

    All cells of a problem go to one part: what is compared is measured on one machine.
    """
    problems: dict[str, dict[str, float]] = {}
    for cell in cells:
        problems.setdefault(cell.problem, {})[cell.id] = estimate(cell)
    loads, chosen = [0.0] * shard.of, set()
    for _, costs in sorted(problems.items(), key=lambda item: (-sum(sorted(item[1].values())), item[0])):
        least = loads.index(min(loads))
        loads[least] += sum(sorted(costs.values()))
        if least == shard.part - 1:
            chosen |= set(costs)
    return chosen


def estimate(cell: Cell) -> float:
    """Seconds a cell takes, very roughly."""
    return _COMPILE + min(cell.timeout_s, _PER_NUMBER * cell.batch * (cell.max_steps or 1) * get(cell.problem).dim)
