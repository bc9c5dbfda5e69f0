"""Curves over all problems: performance profiles, and the share of goals reached within a time."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from results.analysis import profiles
from results.analysis.looks import looks
from results.pictures.studies import MOST_SOLVERS, NothingToDraw, legend, logarithmic, named, panels

GOAL_NAMES = {"global": "the global minimum", "minimum": "a minimum", "stationary": "a stationary point"}


def profile(frame: pd.DataFrame, measure: str = "time", goal: str = "minimum") -> Figure:
    """Performance profile: share of problems solved, to 5 digits of f, within tau times the best expected cost."""
    table = profiles.costs(frame, measure, goal)
    if table.empty or table.shape[1] < 2:
        raise NothingToDraw("a profile needs two solvers with measured rows that tell who comes to a goal")
    if not np.isfinite(table.to_numpy()).any():
        raise NothingToDraw(f"no start of any solver came to {GOAL_NAMES[goal]}")
    return _steps(
        profiles.performance_profile(table),
        f"expected cost over the best solver's ({measure})",
        f"% of {len(table)} problems",
    )


def reached(frame: pd.DataFrame, goal: str = "minimum") -> Figure:
    """Share of the pairs of a problem and an accuracy that are reached within an expected time, restarts charged."""
    table = profiles.arrival_costs(frame, goal)
    if table.empty:
        raise NothingToDraw("no row tells who comes to a goal")
    if not np.isfinite(table.to_numpy()).any():
        raise NothingToDraw(f"no start of any solver came to {GOAL_NAMES[goal]}")
    return _steps(
        profiles.ecdf(table), "expected seconds, restarts charged", f"% of {len(table)} pairs of problem and digits"
    )


def _steps(curves: pd.DataFrame, x: str, y: str) -> Figure:
    """A step curve for each solver, those that solve most, at most as many as can be told apart."""
    leading = curves.iloc[-1].sort_values(ascending=False, kind="stable").index[:MOST_SOLVERS]
    figure, (ax,) = panels(1)
    figure.set_size_inches(7, 4)
    for place, (solver, look) in enumerate(looks(list(leading)).items()):
        every = max(1, len(curves) // 6)
        drawn = ax.step(
            curves.index, 100 * curves[solver], where="post", label=solver, markevery=(place % every, every), **look
        )
        named(drawn, solver)
    logarithmic(ax, "x")
    ax.set(ylim=(-2, 102), xlabel=x, ylabel=y)
    legend(figure, [ax])
    return figure
