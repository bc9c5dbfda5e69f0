"""The tables at the end of a run: per problem, its solvers side by side."""

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple, TextIO

import pandas as pd
from rich.console import Console
from rich.highlighter import NullHighlighter
from rich.text import Text

from results.analysis.costs import Row, shown_time, time_spread
from results.analysis.expected import way_of
from results.format import duration, missing, percent, several, significant
from results.schema import ENDS
from results.terminal.painted import Painted
from results.terminal.reading import reading
from results.terminal.target import target_sentence
from results.text import forgiving


class _Show(NamedTuple):
    """One column of the table: how a row's figure is found and shown, and which is best."""

    title: str
    figure: Callable[[Row], Any]
    show: Callable[[Row], str]
    best: Callable[[Any], Any] | None = None
    of_starts: bool = False
    """Is it a figure of the starts of a batch, with which an exact solver's does not compete?"""


def _shown(title: str, figure: Callable[[Row], Any], show: Callable[[Any], str], best: Any = None) -> _Show:
    return _Show(title, figure, lambda row: "" if missing(figure(row)) else show(figure(row)), best)


def _share(title: str, figure: Callable[[Row], Any]) -> _Show:
    """An exact solver returns points, not ends of starts: counts, not shares."""
    return _Show(title, figure, lambda row: _of_points(row, figure(row)), max, of_starts=True)


def _of_points(row: Row, share: float) -> str:
    points: Any = sum(count for end in ENDS if not missing(count := getattr(row, f"n_{end}")))
    if row.solver_kind != "exact" or not points or missing(share):
        return percent(share)
    return f"{round(share * points)} of {points}"


_COLUMNS = (
    _Show("time/start", lambda row: row.time_median_s, shown_time, min, of_starts=True),
    _shown("spread", time_spread, percent),
    _shown("steps", lambda row: row.steps_median, lambda value: significant(value, 3)),
    _share("stationary", lambda row: row.frac_stationary),
    _share("minimum", lambda row: row.frac_minimum),
    _share("global", lambda row: row.frac_global),
    _shown("digits", lambda row: row.digits_median, lambda value: f"{value:.1f}", max),
    _shown("compile", lambda row: row.compile_s, duration, min),
)


def console(stream: TextIO) -> Console:
    """Writes to `stream`: at most 120 columns on a terminal, solvers in their colours, 100 plain ones elsewhere."""
    stream = forgiving(stream)
    if not stream.isatty():
        return Console(file=stream, width=100, no_color=True, force_terminal=False, highlighter=NullHighlighter())
    terminal = Console(file=stream, highlighter=Painted())
    terminal.width = max(80, min(120, terminal.width))
    return terminal


def render(frame: pd.DataFrame, out: Console) -> None:
    """Prints a table for every problem, batch, dtype and device of the frame; races have a table of their own."""
    for rows in _groups(frame[frame["peer"].isna() | (frame["status"] != "ok")]):
        out.print()
        out.print(_header(rows), soft_wrap=True)
        for line in _lines(rows):
            out.print(out.highlighter(line), soft_wrap=True)
        for text in filter(None, (reading(rows), target_sentence(rows))):
            whole = f"-> {text}".replace(" %", _HELD + "%")
            lines = fill(whole, out.width, initial_indent="  ", subsequent_indent="     ")
            out.print(lines.replace(_HELD, " "), markup=False)


_HELD = "\0"
"""Stands for a space at which no line is broken."""


def render_footer(frame: pd.DataFrame, csv: Path, page: Path, command: str, out: Console) -> None:
    """Prints how many cells are ok and why others are not, where rows and report are, and how to repeat the run."""
    counts = frame["status"].value_counts()
    ok = int(counts.get("ok", 0))
    rest = [f"{count} {status}" for status, count in counts.items() if status != "ok"]
    out.print()
    out.print(f"{ok} of {len(frame)} cells ok" + (f"; {', '.join(rest)}" if rest else ""))
    for row in frame[~frame["status"].isin(["ok", "unsupported"])].itertuples():
        out.print(f"  {row.status}: {row.cell_id}: {row.status_detail}", soft_wrap=True, markup=False)
    if (failures := csv.with_name("failures.log")).exists():
        out.print(f"tracebacks: {failures}", soft_wrap=True, markup=False)
    out.print(f"rows: {csv}", soft_wrap=True, markup=False)
    out.print(f"report: {page}", soft_wrap=True, markup=False)
    out.print(f"again: {command}", soft_wrap=True, markup=False)


def _groups(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Rows of one machine that belong side by side: an exact solver, which has no batch, joins every batch."""
    apart = [frame[name].fillna("") for name in ("machine", "study")]
    for _, rows in frame.groupby(["problem", "dtype", "device", "seed", *apart], sort=False):
        exact = rows["solver_kind"].eq("exact")
        if exact.all():
            yield rows
        for batch in rows.loc[~exact, "batch"].unique():
            yield pd.concat([rows[exact], rows[~exact & rows["batch"].eq(batch)]])


def _header(rows: pd.DataFrame) -> Text:
    last, ok = rows.iloc[-1], rows[rows["status"] == "ok"]
    parts = [last["dtype"], last["device"]]
    if last["solver_kind"] != "exact":
        parts = [several(last["batch"], "start"), *parts]
    if len(ok):
        parts = [f"n={ok.iloc[0].n_dim}", *parts, _truth(ok.iloc[0])]
    return Text(last["problem"], style="bold") + Text("   " + "   ".join(parts), style="not bold")


def _truth(row: Row) -> str:
    standing = "truth: unknown" if missing(row.truth_standing) else f"truth: {row.truth_standing}"
    if missing(row.n_points_known):
        return standing
    points = f"{standing}, {several(row.n_points_known, 'known point')}"
    return points + (", complete" if not missing(row.truth_complete) and row.truth_complete else "")


def _lines(rows: pd.DataFrame) -> Iterator[Text]:
    """The table: a head, then a line per row; a row that is not ok says why in the place of its figures."""
    records = list(rows.itertuples())
    best = [_best(column, records) for column in _COLUMNS]
    head = [Text("solver"), Text("way"), *(Text(column.title) for column in _COLUMNS)]
    cells = {row.Index: _cells(row, best) for row in records if row.status == "ok"}
    names = [len(row.solver) for row in records]
    widths = [max(len(line[k]) for line in (head, *cells.values())) for k in range(len(head))]
    widths[0] = max(widths[0], *names)
    yield _aligned(head, widths)
    for row in records:
        if row.status == "ok":
            yield _aligned(cells[row.Index], widths)
        else:
            why = "" if missing(row.status_detail) else f": {row.status_detail}"
            yield Text(f"  {row.solver:{widths[0]}}  ") + Text(row.status + why, style="dim")


def _aligned(cells: list[Text], widths: list[int]) -> Text:
    """Names to the left, figures to the right."""
    line = Text("  ")
    for k, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        gap = " " * (width - len(cell))
        line += Text("  " if k else "") + (cell + gap if k < 2 else Text(gap) + cell)
    line.rstrip()
    return line


def _best(column: _Show, records: list[Row]) -> Any:
    """The best figure of a column, where more than one row competes."""
    rivals = [row for row in records if row.status == "ok" and not (column.of_starts and row.solver_kind == "exact")]
    figures = [column.figure(row) for row in rivals]
    figures = [figure for figure in figures if not missing(figure)]
    return column.best(figures) if column.best and len(figures) > 1 and len(set(figures)) > 1 else None


def _cells(row: Row, best: list[Any]) -> list[Text]:
    return [Text(row.solver), Text(way_of(row))] + [
        _cell(row, column, champion) for column, champion in zip(_COLUMNS, best, strict=True)
    ]


def _cell(row: Row, column: _Show, champion: Any) -> Text:
    rival = champion is not None and not (column.of_starts and row.solver_kind == "exact")
    return Text(column.show(row), style="bold" if rival and column.figure(row) == champion else "")
