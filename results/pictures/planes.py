"""Pictures of two-variable problems: contours, and basins of attraction."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from results.pictures.studies import INK, legend, panels


class Basin(NamedTuple):
    """What one solver does from a grid of starts over the box of a two-variable problem."""

    solver: str
    image: np.ndarray
    """[side side 3], 0 to 255, first row lowest x2. Colour: the point reached; darker: more steps."""
    shares: dict[str, float]
    """Share of the starts per kind of end."""


def basins(problem: str, found: Sequence[Basin], box: Sequence[float], points: dict[str, np.ndarray]) -> Figure:
    """The basins of several solvers side by side, with the known points.

    Args:
        problem: its name.
        found: one for each solver.
        box: lowest and highest x1, lowest and highest x2.
        points: [m 2] by kind.
    """
    figure, axes = panels(len(found), sharey=True)
    for ax, basin in zip(axes, found, strict=True):
        ax.imshow(basin.image, origin="lower", extent=tuple(box), aspect="auto", interpolation="nearest")  # type: ignore[arg-type]
        _mark(ax, points)
        shares = ", ".join(f"{100 * share:.0f} % {kind.replace('_', ' ')}" for kind, share in basin.shares.items())
        ax.set_title(f"{problem}: {basin.solver}\n{shares}", fontsize=8)
        ax.set(xlabel="x1")
        ax.grid(visible=False)
    axes[0].set_ylabel("x2")
    legend(figure, axes[:1])
    return figure


def contour(problem: str, f: np.ndarray, box: Sequence[float], points: dict[str, np.ndarray]) -> Figure:
    """Lines of equal height, evenly spread over the values that occur, and the known points.

    Args:
        problem: its name.
        f: values on a grid [rows columns] of the box, first row lowest x2.
        box: lowest and highest x1, lowest and highest x2.
        points: [m 2] by kind.
    """
    figure, (ax,) = panels(1)
    first, second = (np.linspace(box[k], box[k + 1], size) for k, size in ((0, f.shape[1]), (2, f.shape[0])))
    levels = _levels(f[np.isfinite(f)])
    ax.contourf(first, second, f, levels=levels, cmap="Blues", extend="both")
    ax.contour(first, second, f, levels=levels, colors=INK, linewidths=0.4)
    _mark(ax, points)
    ax.set(title=problem, xlabel="x1", ylabel="x2", xlim=box[:2], ylim=box[2:])
    ax.grid(visible=False)
    legend(figure, [ax])
    return figure


def _levels(f: np.ndarray) -> np.ndarray:
    """Evenly spread over the values that occur, and some below, which close round what lies deep in a valley."""
    spread, lowest = np.quantile(f, np.linspace(0.01, 0.99, 24)), f.min()
    return np.unique(np.concatenate([lowest + (spread[0] - lowest) * np.array(_DEEP), spread]))


_DEEP = (0.04, 0.2, 0.5)
"""Of the height of the lowest of the even lines."""


def _mark(ax: Axes, points: dict[str, np.ndarray]) -> None:
    many = sum(map(len, points.values())) > _MANY
    size, edge = (5, 0.4) if many else (26, 0.8)
    for (kind, at), marker in zip(points.items(), "oXs^", strict=False):
        ax.scatter(
            at[:, 0], at[:, 1], marker=marker, s=size, c="white", edgecolors="black", linewidths=edge, label=kind
        )


_MANY = 60
"""Points from which on their marks are small, so that what they mark is seen."""
