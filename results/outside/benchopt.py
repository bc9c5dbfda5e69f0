"""benchopt's results, a frame: a row per objective, dataset, solver, repetition and point of the curve.

Moreau et al. 2022, Benchopt: reproducible, efficient and collaborative optimization benchmarks, NeurIPS 35.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from results.outside.foreign import Foreign, thinned, true_rounds, wanted, with_numbers

BENCHOPT_COLUMNS = ("objective_name", "solver_name", "idx_rep", "time")
_DATASET = ("dataset_name", "data_name")
"""Its name now, and in older versions."""
_VALUE, _STOP = "objective_value", "stop_val"


def read_benchopt(table: pd.DataFrame, path: object) -> Iterator[Foreign]:
    """A row per objective, dataset and solver: seconds to the last point of its curve, rounds are the repetitions.

    Raises:
        ValueError: a column, or a name in a row, is missing.
    """
    dataset = next((name for name in _DATASET if name in table.columns), _DATASET[0])
    keys = ["objective_name", dataset, "solver_name"]
    wanted(table, [*keys, "idx_rep"], ["time"], path, "benchopt")
    for (objective, data, solver), rows in with_numbers(table, ("time", _VALUE, _STOP)).groupby(keys, sort=False):
        yield _one(f"{objective} on {data}", str(solver), rows)


def _one(problem: str, solver: str, rows: pd.DataFrame) -> Foreign:
    ends = rows.sort_values("time", kind="stable").groupby("idx_rep", sort=False).tail(1)
    by_steps = _STOP in rows.columns and _strategy(rows) in ("Iteration", "Callback")
    figures: dict[str, Any] = {"batch": 1}
    if _VALUE in rows.columns:
        figures["f_best"] = rows[_VALUE].min()
    if by_steps and ends[_STOP].notna().any():
        figures["steps_max"] = int(ends[_STOP].max())
    if "system-processor" in rows.columns and rows["system-processor"].notna().any():
        figures["cpu_model"] = str(rows["system-processor"].dropna().iloc[0])
    return Foreign("benchopt", problem, solver, figures, true_rounds(ends["time"]), tuple(_curve(rows, by_steps)))


def _strategy(rows: pd.DataFrame) -> str:
    told = rows["sampling_strategy"].dropna() if "sampling_strategy" in rows.columns else rows["idx_rep"].iloc[:0]
    return str(told.iloc[0]).capitalize() if len(told) else ""


def _curve(rows: pd.DataFrame, by_steps: bool) -> Iterator[dict[str, Any]]:
    """Medians over the repetitions at every point that has a number of steps; a tolerance is none."""
    if not by_steps or _VALUE not in rows.columns:
        return
    points = rows.dropna(subset=[_STOP, "time"]).groupby(_STOP)
    table = points.agg(time_s=("time", "median"), f_median=(_VALUE, "median"), n_running=("idx_rep", "nunique"))
    for place in thinned(len(table)):
        point = table.iloc[place]
        yield {
            "step": int(table.index[place]), "time_s": point["time_s"], "f_median": point["f_median"],
            "n_lanes": rows["idx_rep"].nunique(), "n_running": int(point["n_running"]),
        }  # fmt: skip
