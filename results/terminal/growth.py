"""Time against the batch: the exponent of a power law fitted to it."""

from collections.abc import Iterator
from math import log

import numpy as np
import pandas as pd
from rich.console import Console
from rich.text import Text

from results.format import duration

FEWEST_BATCHES = 3
"""Fewer points make no line."""


def exponent(sizes: pd.Series, times: pd.Series) -> float:
    """The slope of log time over log size, by least squares."""
    return float(np.polyfit([log(size) for size in sizes], [log(time) for time in times], 1)[0])


def render_growth(frame: pd.DataFrame, out: Console) -> None:
    """Prints, for every solver and problem with three batches of 1000 starts or more, how time grows with the batch."""
    lines = list(_lines(frame))
    if lines:
        out.print()
        out.print(Text("growth with the batch, from 1000 starts on: time ~ batch^exponent", style="bold"))
        for line in lines:
            out.print(f"  {line}", soft_wrap=True, highlight=False)


def _lines(frame: pd.DataFrame) -> Iterator[str]:
    measured = frame[(frame["status"] == "ok") & (frame["batch"] >= 1000) & frame["peer"].isna()]
    for (problem, solver, dtype), rows in measured.groupby(["problem", "solver", "dtype"], sort=False):
        rows = rows.drop_duplicates("batch").sort_values("batch")
        if len(rows) >= FEWEST_BATCHES:
            first, last = rows.iloc[0], rows.iloc[-1]
            yield (
                f"{solver:16} {problem:20} {dtype}  exponent {exponent(rows['batch'], rows['time_median_s']):.2f}   "
                f"{duration(first.time_median_s / first.batch)} a start at {first.batch}, "
                f"{duration(last.time_median_s / last.batch)} at {last.batch}"
            )
