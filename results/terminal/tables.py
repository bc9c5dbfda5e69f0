"""What the terminal shows of a run, in its order: a table for every kind of question that its rows answer."""

import pandas as pd
from rich.console import Console

from results.analysis.climbs import beside
from results.outside.apart import own_rows
from results.terminal.algebra import render_algebra
from results.terminal.conclusion import render_conclusion
from results.terminal.growth import render_growth
from results.terminal.networks import render_networks
from results.terminal.outside import render_outside
from results.terminal.races import render_races
from results.terminal.reach import render_climbs
from results.terminal.roots import render_roots
from results.terminal.scaling import render_scaling
from results.terminal.stationary import render_stationary
from results.terminal.summary import render

_SECTIONS = (render, render_scaling, render_growth, render_races, render_algebra, render_stationary, render_roots)


def render_all(frame: pd.DataFrame, out: Console) -> None:
    """Prints every table that the rows have something for."""
    own = own_rows(frame)
    for table in _SECTIONS:
        table(beside(own), out)
    render_climbs(own, out)
    render_networks(own, out)
    render_conclusion(own, out)
    render_outside(frame, out)
