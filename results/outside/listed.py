"""The columns in which rows from outside are listed, in the terminal and on the page: what their tools say of them."""

from typing import Any

from results.format import duration, missing, significant

OUTSIDE_HEAD = ("from", "problem", "n", "solver", "status", "runs", "time", "evaluations", "lowest f", "f - f*")
OUTSIDE_TEXTS = ("from", "problem", "solver", "status")


def outside_line(row: Any) -> tuple[str, ...]:
    """A row's: of several runs the evaluations of all, and the median of f - f*."""
    n, runs = ("" if missing(value) else str(value) for value in (row.n_dim, row.batch))
    figures = (_shown(value) for value in (row.n_f, row.f_best, row.f_gap_median))
    return row.origin, row.problem, n, row.solver, row.status, runs, duration(row.time_median_s), *figures


def _shown(value: Any) -> str:
    return "" if missing(value) else significant(float(value), 3)
