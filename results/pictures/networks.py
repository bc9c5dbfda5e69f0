"""Learning curves: loss and accuracy on examples held out, against seconds and against gradients on all data."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from results.analysis.climbs import one_of_each
from results.analysis.expected import LEARNING
from results.analysis.learners import costs_told, learners
from results.analysis.looks import look
from results.pictures.studies import INK, NothingToDraw, legend, logarithmic, named

_MOST_NETWORKS = 4
_ALONG = {"time_s": "seconds", "n_gradients": "gradients on all data"}
_OF = {"f": "loss", "accuracy": "% right of those held out"}
_WIDTH, _HEIGHT, _BELOW = 11.0, 2.5, 0.9
"""Inches: the figure, a network, legend and caption."""


def learning_curves(frame: pd.DataFrame, learning: pd.DataFrame) -> Figure:
    """A row of four panels for every network, a line for every start; above, what a step of Newton's method takes.

    Raises:
        NothingToDraw: the study was not run.
    """
    rows = one_of_each(frame, LEARNING)
    key = ["run_id", "cell_id", "attempt"]
    joined = learning.merge(rows[[*key, "problem", "solver", "f_target"]], on=key)
    networks = list(dict.fromkeys(joined["problem"]))[:_MOST_NETWORKS]
    if not networks:
        raise NothingToDraw("no network was followed; zerograd run networks")
    figure = Figure(figsize=(_WIDTH, _HEIGHT * len(networks) + _BELOW))
    axes = figure.subplots(len(networks), 4, sharex="col", squeeze=False)
    for network, line in zip(networks, axes, strict=True):
        of = joined[joined["problem"] == network]
        panels = [(ax, y, x) for ax, (y, x) in zip(line, ((y, x) for y in _OF for x in _ALONG), strict=True)]
        for ax, y, x in panels:
            _panel(ax, of, y, x)
        line[0].set_title(network)
    for ax, x in zip(axes[-1], [*_ALONG, *_ALONG], strict=True):
        ax.set_xlabel(_ALONG[x])
    legend(figure, axes.ravel())
    if caption := costs_told(learners(frame)):
        figure.suptitle("\n".join(caption), x=0.01, ha="left", fontsize=7, fontweight="normal")
    return figure


def _panel(ax: Axes, of: pd.DataFrame, y: str, x: str) -> None:
    for (solver, _), way in of.groupby(["solver", "start"], sort=False):
        ordered = way.sort_values("step")
        height = ordered[y] * (100 if y == "accuracy" else 1)
        own = look(str(solver)) | {"markersize": 2.5, "linewidth": 1.0}
        named(ax.plot(ordered[x].astype("float64"), height, label=str(solver), **own), str(solver))
    logarithmic(ax, *(("x", "y") if y == "f" else ("x",)))
    if y == "f":
        for target in of["f_target"].dropna().unique():
            ax.axhline(float(target), color=INK, lw=0.8, ls=":")
    ax.set_ylabel(_OF[y])
