"""Kinds of problems, and the rows of a problem that are compared."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from results.analysis.costs import cost


class Family(NamedTuple):
    """A kind of problem; one problem may be of several."""

    name: str
    contains: Callable[[int, set[str]], bool]


_SPECIAL = {"ill-conditioned", "multimodal", "statistics", "neural-network", "singular"}

FAMILIES = (
    Family("a closed form is known", lambda n, tags: "closed-form" in tags),
    Family("few variables, smooth", lambda n, tags: n <= 10 and not tags & _SPECIAL),
    Family("ill-conditioned", lambda n, tags: "ill-conditioned" in tags),
    Family("many stationary points", lambda n, tags: "multimodal" in tags),
    Family("statistics", lambda n, tags: "statistics" in tags),
    Family("neural networks", lambda n, tags: "neural-network" in tags),
    Family("100 variables or more", lambda n, tags: n >= 100),
)


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """One ok row per problem and solver, no race: float64 where there is one, of the batch that most solvers share.

    Of several such batches, or where a solver lacks it, the largest. All rows of a problem are of one machine, that
    with most of them: times of different machines are not compared. The column `cost` holds the seconds per minimum,
    failures charged; NaN where there is none, and for exact solvers.
    """
    ok = of_one_machine(frame[(frame["status"] == "ok") & frame["peer"].isna() & frame["study"].isna()])
    shared = ok.groupby(["problem", "dtype", "batch"])["solver"].transform("nunique")
    ok = ok.assign(_wide=ok["dtype"].eq("float64"), _shared=shared, cost=seconds(ok))
    ordered = ok.sort_values(["_wide", "_shared", "batch"], kind="stable")
    return ordered.drop_duplicates(["problem", "solver"], keep="last").sort_index()


def of_one_machine(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each problem the rows of the machine that has most of them; rows that name none count as one machine's."""
    machine = rows["machine"].fillna("")
    counts = rows.groupby(["problem", machine], sort=False).size()
    return rows[pd.MultiIndex.from_arrays([rows["problem"], machine]).isin(counts.groupby("problem").idxmax())]


def seconds(rows: pd.DataFrame, share: str = "frac_minimum") -> pd.Series:
    """Seconds per start that ends so, failures charged; NaN where none does, and for exact solvers."""
    found = [cost(row, share) for row in rows.itertuples()]
    return pd.Series([np.nan if each is None else each.seconds for each in found], rows.index, "float64")
