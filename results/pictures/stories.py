"""One variable, one path: a function with its derivative and what solvers do there, and ways over a map of two."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from results.analysis.looks import looks
from results.pictures.planes import contour
from results.pictures.studies import INK, KINDS, legend


class Trail(NamedTuple):
    """The way of one solver."""

    solver: str
    points: Float[np.ndarray, "k n"]
    """The start, what was seen on the way, and the end."""
    steps: int
    end: str
    """What the end is, by the referee."""

    @property
    def told(self) -> str:
        """For a legend."""
        return f"{self.solver}: {self.steps} step{'' if self.steps == 1 else 's'}, {self.end}"


class Curve(NamedTuple):
    """A function of one variable on a grid, and its known stationary points."""

    x: Float[np.ndarray, " m"]
    f: Float[np.ndarray, " m"]
    slope: Float[np.ndarray, " m"]
    roots: dict[str, Float[np.ndarray, " r"]]
    """Of the slope, by kind."""
    formula: Float[np.ndarray, " s"]
    """What the closed form gives; empty where there is none."""


def story(problem: str, curve: Curve, solved: Trail, descended: Trail) -> Figure:
    """Above f and the steps of a descent; below f', its root by the formula, and the tangents of Newton's method."""
    figure = Figure(figsize=(7.2, 6.4))
    above, below = figure.subplots(2, 1, sharex=True)
    look = looks([solved.solver, descended.solver])
    above.plot(curve.x, curve.f, color=INK, lw=1.2)
    heights = np.interp(descended.points[:, 0], curve.x, curve.f)
    above.plot(descended.points[:, 0], heights, label=descended.told, alpha=0.9, **look[descended.solver])
    for kind, at in curve.roots.items():
        above.plot(at, np.interp(at, curve.x, curve.f), "o", ms=9, mfc="none", mec=KINDS[kind], label=kind)
    above.set(title=f"{problem}: descend f", ylabel="f(x)")
    _cobweb(below, curve, solved, look[solved.solver])
    low, high = _seen(curve, np.concatenate([solved.points[:, 0], descended.points[:, 0], *curve.roots.values()]))
    drawn = curve.f[(curve.x >= low) & (curve.x <= high)]
    margin = 0.08 * (drawn.max() - drawn.min())
    above.set(xlim=(low, high), ylim=(drawn.min() - margin, drawn.max() + margin))
    legend(figure, [above, below], columns=3)
    return figure


def _seen(curve: Curve, at: np.ndarray) -> tuple[float, float]:
    """The part of the curve on which the points lie that it has at all, and some of it beside them."""
    least, most = float(curve.x[0]), float(curve.x[-1])
    inside = at[(at >= least) & (at <= most)]
    beside = 0.35 * (inside.max() - inside.min()) or (most - least) / 8
    return max(least, inside.min() - beside), min(most, inside.max() + beside)


def _cobweb(ax: Axes, curve: Curve, solved: Trail, look: dict[str, object]) -> None:
    """From a point up to f', along the tangent down to 0, which is the next point."""
    ax.plot(curve.x, curve.slope, color=INK, lw=1.2)
    ax.axhline(0, color=INK, lw=0.8)
    at = solved.points[:, 0]
    heights = np.interp(at, curve.x, curve.slope, left=np.nan, right=np.nan)
    path = [(x, y) for here, height in zip(at, heights, strict=True) for x, y in ((here, 0.0), (here, height))]
    ax.plot(*np.array(path).T, label=solved.told, color=str(look["color"]), lw=1.2)
    ax.plot(at, np.zeros_like(at), ls="none", marker=str(look["marker"]), color=str(look["color"]))
    if curve.formula.size:
        told = ", ".join(f"{x:.6g}" for x in curve.formula)
        ax.plot(curve.formula, np.zeros_like(curve.formula), "*", ms=12, color="#8a6d3b", label=f"closed form: {told}")
    low, high = np.nanmin([*heights, 0.0]), np.nanmax([*heights, 0.0])
    margin = 0.15 * (high - low) + 1e-12
    ax.set(title="set f' to zero and solve", xlabel="x", ylabel="f'(x)", ylim=(low - margin, high + margin))


def paths(
    problem: str, f: np.ndarray, box: Sequence[float], points: dict[str, np.ndarray], trails: Sequence[Trail]
) -> Figure:
    """The ways of several solvers from one start over lines of equal height; the arguments as those of `contour`."""
    figure = contour(problem, f, box, points)
    (ax,) = figure.axes
    figure.set_size_inches(7.2, 6.0)
    for legend_ in figure.legends:
        legend_.remove()
    for number, (way, look) in enumerate(zip(trails, looks([way.solver for way in trails]).values(), strict=True)):
        line = {"color": look["color"], "ls": look["linestyle"], "marker": look["marker"]}
        ax.plot(*way.points.T, label=way.told, lw=1.4, ms=3.5, zorder=4 + number, **line)
    ax.plot(*trails[0].points[0], marker="o", ms=9, mfc="none", mec=INK, mew=1.6, ls="none", label="start", zorder=9)
    legend(figure, [ax], columns=2)
    return figure
