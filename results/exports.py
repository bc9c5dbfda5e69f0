"""Rows in the formats of other tools: each a pure function of the table."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from results.analysis.costs import shown_time
from results.files import replace
from results.format import missing, percent, significant


def gha(rows: pd.DataFrame) -> str:
    """github-action-benchmark, tool customSmallerIsBetter."""
    entries = [
        {
            "name": row.cell_id,
            "unit": "s",
            "value": row.time_median_s,
            "range": "" if missing(row.time_iqr_s) else f"{row.time_iqr_s:.3g}",
            "extra": f"{percent(row.frac_stationary)} stationary, {percent(row.frac_minimum)} minima, on {row.device}",
        }
        for row in rows.itertuples()
    ]
    return json.dumps(entries, indent=1)


def bencher(rows: pd.DataFrame) -> str:
    """Bencher Metric Format: latency in nanoseconds, and the share of stationary ends."""
    entries = {}
    for row in rows.itertuples():
        latency = {"value": row.time_median_s * 1e9}
        if not missing(row.time_iqr_s):
            half = row.time_iqr_s * 0.5e9
            latency |= {"lower_value": latency["value"] - half, "upper_value": latency["value"] + half}
        entries[row.cell_id] = {"latency": latency}
        if not missing(row.frac_stationary):
            entries[row.cell_id]["stationary"] = {"value": row.frac_stationary}
    return json.dumps(entries, indent=1)


def asv(rows: pd.DataFrame) -> str:
    """One result file of airspeed velocity, version 2; a cell is a benchmark without parameters.

    Raises:
        ValueError: rows of several commits or machines, which asv keeps in files of their own.
    """
    commits, machines = rows["git_sha"].dropna().unique(), rows["device_kind"].dropna().unique()
    if len(commits) != 1 or len(machines) != 1:
        raise ValueError(
            f"asv wants one commit and one device a file; the rows are of {len(commits)} and {len(machines)}"
        )
    first = rows.iloc[0]
    started = int(pd.Timestamp(first["started_utc"]).timestamp() * 1000)
    return json.dumps(
        {
            "version": 2,
            "commit_hash": commits[0],
            "env_name": f"jax{first['jax_version']}",
            "date": started,
            "params": {"machine": machines[0], "python": first["python_version"], "cpu": _plain(first["cpu_model"])},
            "python": first["python_version"],
            "requirements": {"jax": first["jax_version"]},
            "env_vars": {},
            "result_columns": ["result", "params"],
            "results": {row.cell_id: [[row.time_median_s], []] for row in rows.itertuples()},
            "durations": {},
        },
        indent=1,
    )


def otava(rows: pd.DataFrame) -> str:
    """A line per run for Apache Otava's CSV importer: time, commit, and a column of seconds per cell."""
    table = rows.pivot_table(index="run_id", columns="cell_id", values="time_median_s", sort=False)
    runs = rows.groupby("run_id", sort=False).agg(time=("started_utc", "min"), commit=("git_sha", "first"))
    return runs.join(table).sort_values("time").to_csv(index=False)


def markdown(rows: pd.DataFrame) -> str:
    """A table for people."""
    head = ("problem", "solver", "starts", "time/start", "steps", "stationary", "minimum", "global", "digits")
    lines = [head, ("---",) * len(head), *map(_shown, rows.itertuples())]
    return "".join(f"| {' | '.join(field.replace('|', chr(92) + '|') for field in line)} |\n" for line in lines)


def latex(rows: pd.DataFrame) -> str:
    """A tabular for papers; needs the package booktabs."""
    head = ("problem", "solver", "starts", "time/start", "steps", "stationary", "minimum", "global", "digits")
    table = pd.DataFrame(list(map(_shown, rows.itertuples())), columns=list(head))
    return table.to_latex(index=False, escape=True, column_format="llrrrrrrr")


def _shown(row: Any) -> tuple[str, ...]:
    shares = (percent(value) for value in (row.frac_stationary, row.frac_minimum, row.frac_global))
    steps = "" if missing(row.steps_median) else significant(row.steps_median, 3)
    digits = "" if missing(row.digits_median) else f"{row.digits_median:.1f}"
    return str(row.problem), str(row.solver), str(row.batch), shown_time(row), steps, *shares, digits


def _plain(value: Any) -> Any:
    return None if missing(value) else value


TEXTS: dict[str, Callable[[pd.DataFrame], str]] = {
    "gha": gha,
    "asv": asv,
    "bencher": bencher,
    "otava": otava,
    "markdown": markdown,
    "latex": latex,
}
EXPORTS = (*TEXTS, "parquet")


def export(frame: pd.DataFrame, form: str, target: Path) -> int:
    """Writes the measured rows (parquet: all rows); returns how many.

    Raises:
        ValueError: no row is measured, or the format cannot hold these rows.
        ImportError: parquet needs a package that is not there.
    """
    rows = frame if form == "parquet" else frame[(frame["status"] == "ok") & frame["peer"].isna()]
    if rows.empty:
        raise ValueError("no measured row to export")
    if form == "parquet":
        rows.to_parquet(target, index=False)
    else:
        replace(target, TEXTS[form](rows))
    return len(rows)
