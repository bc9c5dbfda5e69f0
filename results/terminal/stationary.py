"""All stationary points: how many are known, how many were proved, and how many starts alone lead to."""

from typing import Any

import pandas as pd
from rich.console import Console

from results.format import duration, missing, print_columns, significant
from results.schema import STATIONARY

_HEAD = ("problem", "n", "known", "proved", "all?", "time", "compile", "all-newton", "unseen", "time", "gd", "time")


def render_stationary(frame: pd.DataFrame, out: Console) -> None:
    """Prints a line for every problem of which somebody was asked for a proof; nothing where nobody was."""
    asked = frame[frame["solver"].eq("certified") & frame["peer"].isna()]
    if asked.empty:
        return
    problems = asked["problem"].unique()
    lines = [_line(frame[frame["problem"].eq(problem) & frame["peer"].isna()]) for problem in problems]
    title = "stationary points: proved, found from starts, estimated unseen; * the global minimum is among them"
    print_columns(out, title, _HEAD, lines, _HEAD[:1])


def _line(rows: pd.DataFrame) -> tuple[str, ...]:
    by_solver = {row["solver"]: row for _, row in rows[rows["dtype"].eq("float64")].iterrows()}
    certified = by_solver["certified"]
    known = next((row["n_points_known"] for row in by_solver.values() if not missing(row["n_points_known"])), None)
    return (
        str(certified["problem"]),
        str(certified["n_dim"]),
        _count(known),
        _found(certified, "n_proved"),
        "" if missing(certified["complete"]) else "yes" if certified["complete"] else "open",
        duration(certified["time_median_s"]),
        duration(certified["compile_s"]),
        *_rival(by_solver.get("all-newton")),
        *_descent(by_solver.get("gd")),
    )


def _rival(row: Any) -> tuple[str, str, str]:
    if row is None or row["status"] != "ok":
        return "", "", ""
    points = row[[f"n_{end}" for end in STATIONARY]].sum()
    return f"{_count(points)}{_star(row)}", significant(row["n_unseen"]), duration(row["time_median_s"])


def _descent(row: Any) -> tuple[str, str]:
    if row is None or row["status"] != "ok":
        return "", ""
    return _found(row, "n_points_found"), duration(row["time_median_s"])


def _found(row: Any, column: str) -> str:
    return row["status"] if row["status"] != "ok" else f"{_count(row[column])}{_star(row)}"


def _star(row: Any) -> str:
    return "*" if not missing(row["frac_global"]) and row["frac_global"] > 0 else " "


def _count(value: Any) -> str:
    return "" if missing(value) else str(int(value))
