"""The answer as the page shows it: a sentence for every kind of problem, a table for every goal, names that lead on."""

import re
from collections.abc import Iterable
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from results.analysis.answer import FamilyAnswer
from results.analysis.contests import Contest
from results.analysis.expected import ORDER_OF_WAYS, way_of
from results.analysis.looks import look
from results.analysis.sentences import sentence
from results.format import missing, several
from results.pictures.curves import GOAL_NAMES
from results.schema import ACCURACIES, GOALS

_MOST_NAMES = 3


def told(found: Iterable[FamilyAnswer], names: dict[str, str]) -> list[dict[str, Any]]:
    """A line of the page for every kind of problem; `names` says where what a name means is told."""
    return [
        {
            "sentence": linked(sentence(answer), names),
            "family": answer.family,
            "count": several(len(answer.problems), "problem"),
            "filter": "|".join(answer.problems[:40]),
            "cells": {goal: [_cell(answer.contests[goal, d], names) for d in ACCURACIES] for goal in GOALS},
        }
        for answer in found
    ]


def goals() -> dict[str, str]:
    """What the page's switch offers."""
    return {goal: GOAL_NAMES[goal] for goal in GOALS}


def linked(text: str, names: dict[str, str]) -> Markup:
    """The text, in which every name leads to what it is."""
    if not names:
        return escape(text)
    longest = sorted(names, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, longest))})(?![\w-])")
    parts = pattern.split(text)
    link = Markup('<a href="#{}">{}</a>')
    return Markup("").join(link.format(names[part], part) if k % 2 else escape(part) for k, part in enumerate(parts))


def _cell(each: Contest, names: dict[str, str]) -> Markup:
    """Who is soonest, and on how many problems it gets there."""
    if not each.problems:
        return escape("not known")
    if not each.leaders:
        return escape(f"nobody, of {several(len(each.problems), 'problem')}")
    reached = {standing.solver: standing.reached for standing in each.standings}
    shown = [f"{name} {reached[name]} of {len(each.problems)}" for name in each.leaders[:_MOST_NAMES]]
    more = len(each.leaders) - len(shown)
    text = ", ".join(shown) + (f" and {more} more" if more else "")
    return linked(text if len(each.leaders) == 1 else f"too close to call: {text}", names)


def solvers_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Every solver of the rows: its way, its colour, and how many of its cells have figures."""
    lines: list[dict[str, Any]] = []
    for k, (solver, of) in enumerate(frame.groupby("solver", sort=False)):
        first = next(of.itertuples())
        lines.append(
            {
                "id": f"solver-{k}",
                "name": str(solver),
                "way": way_of(first),
                "colour": look(str(solver))["color"],
                "cells": f"{int(of['status'].eq('ok').sum())} of {len(of)}",
            }
        )
    return sorted(lines, key=lambda line: ORDER_OF_WAYS.index(line["way"]) if line["way"] in ORDER_OF_WAYS else 9)


def problems_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Every problem of the rows: its variables, what it is like, and what is known of its minimum."""
    lines = []
    for k, (problem, of) in enumerate(frame.groupby("problem", sort=False)):
        first = next(of.itertuples())
        lines.append(
            {
                "id": f"problem-{k}",
                "name": str(problem),
                "n": "" if missing(first.n_dim) else str(first.n_dim),
                "tags": "" if missing(first.problem_tags) else first.problem_tags.replace(";", ", "),
                "truth": "unknown" if missing(first.truth_standing) else first.truth_standing.replace("_", " "),
            }
        )
    return lines
