"""All roots by continuation: the paths, where they went and what is proved of their ends, beside three other ways."""

from typing import Any

import pandas as pd
from rich.console import Console

from results.format import duration, missing, print_columns
from results.schema import STATIONARY

_HEAD = (
    *("problem", "n", "paths", "infinite", "given up", "finite", "in the box", "minima", "proved", "standing", "time"),
    *("symbolic", "time", "certified", "time", "all-newton", "time"),
)
_TITLE = (
    "all roots by continuation: where its paths end, and the real ones in the box beside those that others find; "
    "+ proved to be all in the box"
)
_LEFT = ("problem", "standing")
_OTHERS = ("symbolic", "certified", "all-newton")


def render_roots(frame: pd.DataFrame, out: Console) -> None:
    """Prints a line for every problem whose roots were followed; nothing where none were."""
    rows = frame[frame["peer"].isna() & frame["dtype"].eq("float64")]
    problems = rows.loc[rows["solver"].eq("continuation"), "problem"].unique()
    if not len(problems):
        return
    lines = [_line(rows[rows["problem"].eq(problem)]) for problem in problems]
    print_columns(out, _TITLE, _HEAD, lines, _LEFT)


def _line(rows: pd.DataFrame) -> tuple[str, ...]:
    by_solver = {row["solver"]: row for _, row in rows.iterrows()}
    own = by_solver["continuation"]
    head = str(own["problem"]), str(own["n_dim"])
    others = [text for name in _OTHERS for text in _other(by_solver.get(name))]
    if own["status"] != "ok":
        return *head, *[""] * 7, str(own["status"]), "", *others
    gone = own["n_at_infinity"], own["n_given_up"]
    paths = _count(own["n_paths"]), *map(_count, gone), _count(own["n_paths"] - sum(gone))
    standing = "" if missing(own["roots_standing"]) else str(own["roots_standing"])
    points = f"{_points(own)}{_plus(own)}", _count(own["n_minimum"]), _count(own["n_proved"])
    return *head, *paths, *points, standing, duration(own["time_median_s"]), *others


def _other(row: Any) -> tuple[str, str]:
    """How many stationary points it returned and in what time; a failure by its name."""
    if row is None:
        return "", ""
    if row["status"] != "ok":
        return str(row["status"]), ""
    return f"{_points(row)}{_plus(row)}", duration(row["time_median_s"])


def _points(row: Any) -> str:
    return _count(row[[f"n_{end}" for end in STATIONARY]].sum())


def _plus(row: Any) -> str:
    return "+" if not missing(row["complete"]) and row["complete"] else " "


def _count(value: Any) -> str:
    return "" if missing(value) else str(int(value))
