"""How f - f* falls on one problem: of our rows, and apart from them of rows from outside."""

from typing import NamedTuple

import pandas as pd

from results.analysis.expected import main_rows
from results.analysis.families import measured
from results.outside.apart import foreign_rows
from results.schema import KEY


class Traces(NamedTuple):
    """Rows of trace.csv with the solver, dtype and origin of their cells, and the column `gap`."""

    ours: pd.DataFrame
    theirs: pd.DataFrame
    to_minimum: bool
    """Is `gap` f - f*? Else f* is known to nobody, and of theirs it is f above the lowest f that they saw."""

    @property
    def drawable(self) -> bool:
        """Is there a gap?"""
        return bool(self.ours["gap"].notna().any() or self.theirs["gap"].notna().any())


def traces(frame: pd.DataFrame, trace: pd.DataFrame, problem: str) -> Traces:
    """What is known of a problem, of one row per solver of ours and of all rows from outside."""
    ours = _joined(measured(main_rows(frame)), trace, problem)
    theirs = _joined(foreign_rows(frame), trace, problem)
    found = Traces(ours, theirs, to_minimum=True)
    if found.drawable:
        return found
    above = theirs["f_median"] - theirs["f_median"].min()
    return Traces(ours, theirs.assign(gap=above.where(above > 0)), to_minimum=False)


def _joined(rows: pd.DataFrame, trace: pd.DataFrame, problem: str) -> pd.DataFrame:
    of = rows[rows["problem"] == problem]
    joined = trace.merge(of[[*KEY, "solver", "dtype", "origin"]], on=list(KEY))
    return joined.assign(gap=joined["f_gap_median"])
