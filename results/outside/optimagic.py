"""optimagic's convergence histories, a frame: a row per problem, algorithm and evaluation."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from results.outside.foreign import Foreign, thinned, true_rounds, wanted, with_numbers

OPTIMAGIC_COLUMNS = ("problem", "algorithm", "n_evaluations", "walltime", "criterion")
_GAP = "criterion_normalized"


def read_optimagic(table: pd.DataFrame, path: object) -> Iterator[Foreign]:
    """A row per problem and algorithm: seconds from its first evaluation to its last, and how low it came.

    Raises:
        ValueError: a column is missing.
    """
    keys, figures = [*OPTIMAGIC_COLUMNS[:2]], OPTIMAGIC_COLUMNS[2:]
    wanted(table, keys, figures, path, "optimagic")
    for (problem, algorithm), rows in with_numbers(table, (*figures, _GAP)).groupby(keys, sort=False):
        ordered = rows.sort_values("n_evaluations", kind="stable")
        # Its walltime is the reading of a clock that began anywhere, at the beginning of each evaluation.
        since = ordered["walltime"] - ordered["walltime"].min()
        yield _one(str(problem), str(algorithm), ordered.assign(walltime=since))


def _one(problem: str, algorithm: str, rows: pd.DataFrame) -> Foreign:
    if rows["walltime"].isna().all():  # how optimagic writes a run that raised
        figures: dict[str, Any] = {"status": "error", "status_detail": "it failed where it was measured", "batch": 1}
        return Foreign("optimagic", problem, algorithm, figures)
    lowest, gaps = rows["criterion"].cummin(), _gaps(rows)
    last = rows["n_evaluations"].max()
    figures = {
        "batch": 1, "f_best": lowest.min(), "f_gap_min": gaps.min(), "f_gap_median": gaps.min(),
        "n_f": None if pd.isna(last) else int(last) + 1,
    }  # fmt: skip
    samples = true_rounds([rows["walltime"].max()])
    return Foreign("optimagic", problem, algorithm, figures, samples, tuple(_curve(rows, lowest, gaps)))


def _gaps(rows: pd.DataFrame) -> pd.Series:
    """The lowest f - f* so far, by the tool's own f*: its normalised criterion times f(start) - f*.

    That factor follows from the two values that lie farthest apart, where they do at all.
    """
    if _GAP not in rows.columns or rows[_GAP].isna().all():
        return pd.Series(np.nan, rows.index)
    high, low = rows[_GAP].idxmax(), rows[_GAP].idxmin()
    apart = rows.loc[high, _GAP] - rows.loc[low, _GAP]
    if not apart > 0:
        return pd.Series(np.nan, rows.index)
    return rows[_GAP].cummin() * (rows.loc[high, "criterion"] - rows.loc[low, "criterion"]) / apart


def _curve(rows: pd.DataFrame, lowest: pd.Series, gaps: pd.Series) -> Iterator[dict[str, Any]]:
    for place in thinned(len(rows)):
        if pd.notna(rows["n_evaluations"].iloc[place]):
            yield {
                "step": int(rows["n_evaluations"].iloc[place]) + 1, "time_s": rows["walltime"].iloc[place],
                "n_lanes": 1, "n_running": 1, "f_median": lowest.iloc[place], "f_gap_median": gaps.iloc[place],
            }  # fmt: skip
