"""The table of all rows in the report."""

from collections.abc import Callable
from typing import Any, NamedTuple

from results.analysis.expected import target_cost, target_evaluations, way_of
from results.format import duration, factor, missing, percent, significant


class Field(NamedTuple):
    """A field of the table of all rows, and what it is sorted by; None where that is the text."""

    text: str
    key: str | None = None


class TableColumn(NamedTuple):
    """A column of that table."""

    title: str
    value: Callable[[Any], Any]
    show: Callable[[Any], str] | None = None

    @property
    def number(self) -> bool:
        """Is it a column of figures?"""
        return self.show is not None

    def cell(self, row: Any) -> Field:
        """The field of one row."""
        value = self.value(row)
        if self.show is None:
            return Field("" if missing(value) else str(value))
        return Field("" if missing(value) else self.show(value), "" if missing(value) else repr(float(value)))


def _seconds_to_target(row: Any) -> float | None:
    found = target_cost(row)
    return None if found is None else found.seconds


TABLE_COLUMNS = (
    TableColumn("problem", lambda row: row.problem),
    TableColumn("n", lambda row: row.n_dim, str),
    TableColumn("solver", lambda row: row.solver),
    TableColumn("way", way_of),
    TableColumn("study", lambda row: row.study),
    TableColumn("starts", lambda row: row.batch, str),
    TableColumn("dtype", lambda row: row.dtype),
    TableColumn("device", lambda row: row.device),
    TableColumn("status", lambda row: row.status),
    TableColumn(
        "time per start", lambda row: None if row.solver_kind == "exact" else row.time_median_s / row.batch, duration
    ),
    TableColumn("time of a call", lambda row: row.time_median_s, duration),
    TableColumn("steps", lambda row: row.steps_median, lambda value: significant(value, 3)),
    TableColumn("stationary", lambda row: row.frac_stationary, percent),
    TableColumn("minimum", lambda row: row.frac_minimum, percent),
    TableColumn("global", lambda row: row.frac_global, percent),
    TableColumn("digits", lambda row: row.digits_median, lambda value: f"{value:.1f}"),
    TableColumn("compile", lambda row: row.compile_s, duration),
    TableColumn("time to target", _seconds_to_target, duration),
    TableColumn("evaluations to target", target_evaluations, lambda value: significant(value, 3)),
    TableColumn("peer", lambda row: row.peer),
    TableColumn("its time over ours", lambda row: row.ratio_to_peer, factor),
)
