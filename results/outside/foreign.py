"""What every reader hands on: one solver on one problem, as another tool measured it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from results.format import several

MOST_STEPS = 200
"""Points that are kept of a curve."""


class Foreign(NamedTuple):
    """A row to be. No figure in it is one that only the referee can say."""

    origin: str
    """The tool, and its version where the file tells it: coco 2.6.3."""
    problem: str
    solver: str
    figures: Mapping[str, Any]
    """By the names of the columns; what is None or not finite becomes an empty field."""
    samples: Sequence[float] = ()
    """Seconds of each round, in their order."""
    trace: Sequence[Mapping[str, Any]] = ()
    """Rows of trace.csv without their key, the steps rising."""


def true_rounds(samples: Iterable[Any]) -> list[float]:
    """The rounds that took any time, in seconds; what a clock saw as none, or never saw end, is no round.

    Raises:
        ValueError: one is no number.
        TypeError: likewise.
    """
    return [seconds for seconds in map(float, samples) if math.isfinite(seconds) and seconds > 0]


def rounds_of(times: Sequence[float]) -> dict[str, Any]:
    """The columns of the time of rounds, which are above 0."""
    if not times:
        return {}
    low, high = np.quantile(times, [0.25, 0.75])
    spread = float(high - low) if len(times) > 1 else None
    middle = float(np.median(times))
    return {"time_min_s": min(times), "time_median_s": middle, "time_iqr_s": spread, "n_rounds": len(times)}


def kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """Figures as Python's own numbers and texts, without those that are missing or not finite."""
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in values.items()}
    return {
        name: value
        for name, value in plain.items()
        if value is not None and value is not pd.NA and not (isinstance(value, float) and not math.isfinite(value))
    }


def thinned(places: int, most: int = MOST_STEPS) -> list[int]:
    """At most so many of the places 0, 1, ..., denser at the beginning, the last among them."""
    if places <= most:
        return list(range(places))
    return sorted({round(place) - 1 for place in np.geomspace(1, places, most)})


def wanted(table: pd.DataFrame, keys: Sequence[str], figures: Sequence[str], path: object, kind: str) -> None:
    """Refuses a table that lacks what a reader needs.

    Raises:
        ValueError: a column is missing, there is no row, or a key is missing in one.
    """
    if missing := [name for name in (*keys, *figures) if name not in table.columns]:
        raise ValueError(f"{path} is no table of {kind}: it lacks the column {missing[0]}")
    if table.empty:
        raise ValueError(f"{path} holds no row")
    for name in keys:
        if nameless := int(table[name].isna().sum()):
            raise ValueError(f"{path} has {several(nameless, 'row')} without {name}; give every row one")


def with_numbers(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """The table with those columns that it has as float64, NaN where there is no finite number."""
    there = [name for name in names if name in table.columns]
    numbers = {name: pd.to_numeric(table[name], errors="coerce").astype("float64") for name in there}
    return table.assign(**{name: column.where(np.isfinite(column)) for name, column in numbers.items()})
