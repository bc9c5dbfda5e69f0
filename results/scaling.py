"""Time against n: which solver is fastest at each size of a family, and where the lead changes hands."""

from collections.abc import Iterator
from itertools import pairwise

import pandas as pd
from rich.console import Console
from rich.text import Text

from results.format import duration, missing
from results.reading import time_per_start

FEWEST_SIZES = 3
"""A family with fewer sizes tells nothing about growth."""


def render_scaling(frame: pd.DataFrame, out: Console) -> None:
    """Prints, for every family with three sizes or more, the time per start against n and the crossovers."""
    for name, times in _families(frame):
        out.print()
        out.print(Text(f"{name}: time per start against n", style="bold"))
        out.print("  " + "n".rjust(6) + "".join(solver.rjust(14) for solver in times.columns), soft_wrap=True)
        for n, row in times.iterrows():
            out.print(f"  {n:6}" + "".join(_cell(value) for value in row), soft_wrap=True)
        for line in crossovers(times):
            out.print(f"  -> {line}", markup=False)


def crossovers(times: pd.DataFrame) -> list[str]:
    """Where the fastest solver changes between two neighbouring sizes; one line where it never does."""
    leaders = [(n, row.idxmin()) for n, row in times.iterrows() if row.notna().any()]
    changes = [
        f"{before} is fastest up to n = {n}, {after} from n = {m}."
        for (n, before), (m, after) in pairwise(leaders)
        if before != after
    ]
    return changes or [f"{leaders[0][1]} is fastest at every n from {leaders[0][0]} to {leaders[-1][0]}."]


def _families(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Per family and dtype: sizes x solvers, only where every start reached a stationary point."""
    arrived = frame[(frame["status"] == "ok") & (frame["frac_stationary"] == 1) & frame["peer"].isna()]
    named = arrived.assign(
        family=arrived["problem"].str.extract(r"^(.+)-n\d+$", expand=False),
        per_start_s=[time_per_start(row) for row in arrived.itertuples()],
    )
    for (family, dtype), rows in named.groupby(["family", "dtype"], sort=False):
        times = rows.pivot_table(index="n_dim", columns="solver", values="per_start_s", aggfunc="min", sort=False)
        if len(times) >= FEWEST_SIZES and len(times.columns) > 1:
            yield f"{family} ({dtype})", times.sort_index()


def _cell(value: float) -> str:
    return ("-" if missing(value) else duration(value)).rjust(14)
