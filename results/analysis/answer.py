"""Solve or descend? What the rows say about every kind of problem."""

from typing import Any, NamedTuple

import pandas as pd

from results.analysis.contests import Contest, contest
from results.analysis.expected import Table, expected_costs, main_rows, solvers_asked
from results.analysis.families import FAMILIES, measured
from results.format import missing
from results.schema import ACCURACIES, GOALS, arrivals_of

Contests = dict[tuple[str, int], Contest]
"""By goal and digits."""
MIDDLE = 5
"""The accuracy of what has room for one."""


class Written(NamedTuple):
    """What an exact solver answers: problems whose global minimum is among its points, and its calls' seconds."""

    solver: str
    problems: int
    fastest_s: float
    slowest_s: float


class FamilyAnswer(NamedTuple):
    """What the rows say about one kind of problem."""

    family: str
    problems: tuple[str, ...]
    rows: pd.DataFrame
    """Of these problems, also those without figures."""
    contests: Contests
    exact: tuple[Written, ...]
    """Exact solvers that answer some of the problems, who answers most first."""

    @property
    def goal(self) -> str | None:
        """The hardest goal that anybody comes to; None if nobody comes to any, or nobody can tell."""
        return next((goal for goal in GOALS if self.contests[goal, MIDDLE].leaders), None)


def answers(frame: pd.DataFrame) -> list[FamilyAnswer]:
    """An answer for every kind of problem that was asked for, in the order of the families."""
    rows = main_rows(frame)
    facts, solvers = rows.drop_duplicates("problem"), solvers_asked(frame)
    tables = expected_costs(frame)
    found = []
    for family in FAMILIES:
        inside = [family.contains(int(row.n_dim), _tags(row)) for row in facts.itertuples()]
        if problems := tuple(facts["problem"][inside]):
            own = rows[rows["problem"].isin(problems)]
            found.append(FamilyAnswer(family.name, problems, own, _contests(problems, tables, solvers), _written(own)))
    return found


def _tags(row: Any) -> set[str]:
    return set() if missing(row.problem_tags) else set(row.problem_tags.split(";"))


def _contests(problems: tuple[str, ...], tables: dict[tuple[str, int], Table], solvers: dict[str, str]) -> Contests:
    return {
        (goal, digits): contest({name: table[name] for name in problems if name in table}, solvers, goal, digits)
        for (goal, digits), table in tables.items()
    }


def _written(rows: pd.DataFrame) -> tuple[Written, ...]:
    """Of exact solvers, what they answer to the last of the accuracies."""
    count = arrivals_of("global", ACCURACIES[-1])[0]
    calls = measured(rows[rows["solver_kind"].eq("exact") & rows[count].gt(0).fillna(False)])
    found = [
        Written(str(solver), len(of), float(of["time_median_s"].min()), float(of["time_median_s"].max()))
        for solver, of in calls.groupby("solver", sort=False)
    ]
    return tuple(sorted(found, key=lambda each: (-each.problems, each.slowest_s)))
