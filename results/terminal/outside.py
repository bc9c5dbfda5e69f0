"""Rows from outside, apart from ours: what other tools say of themselves, unjudged."""

import pandas as pd
from rich.console import Console

from results.format import print_columns
from results.outside.apart import foreign_rows, told_apart
from results.outside.listed import OUTSIDE_HEAD, OUTSIDE_TEXTS, outside_line


def render_outside(frame: pd.DataFrame, out: Console) -> None:
    """Prints a line for every row from outside; nothing where there is none."""
    rows = foreign_rows(frame)
    if len(rows):
        lines = [outside_line(row) for row in rows.itertuples()]
        print_columns(out, told_apart(frame), OUTSIDE_HEAD, lines, OUTSIDE_TEXTS)
