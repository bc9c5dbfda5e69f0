"""report.html: one file that asks nothing of the network and answers the question on its first screen."""

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined

from results import schema
from results.analysis import families
from results.analysis.costs import leaders
from results.analysis.families import FamilySummary, Win
from results.columns import Use, used
from results.files import replace
from results.format import duration, factor, missing, percent, several
from results.identity import distinct
from results.report.report_table import TABLE_COLUMNS
from results.report.sections import basin_pictures, sections
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
    shown = frame.head(_MOST_ROWS)
    return environment.from_string(page).render(
        style=style,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        title=", ".join(frame["run_id"].dropna().unique()[:3]),
        facts=_facts(frame),
        lead=_lead(frame),
        verdicts=[_line(verdict) for verdict in families.verdicts(frame)],
        pictures=_in_order(list(sections(frame, runs)), basin_pictures(runs)),
        columns=TABLE_COLUMNS,
        rows=[[column.cell(row) for column in TABLE_COLUMNS] for row in shown.itertuples()],
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
    )


def _in_order(drawn: list[dict[str, Any]], basins: dict[str, Any]) -> list[dict[str, Any]]:
    """The answer's own two pictures, then the basins, then the rest."""
    return [*drawn[:2], basins, *drawn[2:]]


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


def _lead(frame: pd.DataFrame) -> str:
    """The answer in a few sentences, from the rows."""
    rows = families.measured(frame)
    return f"{_ways(rows[rows['solver_kind'].isin(_WAYS)])}{_roots(rows)}"


_WAYS = ("solve", "descend")


def _ways(rows: pd.DataFrame) -> str:
    """On how many problems either way finds minima, and which is faster where both do."""
    tried = rows.groupby("problem")["solver_kind"].nunique()
    both = tried.index[tried == len(_WAYS)]
    if both.empty:
        return "No problem was measured both ways, so nothing is compared."
    costs = families.cheapest_costs(rows[rows["problem"].isin(both)], by="solver_kind").values()
    only = Counter(next(iter(of)) for of in costs if len(of) == 1)
    lead = Counter(tuple(leaders(of)) for of in costs if len(of) == len(_WAYS))
    solving, descending, common = lead[("solve",)], lead[("descend",)], sum(lead.values())
    text = f"Both ways were measured on {several(len(both), 'problem')} and find minima on {common}"
    if common:
        text += (
            f": solving grad f = 0 is faster per minimum on {solving} of them, descending on {descending}, "
            f"and they are about as fast on {common - solving - descending}"
        )
    return f"{text}. Only solving finds any on {only['solve']}, only descending on {only['descend']}."


def _roots(rows: pd.DataFrame) -> str:
    """What newton's roots are."""
    newton = rows[(rows["solver"] == "newton") & (rows["frac_stationary"] > 0)]
    lost = int((newton["frac_stationary"] > newton["frac_minimum"]).sum())
    if newton.empty:
        return ""
    return f" On {lost} of {several(len(newton), 'problem')} some of newton's roots are no minima."


def _line(verdict: FamilySummary) -> dict[str, str]:
    return {
        "family": verdict.family,
        "count": several(len(verdict.problems), "problem"),
        "filter": "|".join(verdict.problems[:40]),
        "fastest": _fastest(verdict) + _calls(verdict),
        "minima": _share(verdict.minima),
        "global_": _share(verdict.globals),
    }


def _fastest(verdict: FamilySummary) -> str:
    win = verdict.fastest
    if win is None:
        return "none reaches a minimum"
    text = f"{win.solver}: first on {win.figure:.0f} of {win.problems}"
    text += f", level on {verdict.level}" if verdict.level else ""
    return text + (f", {factor(verdict.factor)} ahead" if verdict.factor else "")


def _calls(verdict: FamilySummary) -> str:
    """What exact solvers answer by the call, which is compared with no start of a batch."""
    calls = verdict.exact
    if calls is None:
        return ""
    fastest, slowest = duration(calls.fastest_s), duration(calls.slowest_s)
    span = fastest if fastest == slowest else f"{fastest} to {slowest}"
    return f"; {calls.solver} answers {calls.problems} of {len(verdict.problems)}, {span} a call"


def _share(win: Win | None) -> str:
    if win is None:
        return "no known minimum"
    if win.figure == 0:
        return f"none from any start, {several(win.problems, 'problem')}"
    text = f"{win.solver} {percent(win.figure)}"
    if win.runner_up is not None and win.runner_up_figure is not None:
        text += f" ({win.runner_up} {percent(win.runner_up_figure)})"
    return f"{text}, {several(win.problems, 'problem')}"


def _conditions(frame: pd.DataFrame) -> list[tuple[str, str]]:
    lines = []
    for name in used(schema.COLUMNS, Use.LISTED):
        values = [str(value) for value in frame[name].dropna().unique()]
        lines.append((name, ", ".join(values[:8]) + (f" and {len(values) - 8} more" if len(values) > 8 else "")))
    return [(name, text) for name, text in lines if text]
