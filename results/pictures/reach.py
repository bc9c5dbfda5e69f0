"""The picture of the answer: what still works at n variables, from the rows of the study `reach`."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from results.analysis.climbs import NETWORK_FAMILY, Climb, climbs
from results.analysis.looks import look
from results.pictures.studies import INK, NothingToDraw, logarithmic, named

_COLUMNS = 2
_A_WAY, _A_PANEL, _WIDTH = 0.23, 0.85, 9.5
"""Inches: a row of a panel, its title and axis, the figure."""


def what_still_works(frame: pd.DataFrame) -> Figure:
    """One row for each way, n on a logarithmic axis, a panel for each family: where each way stops, and why.

    Raises:
        NothingToDraw: the study was not run.
    """
    found = climbs(frame)
    if not found:
        raise NothingToDraw("no way has climbed a family of problems; zerograd run reach")
    families = list(dict.fromkeys(climb.family for climb in found))
    ways = list(dict.fromkeys(climb.solver for climb in found))
    rows, columns = -(-len(families) // _COLUMNS), min(_COLUMNS, len(families))
    size = (_WIDTH if columns > 1 else 0.6 * _WIDTH, rows * (_A_PANEL + _A_WAY * len(ways)))
    figure = Figure(figsize=size)
    axes = np.atleast_1d(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)).ravel()
    most = max(n for climb in found for n in (*climb.reached, climb.stopped or 1))
    for ax, family in zip(axes, families, strict=False):
        _panel(ax, family, [climb for climb in found if climb.family == family], ways, most)
    for ax in axes[len(families) :]:
        ax.set_visible(False)
    for ax in axes[max(0, len(families) - columns) : len(families)]:
        ax.xaxis.set_tick_params(labelbottom=True)
        ax.set_xlabel("n, the number of variables")
    return figure


def _panel(ax: Axes, family: str, found: list[Climb], ways: list[str], most: int) -> None:
    for climb in found:
        _row(ax, climb, ways.index(climb.solver), look(climb.solver), most)
    goal = "a loss fixed beforehand" if family == NETWORK_FAMILY else "the global minimum"
    ax.set_title(f"{family}: {goal} within {found[0].budget_s:g} s", fontsize=9)
    logarithmic(ax, "x")
    ax.set(xlim=(0.8, most * 1.3), ylim=(len(ways) - 0.4, -0.6), yticks=range(len(ways)), yticklabels=ways)


def _row(ax: Axes, climb: Climb, y: int, own: dict[str, object], most: int) -> None:
    colour = str(own["color"])
    if climb.reached:
        line = ax.plot(climb.reached, [y] * len(climb.reached), color=colour, marker=str(own["marker"]), lw=2.4)
        named(line, climb.solver)
    if climb.stopped is None:
        named(ax.plot(climb.reached[-1], y, marker=">", color=colour, ms=7), climb.solver)
        return
    named(ax.plot(climb.stopped, y, marker="x", color=INK, ms=5, ls="none"), climb.solver)
    right = climb.stopped > most**0.6
    ax.annotate(
        climb.why, (climb.stopped, y), xytext=(-6 if right else 6, 5 if right and climb.reached else 0),
        textcoords="offset points", ha="right" if right else "left", va="center", fontsize=6.5, color=INK,
    )  # fmt: skip
