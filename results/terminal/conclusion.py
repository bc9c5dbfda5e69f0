"""The answer at the end of a run, in ten lines: who is soonest for every kind of problem. The page says it in full."""

from textwrap import fill

import pandas as pd
from rich.console import Console
from rich.text import Text

from results.analysis.answer import answers
from results.analysis.climbs import climbs, heights
from results.analysis.sentences import brief


def render_conclusion(frame: pd.DataFrame, out: Console) -> None:
    """Prints a line for every kind of problem, and how far the ways climb as n grows."""
    found = answers(frame)
    if not found:
        return
    out.print()
    out.print(
        Text("Solve or descend? Soonest to the global minimum at 2, 5 and 8 digits of f, restarts charged", "bold")
    )
    out.print(
        "  (kind, problems; ~ too close to call; on how many the first gets there, to 5 digits of several):",
        markup=False,
    )
    lines = [brief(answer) for answer in found] + [f"up to n, {line}" for line in heights(climbs(frame))]
    for line in lines:
        shown = fill(line, out.width, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)
        out.print(shown, markup=False)
