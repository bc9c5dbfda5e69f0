"""What still works at n variables: how far each way climbed its family, and why it stopped."""

import pandas as pd
from rich.console import Console

from results.analysis.climbs import climbs, stopped_texts
from results.format import print_columns

_TITLES = ("family", "way", "reached n =", "stopped")


def render_climbs(frame: pd.DataFrame, out: Console) -> None:
    """Prints a line for every way on every family of the study `reach`; nothing where there is none."""
    found = climbs(frame)
    if found:
        title = (
            f"the lowest f that there is, within {found[0].budget_s:g} s: up to how many variables each way reaches it"
        )
        print_columns(out, title, _TITLES, list(stopped_texts(found)), (_TITLES[0], _TITLES[1], _TITLES[3]))
