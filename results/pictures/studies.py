"""The pictures, from rows alone: one style, colour-blind safe, for pages light and dark and for print."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from results.analysis.expected import main_rows
from results.analysis.families import measured
from results.analysis.looks import COLOURS, OWN, look, looks

INK, RULE = "#1b2a3c", "#c3cad3"
"""Of text and grid; the report replaces them by the reader's own."""
KINDS = {
    "minimum": "#009e73",
    "saddle": "#e69f00",
    "maximum": "#d55e00",
    "singular": "#cc79a7",
    "flat": "#d9c7a3",
    "not_stationary": "#9aa3ad",
}
_STYLE: Any = {
    "axes.edgecolor": RULE, "axes.grid": True, "axes.labelcolor": INK, "axes.spines.right": False,
    "axes.spines.top": False, "axes.titlelocation": "left", "axes.titlesize": 10, "axes.titleweight": "bold",
    "figure.constrained_layout.use": True, "font.family": "sans-serif", "font.size": 9, "grid.color": RULE,
    "grid.linewidth": 0.5, "legend.fontsize": 8, "legend.frameon": False, "lines.linewidth": 1.6,
    "lines.markersize": 4, "savefig.transparent": True, "svg.fonttype": "none", "svg.hashsalt": "zerograd",
    "text.color": INK, "text.parse_math": False, "xtick.color": INK, "ytick.color": INK,
}  # fmt: skip
MOST_SOLVERS = 8


class NothingToDraw(ValueError):
    """The rows do not hold what the picture shows; the message says what is missing."""


@contextmanager
def style() -> Iterator[None]:
    """Every picture is drawn, and saved, inside it."""
    with mpl.rc_context(_STYLE):
        yield


def scaling(frame: pd.DataFrame) -> Figure:
    """Seconds per minimum, failures charged, against n, for every family with three sizes or more."""
    rows = measured(of_study(frame, "scaling").assign(study=pd.NA))
    rows = rows.assign(family=rows["problem"].str.extract(r"^(.+)-n\d+$", expand=False)).dropna(
        subset=["family", "cost"]
    )
    sizes = rows.groupby("family")["n_dim"].nunique()
    families = [family for family in rows["family"].unique() if sizes[family] >= 3]
    if not families:
        raise NothingToDraw("no family of problems was measured at three sizes; zerograd run scaling")
    figure, axes = panels(len(families), sharey=True)
    own = looks(rows["solver"].unique()[:MOST_SOLVERS])
    for ax, family in zip(axes, families, strict=True):
        for solver, of in rows[rows["family"] == family].groupby("solver", sort=False):
            if solver in own and len(of) > 1:
                ordered = of.sort_values("n_dim")
                drawn = ax.plot(ordered["n_dim"].astype(float), ordered["cost"], label=solver, **own[str(solver)])
                named(drawn, str(solver))
        _cross(ax, rows[rows["family"] == family])
        logarithmic(ax, "x", "y")
        ax.set(title=family, xlabel="n")
    axes[0].set_ylabel("seconds per minimum")
    legend(figure, axes)
    return figure


def of_study(frame: pd.DataFrame, study: str) -> pd.DataFrame:
    """The rows of one study; rows of older versions do not name theirs, so where it has none these."""
    own = frame[frame["study"].eq(study).fillna(False)]
    older = [tuple(map(int, str(version).split("."))) < _STUDIES for version in frame["schema_version"].fillna("1.0")]
    return own if len(own) else frame[frame["study"].isna() & np.array(older, bool)]


_STUDIES = (1, 5)
"""Since this version rows name their study."""


def _cross(ax: Axes, rows: pd.DataFrame) -> None:
    """Marks every n from which on another solver is the cheapest."""
    first = rows.loc[rows.groupby("n_dim")["cost"].idxmin(), ["n_dim", "solver", "cost"]].sort_values("n_dim")
    for before, after in pairwise(first.itertuples()):
        if before.solver != after.solver:
            ax.axvline(float(after.n_dim), color=INK, lw=0.8, ls=":")
            ax.annotate(f"n = {after.n_dim}", (float(after.n_dim), 1), xycoords=("data", "axes fraction"), fontsize=7,
                        rotation=90, va="top", ha="right")  # fmt: skip


def named(drawn: Iterable[Any], solver: str) -> None:
    """Tells the page which solver lines are of, so that the legend can hide them."""
    for artist in drawn:
        artist.set_gid(f"solver:{solver}")


def ends(frame: pd.DataFrame, most: int = 24) -> Figure:
    """Where the starts of all solvers end, per problem: minimum, saddle, maximum, singular or nowhere.

    Problems on which most roots are astray come first.
    """
    main = main_rows(frame)
    rows = measured(main[main["solver_kind"] != "exact"])
    rows = rows[rows["frac_stationary"].notna()]
    if rows.empty:
        raise NothingToDraw("no solver that begins from starts was measured")
    astray = rows["frac_stationary"] - rows["frac_minimum"] + 1e-3 * rows["frac_stationary"]
    ordered = rows.assign(astray=astray).sort_values("astray", ascending=False, kind="stable")["problem"]
    problems = list(dict.fromkeys(ordered))[:most]
    solvers = [name for name in OWN if name in set(rows["solver"])]
    solvers = (solvers + [name for name in rows["solver"].unique() if name not in solvers])[:MOST_SOLVERS]
    figure, axes = tiles(len(solvers), 1.0 + 0.2 * len(problems))
    for ax, solver in zip(axes, solvers, strict=True):
        _stacked(ax, rows[rows["solver"] == solver].set_index("problem").reindex(problems), problems)
        ax.set(title=solver, xlim=(0, 100), ylim=(len(problems) - 0.4, -0.6))
        ax.grid(axis="y", visible=False)
    for ax in axes[-_WIDE:]:  # the lowest of their columns
        ax.set_xlabel("% of the starts")
        ax.tick_params(labelbottom=True)
    legend(figure, axes[:1], columns=len(KINDS))
    return figure


def _stacked(ax: Axes, of: pd.DataFrame, problems: Sequence[str]) -> None:
    counts = of[[f"n_{kind}" for kind in KINDS]].astype("float64")
    shares, left = counts.div(counts.sum(axis=1), axis=0).fillna(0), np.zeros(len(problems))
    for kind, colour in KINDS.items():
        width = shares[f"n_{kind}"].to_numpy()
        ax.barh(problems, 100 * width, left=100 * left, color=colour, label=kind.replace("_", " "), height=0.8)
        left = left + width


def batch(frame: pd.DataFrame) -> Figure:
    """Starts per second against the batch, a panel per problem, a line per solver and device."""
    own = of_study(frame, "batch")
    ok = own[(own["status"] == "ok") & own["peer"].isna() & (own["solver_kind"] != "exact")]
    sizes = ok.groupby(["problem", "solver", "dtype", "device"])["batch"].nunique()
    grown = sizes[sizes >= 3].index
    if not len(grown):
        raise NothingToDraw("no cell was measured at three batches; zerograd run batch")
    problems = list(dict.fromkeys(key[0] for key in grown))[:4]
    figure, axes = panels(len(problems), sharey=True)
    for ax, problem in zip(axes, problems, strict=True):
        for _, solver, dtype, device in (key for key in grown if key[0] == problem):
            of = ok[(ok["problem"] == problem) & (ok["solver"] == solver) & (ok["dtype"] == dtype)]
            of = of[of["device"] == device].sort_values("batch")
            starts = of["batch"].astype(float)
            drawn = ax.plot(starts, starts / of["time_median_s"], label=f"{solver}, {device}, {dtype}", **look(solver))
            named(drawn, solver)
        logarithmic(ax, "x", "y")
        ax.set(title=problem, xlabel="starts in the batch")
    axes[0].set_ylabel("starts per second")
    legend(figure, axes)
    return figure


def peers(frame: pd.DataFrame) -> Figure:
    """How many times faster than each peer, in rounds taken in turns."""
    races = frame[frame["peer"].notna() & (frame["status"] == "ok")].sort_values("ratio_to_peer")
    if races.empty:
        raise NothingToDraw("no race against a peer; zerograd run peers")
    names = [f"{row.solver} on {row.problem}, {row.batch} starts, against {row.peer}" for row in races.itertuples()]
    figure = Figure(figsize=(7.5, 0.9 + 0.26 * len(names)))
    ax = figure.subplots()
    slower = races["ratio_to_peer"].lt(1).to_numpy()
    ax.barh(names, races["ratio_to_peer"] - 1, left=1, color=np.where(slower, COLOURS[1], COLOURS[0]), height=0.7)
    logarithmic(ax, "x")
    ax.set(xlabel="the peer's time over ours")
    ax.grid(axis="y", visible=False)
    ax.axvline(1, color=INK, lw=0.8)
    return figure


def panels(count: int, sharey: bool = False) -> tuple[Figure, list[Axes]]:
    """A figure with so many axes side by side."""
    figure = Figure(figsize=(min(10.0, 2.6 + 2.9 * count), 3.4))
    return figure, list(np.atleast_1d(figure.subplots(1, count, sharey=sharey)))


def tiles(count: int, height: float) -> tuple[Figure, list[Axes]]:
    """A figure with so many axes, four in a row, that share their heights and their widths."""
    wide, deep = min(_WIDE, count), -(-count // _WIDE)
    figure = Figure(figsize=(2.4 + 1.9 * wide, 0.5 + height * deep))
    axes = list(np.atleast_1d(figure.subplots(deep, wide, sharex=True, sharey=True)).flat)
    for ax in axes[count:]:
        ax.set_visible(False)
    return figure, axes[:count]


_WIDE = 4


def logarithmic(ax: Axes, *axes: str) -> None:
    """Powers of ten as 1e-6; between them only where they are few."""
    for axis in axes:
        ax.set(**{f"{axis}scale": "log"})
        of = getattr(ax, f"{axis}axis")
        of.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        of.set_minor_formatter(NullFormatter())


def legend(figure: Figure, axes: Any, columns: int = 4) -> None:
    """One legend below all axes, each label once."""
    entries: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    drawn = figure.legend(entries.values(), entries.keys(), loc="outside lower left", ncols=columns)
    for text in drawn.get_texts():
        text.set_gid(f"legend:{text.get_text().split(',')[0]}")
