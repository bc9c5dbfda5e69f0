"""Solve or descend? Per family of problems: whose minima cost least time, and who finds most of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from results.analysis.costs import Cost, cost, leaders


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
    """The best solver of a family by one figure, and the next; None where there is none."""

    solver: str
    figure: float
    problems: int
    """On how many problems of the family anybody has the figure."""
    runner_up: str | None = None
    runner_up_figure: float | None = None


class Calls(NamedTuple):
    """What an exact solver answers, and the seconds of its fastest and slowest call."""

    solver: str
    problems: int
    fastest_s: float
    slowest_s: float


class FamilySummary(NamedTuple):
    """One line of the table."""

    family: str
    problems: list[str]
    fastest: Win | None
    """Figure: on how many problems its minima cost least, failures charged, by more than can be noise."""
    level: int
    """On how many more it is among the cheapest."""
    factor: float | None
    """Geometric mean over the problems it wins of the next one's cost over the winner's."""
    exact: Calls | None
    minima: Win | None
    """Figure: mean share of the starts that end on a minimum; a solver without a row has none there."""
    globals: Win | None


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


def cheapest_costs(rows: pd.DataFrame, by: str = "solver") -> dict[str, dict[str, Cost]]:
    """By problem, then by solver or by its kind: what a minimum costs; of one kind its cheapest solver."""
    table: dict[str, dict[str, Cost]] = {problem: {} for problem in rows["problem"]}
    for row in rows.itertuples():
        if (found := cost(row)) is not None:
            of_problem, name = table[row.problem], getattr(row, by)
            of_problem[name] = min(found, of_problem.get(name, found))
    return table


def verdicts(frame: pd.DataFrame) -> list[FamilySummary]:
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


def _verdict(name: str, problems: list[str], rows: pd.DataFrame) -> FamilySummary:
    lanes = rows[rows["solver_kind"] != "exact"]
    minima, globals_ = (_highest(lanes, share) for share in ("frac_minimum", "frac_global"))
    return FamilySummary(name, problems, *_fastest(cheapest_costs(lanes).values()), _exact(rows), minima, globals_)


def _fastest(by_problem: Iterable[Mapping[str, Cost]]) -> tuple[Win | None, int, float | None]:
    """Who wins most problems, on how many more it is level with the best, and by how much it wins."""
    raced = [costs for costs in by_problem if costs]
    if not raced:
        return None, 0, None
    lead = [leaders(costs) for costs in raced]
    alone = Counter(names[0] for names in lead if len(names) == 1)
    level = Counter(name for names in lead if len(names) > 1 for name in names)
    first, *others = sorted({*alone, *level}, key=lambda name: (-alone[name], -level[name], name))
    next_ = (others[0], float(alone[others[0]])) if others else (None, None)
    return Win(first, float(alone[first]), len(raced), *next_), level[first], _ahead(first, raced)


def _ahead(solver: str, raced: Iterable[Mapping[str, Cost]]) -> float | None:
    ratios = []
    for costs in raced:
        rivals = [cost.seconds for name, cost in costs.items() if name != solver]
        if leaders(costs) == [solver] and rivals:
            ratios.append(min(rivals) / costs[solver].seconds)
    return float(np.exp(np.mean(np.log(ratios)))) if ratios else None


def _exact(rows: pd.DataFrame) -> Calls | None:
    """The exact solver that answers most of the problems, all its points stationary."""
    answered = rows[rows["solver_kind"].eq("exact") & rows["frac_stationary"].eq(1)]
    if answered.empty:
        return None
    solver = str(answered["solver"].value_counts().index[0])
    calls = answered.loc[answered["solver"] == solver, "time_median_s"]
    return Calls(solver, len(calls), float(calls.min()), float(calls.max()))


def _highest(lanes: pd.DataFrame, share: str) -> Win | None:
    """The highest mean share over all problems where anybody has one; who has none on a problem found nothing there."""
    shares = lanes.pivot(index="problem", columns="solver", values=share).dropna(how="all")
    if shares.empty:
        return None
    means = shares.fillna(0.0).mean().sort_values(ascending=False, kind="stable")
    next_ = (str(means.index[1]), float(means.iloc[1])) if len(means) > 1 else (None, None)
    return Win(str(means.index[0]), float(means.iloc[0]), len(shares), *next_)
