"""What it takes to get there: expected seconds to a goal, restarts charged, and who was asked."""

from collections.abc import Sequence
from math import sqrt

import pandas as pd

from results.analysis.costs import Cost, Row, time_spread
from results.analysis.families import measured
from results.format import missing
from results.outside.apart import own_rows
from results.schema import ACCURACIES, GOALS, TARGET_ARRIVALS, arrivals_of

Table = dict[str, dict[str, Cost]]
"""By problem, then by solver; who is not in it never gets there."""

STUDY, LEARNING = "reach", "networks"
"""The study that climbs, and the one that follows networks: both have aims, and tables, of their own."""
_ROOT_FINDING = ("newton", "newton-damped", "newton-dense")
_OF_KINDS = {"descend": "first order", "exact": "exact", "peer": "peer"}
ORDER_OF_WAYS = ("exact", "root-finding", "second order", "first order", "peer")


def way_of(row: Row) -> str:
    """The way of a row's solver; rows of older versions do not tell it, but their solvers' names and kinds do."""
    if not missing(getattr(row, "solver_way", None)):
        return str(row.solver_way)
    solve = "root-finding" if row.solver in _ROOT_FINDING else "second order"
    return _OF_KINDS.get(row.solver_kind, solve)


def main_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Our rows of no study of its own, and of no race; where there are no others, those of the studies.

    Never those of a study with an aim of its own: nobody has judged what kind of point they end on.
    """
    alone = own_rows(frame[frame["peer"].isna() & ~frame["study"].isin((STUDY, LEARNING))])
    main = alone[alone["study"].isna()]
    return main if len(main) else alone


def expected_cost(row: Row, goal: str, digits: int) -> Cost | None:
    """Expected seconds to a goal to so many digits of f, with restarts; None if no start gets there, or nobody knows.

    Its low and high hold the middle half of the rounds, and one standard error of the share of starts that get there.
    Of an exact solver, which needs no starts, it is the time of a call.
    """
    return _expected(row, *arrivals_of(goal, digits))


def target_cost(row: Row) -> Cost | None:
    """The same to the accuracy that --target asked for."""
    return _expected(row, *TARGET_ARRIVALS)


def target_evaluations(row: Row) -> float | None:
    """Expected evaluations of f and its derivatives to that accuracy, with restarts, each counted as one."""
    count, work = (getattr(row, name) for name in TARGET_ARRIVALS)
    if missing(count) or missing(work) or not count > 0 or missing(row.n_g):
        return None
    spent = [getattr(row, name) for name in ("n_f", "n_g", "n_h", "n_hvp")]
    return float(work) * sum(0 if missing(each) else each for each in spent) / count


def _expected(row: Row, count: str, work: str) -> Cost | None:
    lanes, part, seconds = getattr(row, count), getattr(row, work), row.time_median_s
    if missing(lanes) or missing(seconds) or not (lanes > 0 and seconds > 0):
        return None
    half = (time_spread(row) or 0.0) / 2
    if row.solver_kind == "exact":
        return Cost(seconds, seconds * (1 - half), seconds * (1 + half))
    half += sqrt(max(0.0, 1 - lanes / row.batch) / lanes)
    mean = (1.0 if missing(part) else part) * seconds / lanes
    return Cost(mean, mean / (1 + half), mean * (1 + half))


def expected_costs(frame: pd.DataFrame) -> dict[tuple[str, int], Table]:
    """By goal and digits: of every problem of the main rows on which the goal can be told, who gets there.

    Exact solvers are not among them: a call of theirs is no start.
    """
    rows = main_rows(frame)
    problems = {goal: problems_told(rows, goal) for goal in GOALS}
    lanes = list(measured(rows[rows["solver_kind"] != "exact"]).itertuples())
    return {(goal, digits): _table(problems[goal], lanes, goal, digits) for goal in GOALS for digits in ACCURACIES}


def _table(problems: Sequence[str], rows: Sequence[Row], goal: str, digits: int) -> Table:
    table: Table = {problem: {} for problem in problems}
    for row in rows:
        if row.problem in table and (found := expected_cost(row, goal, digits)) is not None:
            table[row.problem][row.solver] = found
    return table


def solvers_asked(frame: pd.DataFrame) -> dict[str, str]:
    """Every solver of the main rows that starts from starts, by name, with its way; also who has no figures at all."""
    rows = main_rows(frame)
    asked = rows[rows["solver_kind"] != "exact"].drop_duplicates("solver")
    return {row.solver: way_of(row) for row in asked.itertuples()}


def problems_told(rows: pd.DataFrame, goal: str) -> list[str]:
    """Problems on which it can be said who has the goal: not where f* is unknown, nor where old rows do not tell.

    A problem on which everybody failed counts, unless nobody knows its minimum.
    """
    ok = rows["status"].eq("ok")
    said = ok & rows[arrivals_of(goal, ACCURACIES[0])[0]].notna()
    lost = rows["truth_standing"].eq("unknown").fillna(False) if goal == "global" else ok & False
    facts = pd.DataFrame({"ok": ok, "said": said, "lost": lost}).groupby(rows["problem"], sort=False).any()
    return [str(name) for name in facts.index[facts["said"] | ~facts["ok"] & ~facts["lost"]]]
