"""report.html: one file that asks nothing of the network and answers the question on its first screen."""

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import pandas as pd
from jinja2 import Environment, StrictUndefined

from results import schema
from results.analysis.answer import answers
from results.analysis.climbs import climbs, heights
from results.analysis.learners import learners, networks_told
from results.columns import Use, used
from results.files import replace
from results.format import missing
from results.identity import distinct
from results.outside.apart import foreign_rows, own_rows, told_apart
from results.outside.listed import OUTSIDE_HEAD, outside_line
from results.report import first_screen
from results.report.report_table import TABLE_COLUMNS
from results.report.sections import FIRST, SECTIONS, basin_pictures, drawn, tables_of
from results.schema import ACCURACIES
from results.table import read

_MOST_ROWS = 4000


def write_report(runs: Sequence[Path], target: Path) -> Path:
    """Writes the page of one or several runs.

    Raises:
        ValueError: a path without results, or runs of one name that are not the same.
    """
    replace(target, build(runs))
    return target


def build(runs: Sequence[Path]) -> str:
    """The page as text."""
    frame = distinct(read(runs))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    page, style, script = (_part(name) for name in ("report.html.j2", "report.css", "report.js"))
    tables, foreign, apart = tables_of(frame, runs), foreign_rows(frame), told_apart(frame)
    pictures = [*drawn(tables, FIRST), basin_pictures(runs), *drawn(tables, SECTIONS)]
    frame = own_rows(frame)
    shown = frame.head(_MOST_ROWS)
    columns = [column for column in TABLE_COLUMNS if any(column.cell(row).text for row in shown.itertuples())]
    solvers, problems = first_screen.solvers_of(frame), first_screen.problems_of(frame)
    names = {line["name"]: line["id"] for line in (*problems, *solvers)}
    return environment.from_string(page).render(
        style=style,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        title=", ".join(pd.concat([frame, foreign])["run_id"].dropna().unique()[:3]),
        facts=_facts(frame),
        answers=first_screen.told(answers(frame), names),
        goals=first_screen.goals(),
        accuracies=ACCURACIES,
        heights=[first_screen.linked(line, names) for line in heights(climbs(frame))],
        networks=[first_screen.linked(line, names) for line in networks_told(learners(frame))],
        pictures=[section for section in pictures if not section["reason"]],
        folded=[section for section in pictures if section["reason"]],
        solvers=solvers,
        problems=problems,
        measured=bool(frame["status"].eq("ok").any()),
        columns=columns,
        rows=[[column.cell(row) for column in columns] for row in shown.itertuples()],
        left_out=len(frame) - len(shown),
        failures=[
            {
                "cell_id": row.cell_id,
                "status": row.status,
                "why": "" if missing(row.status_detail) else row.status_detail,
            }
            for row in frame[frame["status"] != "ok"].itertuples()
        ],
        conditions=_conditions(frame),
        apart=apart,
        outside_head=OUTSIDE_HEAD,
        outside=[outside_line(row) for row in foreign.head(_MOST_ROWS).itertuples()],
    )


def _part(name: str) -> str:
    return files("results").joinpath(f"page/{name}").read_text(encoding="utf-8")


def _facts(frame: pd.DataFrame) -> str:
    ok = int(frame["status"].eq("ok").sum())
    device = ", ".join(frame["device_kind"].fillna(frame["device"]).dropna().unique()[:3])
    cpu = ", ".join(frame["cpu_model"].dropna().unique()[:2])
    commit = ", ".join(text[:8] for text in frame["git_sha"].dropna().unique()[:2]) or "no commit"
    dirty = " with uncommitted changes" if frame["git_dirty"].fillna(False).any() else ""
    dates = sorted(frame["started_utc"].dropna().str[:10].unique())
    when = f"{dates[0]} to {dates[-1]}" if len(dates) > 1 else "".join(dates)
    where = device if device == cpu or not cpu else f"{device} ({cpu})"
    dtypes = ", ".join(frame["dtype"].dropna().unique())
    return f"{where}; {dtypes}; {when}; {commit}{dirty}; {len(frame)} cells, {ok} measured, {len(frame) - ok} not"


def _conditions(frame: pd.DataFrame) -> list[tuple[str, str]]:
    lines = []
    for name in used(schema.COLUMNS, Use.LISTED):
        values = [str(value) for value in frame[name].dropna().unique()]
        lines.append((name, ", ".join(values[:8]) + (f" and {len(values) - 8} more" if len(values) > 8 else "")))
    return [(name, text) for name, text in lines if text]
