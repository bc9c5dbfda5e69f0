"""The table of all rows in the report."""

from collections.abc import Callable
from typing import Any, NamedTuple

from results.format import duration, factor, missing, percent, significant


class Cell(NamedTuple):
    """A field of the table of all rows, and what it is sorted by; None where that is the text."""

    text: str
    key: str | None = None


class Column(NamedTuple):
    """A column of that table."""

    title: str
    value: Callable[[Any], Any]
    show: Callable[[Any], str] | None = None

    @property
    def number(self) -> bool:
        """Is it a column of figures?"""
        return self.show is not None

    def cell(self, row: Any) -> Cell:
        """The field of one row."""
        value = self.value(row)
        if self.show is None:
            return Cell("" if missing(value) else str(value))
        return Cell("" if missing(value) else self.show(value), "" if missing(value) else repr(float(value)))


COLUMNS = (
    Column("problem", lambda row: row.problem),
    Column("n", lambda row: row.n_dim, str),
    Column("solver", lambda row: row.solver),
    Column("kind", lambda row: row.solver_kind),
    Column("starts", lambda row: row.batch, str),
    Column("dtype", lambda row: row.dtype),
    Column("device", lambda row: row.device),
    Column("status", lambda row: row.status),
    Column(
        "time per start", lambda row: None if row.solver_kind == "exact" else row.time_median_s / row.batch, duration
    ),
    Column("time of a call", lambda row: row.time_median_s, duration),
    Column("steps", lambda row: row.steps_median, lambda value: significant(value, 3)),
    Column("stationary", lambda row: row.frac_stationary, percent),
    Column("minimum", lambda row: row.frac_minimum, percent),
    Column("global", lambda row: row.frac_global, percent),
    Column("digits", lambda row: row.digits_median, lambda value: f"{value:.1f}"),
    Column("compile", lambda row: row.compile_s, duration),
    Column("peer", lambda row: row.peer),
    Column("its time over ours", lambda row: row.ratio_to_peer, factor),
)
