"""What an end costs, failures charged, and whether one cost can be told from another."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from results.format import duration, missing

Row = Any
"""A row of the frame, as itertuples gives it."""

LEVEL = 1.3
"""Two costs are told apart from this factor on: whole runs on a shared machine differ by as much."""


class Cost(NamedTuple):
    """Seconds for an end of some kind, and where the middle half of the timed rounds lies."""

    seconds: float
    low: float
    high: float


def cost(row: Row, share: str = "frac_minimum") -> Cost | None:
    """Seconds per start that ends so, the other starts charged; None if none does, or a figure is missing.

    An exact solver has no starts: what its call takes is not what one start of a batch takes.

    Args:
        row: of a solver.
        share: the column that says how many of the starts end so.
    """
    ends, seconds = getattr(row, share), row.time_median_s
    if row.solver_kind == "exact" or missing(ends) or missing(seconds) or not (ends > 0 and seconds > 0):
        return None
    per_end = seconds / (row.batch * ends)
    half = (time_spread(row) or 0.0) / 2
    return Cost(per_end, per_end * (1 - half), per_end * (1 + half))


def time_spread(row: Row) -> float | None:
    """The range of the middle half of the timed rounds, as a part of their median."""
    if missing(row.time_iqr_s) or missing(row.time_median_s) or not row.time_median_s > 0:
        return None
    return row.time_iqr_s / row.time_median_s


def level(a: Cost, b: Cost) -> bool:
    """Are they about the same: less than 1.3 times apart, or with rounds that overlap?"""
    fast, slow = sorted((a, b))
    return slow.seconds < LEVEL * fast.seconds or slow.low <= fast.high


def leaders(costs: Mapping[str, Cost]) -> list[str]:
    """The cheapest, and whoever is level with it, the cheapest first."""
    ordered = sorted(costs, key=lambda name: costs[name])
    return [name for name in ordered if level(costs[ordered[0]], costs[name])]


def shown_time(row: Row) -> str:
    """Time per start of the batch as a text; of an exact solver, which has no starts, that of a call, which it says."""
    if missing(row.time_median_s):
        return ""
    exact = row.solver_kind == "exact"
    return f"{duration(row.time_median_s)} a call" if exact else duration(row.time_median_s / row.batch)
