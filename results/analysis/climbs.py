"""How far each way climbed a family of problems that grows, and what stopped it: from the rows of the study `reach`."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from results.analysis.expected import LEARNING, ORDER_OF_WAYS, STUDY, way_of
from results.format import missing
from results.outside.apart import own_rows

NETWORK_FAMILY = "networks"
_SHORT = {"timeout": "out of time", "oom": "out of memory"}
_LONGEST = 44


class Climb(NamedTuple):
    """One way on one family."""

    family: str
    solver: str
    way: str
    budget_s: float
    reached: tuple[int, ...]
    """The n at which it got there, rising."""
    seconds: tuple[float, ...]
    """How long that took."""
    stopped: int | None
    """The n at which it did not; None where it came to the end of the ladder."""
    why: str
    """What stopped it, in a few words; empty if nothing did."""


def beside(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that are none of a climb, nor of a network that was followed."""
    return frame[~frame["study"].isin((STUDY, LEARNING))]


def climbs(frame: pd.DataFrame) -> list[Climb]:
    """Every way on every family, in the order of the rows; of several runs or dtypes the first of each."""
    rows = one_of_each(frame, STUDY)
    family = [_family(row) for row in rows.itertuples()]
    groups = rows.groupby([pd.Series(family, rows.index), "solver"], sort=False)
    return [_climb(str(of_family), str(solver), of) for (of_family, solver), of in groups]


def one_of_each(frame: pd.DataFrame, study: str) -> pd.DataFrame:
    """The last attempts of a study, one for every problem and solver: the first run's, float64 before float32."""
    rows = own_rows(frame[frame["study"].eq(study).fillna(False)]).sort_values("attempt", kind="stable")
    rows = rows.drop_duplicates(["run_id", "cell_id"], keep="last").sort_index()
    rows = rows.assign(_wide=~rows["dtype"].eq("float64")).sort_values("_wide", kind="stable")
    return rows.drop_duplicates(["problem", "solver"]).sort_index().drop(columns="_wide")


def _climb(family: str, solver: str, rows: pd.DataFrame) -> Climb:
    ordered = list(rows.sort_values("n_dim").itertuples())
    got = [row for row in ordered if row.status == "ok" and not missing(row.reached_s)]
    lost = next((row for row in ordered if row.status != "ok" or missing(row.reached_s)), None)
    got = [row for row in got if lost is None or row.n_dim < lost.n_dim]
    reached, seconds = tuple(int(row.n_dim) for row in got), tuple(float(row.reached_s) for row in got)
    first = ordered[0]
    stopped = (None, "") if lost is None else (int(lost.n_dim), _why(lost))
    return Climb(family, solver, way_of(first), float(first.budget_s), reached, seconds, *stopped)


def _family(row: Any) -> str:
    if not missing(row.problem_tags) and "neural-network" in row.problem_tags.split(";"):
        return NETWORK_FAMILY
    return re.sub(r"-n\d+(~.*)?$", r"\1", row.problem)


def _why(row: Any) -> str:
    if row.status == "ok":
        return _missed(row)
    detail = "" if missing(row.status_detail) else row.status_detail
    if row.status == "timeout" and detail.startswith("did not compile"):
        return "not compiled in time"
    if row.status == "unsupported" and re.match(r"a step takes .* it had", detail):
        return "one step takes longer"
    if row.status == "unsupported" and detail:
        return _clipped(re.split(r"[;:(]", detail)[0].strip())
    return _SHORT.get(row.status, row.status)


def _missed(row: Any) -> str:
    """It ran, and did not get there: on other points, or not at the end of its way."""
    came_to_rest = 0 if missing(row.n_converged) else row.n_converged + row.n_singular_step
    if row.frac_target > 0:
        return "too late"
    if row.solver_kind == "exact":
        return "not among its points"
    return "other stationary points" if came_to_rest > row.batch / 2 else _SHORT["timeout"]


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3].rsplit(" ", 1)[0] + " ..."


def stopped_texts(found: list[Climb]) -> Iterator[tuple[str, str, str, str]]:
    """Per way: family, solver, the largest n reached, and where it stopped and why; for a table."""
    for climb in found:
        top = str(climb.reached[-1]) if climb.reached else "none"
        end = f"at {climb.stopped}: {climb.why}" if climb.stopped else "end of the ladder"
        yield climb.family, climb.solver, top, end


def heights(found: list[Climb]) -> list[str]:
    """A sentence for every family: of every way the solver that climbs highest, and to which n."""
    lines = []
    for family in dict.fromkeys(climb.family for climb in found):
        best: dict[str, Climb] = {}
        for climb in (climb for climb in found if climb.family == family):
            if climb.way not in best or climb.reached[-1:] > best[climb.way].reached[-1:]:
                best[climb.way] = climb
        ways = sorted(best, key=ORDER_OF_WAYS.index)
        budgets = {climb.budget_s for climb in best.values()}
        within = f" within {budgets.pop():g} s" if len(budgets) == 1 else ""
        lines.append(f"{family}{within}: {'; '.join(_height(best[way]) for way in ways)}")
    return lines


def _height(climb: Climb) -> str:
    reached = f"to n = {climb.reached[-1]}" if climb.reached else f"not at n = {climb.stopped}"
    reached += ", the largest tried" if climb.stopped is None else ""
    return f"{climb.solver} ({climb.way}) {reached}"
