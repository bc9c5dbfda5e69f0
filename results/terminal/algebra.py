"""Where algebra stops: what it solved, in what time, beside the problem's own formula and newton."""

from typing import Any

import pandas as pd
from rich.console import Console

from results.format import duration, missing, print_columns, significant
from results.schema import STATIONARY

_HEAD = ("problem", "n", "algebra", "points", "known", "digits", "formula", "newton, a start")
_LEFT = ("problem", "algebra")
_LONGEST = 48


def render_algebra(frame: pd.DataFrame, out: Console) -> None:
    """Prints a line for every problem that was given to computer algebra; nothing where none was."""
    rows = frame[frame["peer"].isna() & frame["dtype"].eq("float64")]
    problems = rows.loc[rows["solver"].eq("symbolic"), "problem"].unique()
    if not len(problems):
        return
    lines = [_line(rows[rows["problem"].eq(problem)]) for problem in problems]
    print_columns(
        out,
        "computer algebra and the problem's own formula by the call, newton by the start of its batch",
        _HEAD,
        lines,
        _LEFT,
    )


def _line(rows: pd.DataFrame) -> tuple[str, ...]:
    by_solver = {row["solver"]: row for _, row in rows.iterrows()}
    algebra, newton = by_solver["symbolic"], by_solver.get("newton")
    solved = algebra["status"] == "ok"
    return (
        str(algebra["problem"]),
        str(algebra["n_dim"]),
        duration(algebra["time_median_s"]) if solved else _why(algebra),
        str(int(algebra[[f"n_{end}" for end in STATIONARY]].sum())) if solved else "",
        "" if missing(algebra["n_points_known"]) else str(int(algebra["n_points_known"])),
        "" if missing(algebra["digits_median"]) else significant(algebra["digits_median"], 3),
        _time(by_solver.get("closed-form"), 1),
        _time(newton, newton["batch"] if newton is not None else 1),
    )


def _why(row: Any) -> str:
    text = f"{row['status']}: {row['status_detail']}" if row["status"] == "unsupported" else str(row["status"])
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _time(row: Any, of: int) -> str:
    return duration(row["time_median_s"] / of) if row is not None and row["status"] == "ok" else ""
