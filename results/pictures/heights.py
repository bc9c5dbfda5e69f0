"""The picture of what still works at n variables."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from results.analysis.climbs import STUDY, Climb, budget, climbs
from results.pictures.studies import INK, NothingToDraw, logarithmic, look, named


def climbing(frame: pd.DataFrame) -> Figure:
    """Per family a line for every solver, as far as it reaches the global minimum within its seconds.

    A full mark is an n at which it got there, a cross one at which it did not.
    """
    found = climbs(frame)
    if not found:
        raise NothingToDraw(f"no rows of the study {STUDY}; run bench/bench_{STUDY}.py")
    families = list(dict.fromkeys(climb.family for climb in found))
    most = max(len({climb.solver for climb in found if climb.family == family}) for family in families)
    wide, deep = min(2, len(families)), -(-len(families) // 2)
    figure = Figure(figsize=(1.5 + 4 * wide, 0.7 + deep * (0.7 + 0.2 * most)))
    axes = list(np.atleast_1d(figure.subplots(deep, wide, sharex=True)).flat)
    for ax, family in zip(axes, families, strict=False):
        _family(ax, family, [climb for climb in found if climb.family == family])
    for ax in axes[len(families) :]:
        ax.set_visible(False)
    for ax in axes[-wide:]:
        ax.set_xlabel(f"n, reached within {budget(frame)}")
    return figure


def _family(ax: Axes, family: str, found: list[Climb]) -> None:
    for height, climb in enumerate(found):
        own = look(climb.solver)
        reached = [rung.n for rung in climb.rungs if rung.reached]
        failed = [rung.n for rung in climb.rungs if not rung.reached]
        if reached:
            named(ax.plot([min(reached), max(reached)], [height, height], color=own["color"], lw=4), climb.solver)
        named(ax.plot(reached, [height] * len(reached), ls="", marker=own["marker"], color=own["color"]), climb.solver)
        named(ax.plot(failed, [height] * len(failed), ls="", marker="x", color=INK), climb.solver)
    ax.set(title=family, ylim=(len(found) - 0.4, -0.6))
    ax.set_yticks(range(len(found)), [climb.solver for climb in found])
    logarithmic(ax, "x")
