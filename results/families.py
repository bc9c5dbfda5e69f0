"""Solve or descend? Per family of problems: who is fastest to the tolerance, and who finds minima."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

Problems = pd.DataFrame
"""One row per problem: n_dim, and tags as a set."""


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


class Win(NamedTuple):
    """The best solver of a family by one figure, and the next; None where nobody has the figure."""

    solver: str
    figure: float
    problems: int
    """On how many problems of the family the winner has a figure."""
    runner_up: str | None
    runner_up_figure: float | None


class Verdict(NamedTuple):
    """One line of the table."""

    family: str
    problems: list[str]
    fastest: Win | None
    """Figure: on how many problems it is the fastest to a stationary point, restarts charged."""
    factor: float | None
    """Geometric mean over those problems of the next one's cost over the winner's."""
    minima: Win | None
    """Figure: mean share of starts that end on a minimum."""
    globals: Win | None


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """One ok row per problem and solver, no race: float64 where there is one, then the largest batch.

    All rows of a problem are of one machine, that with most of them: times of different machines are not compared.
    """
    ok = of_one_machine(frame[(frame["status"] == "ok") & frame["peer"].isna()])
    ok = ok.assign(_wide=ok["dtype"].eq("float64"), cost=cost(ok))
    return ok.sort_values(["_wide", "batch"], kind="stable").drop_duplicates(["problem", "solver"], keep="last")


def of_one_machine(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each problem the rows of the machine that has most of them; rows that name none count as one machine's."""
    machine = rows["machine"].fillna("")
    counts = rows.groupby(["problem", machine], sort=False).size()
    return rows[pd.MultiIndex.from_arrays([rows["problem"], machine]).isin(counts.groupby("problem").idxmax())]


def cost(rows: pd.DataFrame) -> pd.Series:
    """Seconds per start that ends on a stationary point: failures are charged; NaN where none does.

    An exact solver has no starts: its seconds, if all its points are stationary.
    """
    exact = rows["solver_kind"].eq("exact")
    ends = rows["batch"].astype("float64") * rows["frac_stationary"]
    ends = ends.where(~exact, rows["frac_stationary"].eq(1).astype("float64"))
    return (rows["time_median_s"] / ends).where(ends > 0, np.nan)


def verdicts(frame: pd.DataFrame) -> list[Verdict]:
    """A line for every family with a measured problem."""
    rows = measured(frame)
    facts = rows.drop_duplicates("problem")
    tags = [set(str(text).split(";")) if pd.notna(text) else set() for text in facts["problem_tags"]]
    lines = []
    for family in FAMILIES:
        inside = [family.contains(int(n), of) for n, of in zip(facts["n_dim"], tags, strict=True)]
        problems = facts["problem"][inside].tolist()
        if problems:
            lines.append(_verdict(family.name, problems, rows[rows["problem"].isin(problems)]))
    return lines


def _verdict(name: str, problems: list[str], rows: pd.DataFrame) -> Verdict:
    fastest, factor = _fastest(rows.pivot(index="problem", columns="solver", values="cost"))
    lanes = rows[rows["solver_kind"] != "exact"]
    wins = [
        _highest(lanes.pivot(index="problem", columns="solver", values=share))
        for share in ("frac_minimum", "frac_global")
    ]
    return Verdict(name, problems, fastest, factor, *wins)


def _fastest(costs: pd.DataFrame) -> tuple[Win | None, float | None]:
    """Who wins most problems, by how much on those."""
    costs = costs.dropna(how="all")
    if costs.empty:
        return None, None
    winners = costs.idxmin(axis=1)
    counts = winners.value_counts()
    solver = str(counts.index[0])
    next_ = (str(counts.index[1]), float(counts.iloc[1])) if len(counts) > 1 else (None, None)
    own = costs[winners == solver]
    rivals = own.drop(columns=solver).min(axis=1)
    ratios = (rivals / own[solver]).dropna()
    factor = float(np.exp(np.log(ratios).mean())) if len(ratios) else None
    return Win(solver, float(counts.iloc[0]), len(costs), *next_), factor


def _highest(shares: pd.DataFrame) -> Win | None:
    """The highest mean share over the problems on which a solver has one; only solvers with most problems compete."""
    shares = shares.dropna(how="all")
    counts = shares.notna().sum()
    means = shares.mean()[counts == counts.max()].sort_values(ascending=False, kind="stable")
    if shares.empty or means.dropna().empty:
        return None
    next_: tuple[Any, Any] = (str(means.index[1]), float(means.iloc[1])) if len(means) > 1 else (None, None)
    return Win(str(means.index[0]), float(means.iloc[0]), int(counts.max()), *next_)
