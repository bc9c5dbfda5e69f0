"""How f - f* falls, of the traces: ours in colour, and behind them in grey what other tools measured on the problem."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from results.analysis.looks import LINE_STYLES, looks
from results.analysis.traces import traces
from results.pictures.studies import INK, MOST_SOLVERS, NothingToDraw, legend, logarithmic, named, panels

_FLOORS = {"float32": 1.2e-7, "float64": 2.2e-16}
_GREY = "#9aa3ad"
_ALONG = {"step": "steps", "time_s": "seconds per start (estimated)"}
"""What there is a panel for, where anything is known of it."""


def convergence(frame: pd.DataFrame, trace: pd.DataFrame, problem: str) -> Figure:
    """Gap f - f* against steps and against time: the median of the starts, and the middle half of them.

    Behind them, in grey, the traces of rows from outside; where f* is known to nobody, f above the lowest f seen.

    Raises:
        NothingToDraw: no trace of the problem has such a gap.
    """
    found = traces(frame, trace, problem)
    along = [name for name in _ALONG if any((of[name] > 0).any() for of in (found.ours, found.theirs))]
    if not found.drawable or not along:
        raise NothingToDraw(f"no trace of {problem} with a known f*; run with --observe on")
    figure, axes = panels(len(along), sharey=True)
    panel = dict(zip(along, axes, strict=True))
    dtype = str(found.ours["dtype"].iloc[0]) if len(found.ours) else "float64"
    _behind(panel, found.theirs, _FLOORS[dtype])
    _in_front(panel, found.ours, _FLOORS[dtype])
    for name, ax in panel.items():
        grey = "; of grey lines iterations or evaluations" if name == "step" and len(found.theirs) else ""
        logarithmic(ax, "x", "y")
        ax.set(xlabel=f"{_ALONG[name]}{grey}")
    axes[0].set(title=problem, ylabel="f - f*" if found.to_minimum else "f - the lowest f seen")
    if len(found.ours):
        _floor(axes, _FLOORS[dtype])
    legend(figure, axes)
    return figure


def _floor(axes: Sequence[Axes], height: float) -> None:
    for ax in axes:
        ax.axhline(height, color=INK, lw=0.8, ls=":")
    axes[-1].text(0.98, 0.02, "dotted: floor of the dtype", transform=axes[-1].transAxes, ha="right", fontsize=7)


def _in_front(panel: Mapping[str, Axes], ours: pd.DataFrame, floor: float) -> None:
    for solver, look in looks(ours["solver"].unique()[:MOST_SOLVERS]).items():
        of = ours[ours["solver"] == solver].sort_values("step")
        for along, ax in panel.items():
            x = of[along].astype("float64").where(of["step"] > 0)  # the start has no place on a logarithmic axis
            line = {"color": look["color"], "ls": look["linestyle"]}
            named(ax.plot(x, of["gap"].clip(lower=floor), label=solver, **line), solver)
            low, high = (of[f"f_gap_{name}"].clip(lower=floor) for name in ("p25", "p75"))
            ax.fill_between(x, low, high, color=look["color"], alpha=0.15, lw=0)


def _behind(panel: Mapping[str, Axes], theirs: pd.DataFrame, floor: float) -> None:
    """As they are told; at most as many as can be told apart."""
    rows = theirs[theirs["gap"].notna()].groupby(["run_id", "cell_id"], sort=False)
    for number, (_, of) in enumerate(list(rows)[:MOST_SOLVERS]):
        solver = f"{of['solver'].iloc[0]} ({of['origin'].iloc[0].split()[0]})"
        steps, style = of.sort_values("step"), LINE_STYLES[number % len(LINE_STYLES)]
        for along, ax in panel.items():
            x, gap = steps[along].astype("float64"), steps["gap"].clip(lower=floor)
            drawn = ax.plot(x.where(x > 0), gap, color=_GREY, ls=style, lw=1.0, zorder=1, label=f"{solver}, unjudged")
            named(drawn, solver)
