"""Rows of this suite and rows from outside, which no answer, ranking, profile or count of this suite holds."""

import pandas as pd

from results.format import several


def own_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that this suite measured; a table without the column `origin` holds no others."""
    return frame[frame["origin"].isna()] if "origin" in frame.columns else frame


def foreign_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that another tool measured."""
    return frame[frame["origin"].notna()]


def own_rows_of(frame: pd.DataFrame, what: object) -> pd.DataFrame:
    """The rows of this suite in `what`, a path.

    Raises:
        ValueError: all of its rows are from outside, so that there is nothing to judge by.
    """
    own = own_rows(frame)
    if len(frame) and own.empty:
        raise ValueError(f"{what} holds only rows from outside, unjudged ({len(frame)}); give a run of this suite")
    return own


def told_apart(frame: pd.DataFrame) -> str:
    """The one sentence that is said of rows from outside; empty where there are none."""
    foreign = foreign_rows(frame)
    if foreign.empty:
        return ""
    tools = ", ".join(sorted(foreign["origin"].unique()))
    come = "comes" if len(foreign) == 1 else "come"
    return f"{several(len(foreign), 'row')} {come} from outside, unjudged ({tools})."
