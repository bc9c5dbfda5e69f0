"""What still works at n variables: how far each solver climbs a family of problems that grow."""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from results.analysis.expected import ORDER_OF_WAYS, way_of
from results.format import listed, missing, significant

STUDY = "reach"


class Rung(NamedTuple):
    """One n that was tried, and whether the global minimum was reached within the budget."""

    n: int
    reached: bool


class Climb(NamedTuple):
    """One solver on one family."""

    family: str
    solver: str
    way: str
    rungs: tuple[Rung, ...]
    """The fewest variables first; those that nobody tried are not among them."""

    @property
    def most(self) -> int | None:
        """The largest n at which it got there; None if it never did."""
        return max((rung.n for rung in self.rungs if rung.reached), default=None)


def climbs(frame: pd.DataFrame) -> list[Climb]:
    """Family by family, way by way; empty without rows of the study."""
    if "reached_s" not in frame:
        return []
    rows = frame[frame["study"].eq(STUDY).fillna(False)].sort_values(["n_dim", "attempt"], kind="stable")
    rows = rows.drop_duplicates(["problem", "solver", "dtype"], keep="last")
    rows = rows.assign(
        family=[_family(row) for row in rows.itertuples()], way=[way_of(row) for row in rows.itertuples()]
    )
    found = [
        Climb(str(family), str(solver), str(of["way"].iloc[0]), tuple(_rungs(of)))
        for (family, solver), of in rows.groupby(["family", "solver"], sort=False)
    ]
    families = list(dict.fromkeys(rows["family"]))
    return sorted(found, key=lambda climb: (families.index(climb.family), ORDER_OF_WAYS.index(climb.way)))


def _family(row: object) -> str:
    tags = getattr(row, "problem_tags", None)
    if not missing(tags) and "neural-network" in str(tags).split(";"):
        return "networks"
    name = str(getattr(row, "problem", ""))
    return name.split("~")[0].rpartition("-n")[0] or name


def _rungs(rows: pd.DataFrame) -> Iterator[Rung]:
    for row in rows.itertuples():
        tried = missing(row.status_detail) or not row.status_detail.startswith("not tried")
        if tried:
            yield Rung(int(row.n_dim), row.status == "ok" and not missing(row.reached_s))


def budget(frame: pd.DataFrame) -> str:
    """The seconds that the solvers had, as a text; several where rows differ."""
    rows = frame[frame["study"].eq(STUDY).fillna(False)]
    return listed([f"{significant(value)} s" for value in sorted(pd.to_numeric(rows["budget_s"]).dropna().unique())])


def heights(found: list[Climb]) -> list[str]:
    """A sentence for every family: of every way the solver that climbs highest, and to which n."""
    lines = []
    for family in dict.fromkeys(climb.family for climb in found):
        best: dict[str, Climb] = {}
        for climb in found:
            if climb.family == family and (climb.most or 0) > (best[climb.way].most or 0 if climb.way in best else -1):
                best[climb.way] = climb
        lines.append(f"{family}: {', '.join(_height(climb) for climb in best.values())}")
    return lines


def _height(climb: Climb) -> str:
    reached = "nowhere" if climb.most is None else f"to n = {climb.most}"
    return f"{climb.solver} ({climb.way}) {reached}"
