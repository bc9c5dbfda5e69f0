"""The report's sections with pictures, each drawn from the rows or with the reason why there is nothing to draw."""

import base64
import io
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from results.files import held
from results.pictures import curves
from results.pictures import studies as pictures
from results.pictures.convergence import convergence
from results.pictures.networks import learning_curves
from results.pictures.reach import what_still_works
from results.pictures.studies import INK, RULE, NothingToDraw
from results.schema import GOALS, TABLES
from results.table import has, read, to_frame
from results.text import legible


class Tables(NamedTuple):
    """What sections are drawn from."""

    rows: pd.DataFrame
    trace: pd.DataFrame
    learning: pd.DataFrame


class Section(NamedTuple):
    """A heading, a sentence, and a picture, or one for each goal."""

    id: str
    title: str
    text: str
    alt: str
    draw: Callable[[Tables, str], Figure]
    by_goal: bool = False


FIRST = (
    Section(
        "reach",
        "What still works at n variables",
        "Which solvers reach the global minimum, or a loss fixed beforehand, within the seconds stated, start after "
        "start, as n grows. Full marks: reached; crosses: not, and why; arrows: so also at the largest n tried.",
        "for every family of problems a line for each solver, from the smallest to the largest n that it reaches",
        lambda tables, _: what_still_works(tables.rows),
    ),
    Section(
        "networks",
        "Networks: loss and test accuracy",
        "From every start the loss, on all data, and the share of the examples held out that is right, against seconds "
        "and against gradients on all data; choosing step sizes is not in the curves. Dotted: the loss fixed "
        "beforehand.",
        "for every network four panels, loss and accuracy against seconds and gradients, a line for each start",
        lambda tables, _: learning_curves(tables.rows, tables.learning),
    ),
    Section(
        "ends",
        "Where the starts end",
        "A root of the gradient may be a saddle or a maximum: what the starts of every solver ended on. No bar: no "
        "figures.",
        "stacked bars of minimum, saddle, maximum, singular, flat and not stationary, per problem and solver",
        lambda tables, _: pictures.ends(tables.rows),
    ),
)
"""The first screen's."""
SECTIONS = (
    Section(
        "reached",
        "Goals reached in time",
        "How many pairs of a problem and an accuracy (2, 5 and 8 digits of f) are reached within an expected time, "
        "restarts charged. Who never gets there stays in the denominator.",
        "share of pairs reached against expected time, a step curve for each solver",
        lambda tables, goal: curves.reached(tables.rows, goal),
        by_goal=True,
    ),
    Section(
        "profile",
        "Over all problems: time",
        "Performance profile (Dolan & More 2002): on how many problems the expected time to 5 digits of f, restarts "
        "charged, is within a factor of the best solver's.",
        "performance profile on time, a step curve for each solver",
        lambda tables, goal: curves.profile(tables.rows, "time", goal),
        by_goal=True,
    ),
    Section(
        "profile-evaluations",
        "Over all problems: evaluations",
        "The same for evaluations of f, its gradient, its Hessian and products with it, each counted as one.",
        "performance profile on evaluations, a step curve for each solver",
        lambda tables, goal: curves.profile(tables.rows, "evaluations", goal),
        by_goal=True,
    ),
    Section(
        "scaling",
        "Where the lead changes hands",
        "Time per minimum, failures charged, against the number of variables; dotted: from this n on another solver is "
        "the cheapest; where nothing is dotted, one is at every n. Exact solvers, which take a call and no starts, are "
        "not drawn.",
        "time against n for each solver, both axes logarithmic",
        lambda tables, _: pictures.scaling(tables.rows),
    ),
    Section(
        "convergence",
        "Convergence",
        "Median over the starts; the band holds the middle half of them.",
        "f minus its minimum against steps and against time",
        lambda tables, _: convergence(tables.rows, tables.trace, _first_traced(tables)),
    ),
    Section(
        "batch",
        "Many starts at once",
        "Throughput against the size of the batch.",
        "starts per second against the batch, both axes logarithmic",
        lambda tables, _: pictures.batch(tables.rows),
    ),
    Section(
        "peers",
        "Against the peers",
        "The same starts and device, the tolerance as near to ours as the peer allows, in rounds taken in turns. Right "
        "of 1: a call of ours is faster. How many starts arrived is in the rows.",
        "bars of the time ratio to each peer",
        lambda tables, _: pictures.peers(tables.rows),
    ),
)


def tables_of(frame: pd.DataFrame, runs: Sequence[Path]) -> Tables:
    """The rows and what lies beside them."""
    return Tables(frame, _beside(runs, "trace"), _beside(runs, "learning"))


def drawn(tables: Tables, which: Sequence[Section]) -> Iterator[dict[str, Any]]:
    """Sections as the page's template takes them; one without a picture says why."""
    for section in which:
        figures, reasons = [], []
        for goal in GOALS if section.by_goal else ("",):
            try:
                with pictures.style():
                    figures.append({"goal": goal, "svg": svg(section.draw(tables, goal)), "reason": None})
            except NothingToDraw as reason:
                figures.append({"goal": goal, "svg": None, "reason": str(reason)})
                reasons.append(str(reason))
        shown = section._asdict() | {"figures": figures, "images": [], "reason": None}
        yield shown | {"figures": [], "reason": reasons[0]} if len(reasons) == len(figures) else shown


def svg(figure: Figure) -> str:
    """The picture as an element of a page, in the page's own colours; lines and legends say which solver is theirs."""
    text = io.StringIO()
    with pictures.style():
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    element = text.getvalue()
    element = element[element.index("<svg") :]
    element = element.replace(INK, "currentColor").replace(RULE, "var(--rule)")
    element = re.sub(r'<g id="solver:([^"]*)">', r'<g data-solver="\1"><title>\1</title>', element)
    return re.sub(r'<g id="legend:([^"]*)">', r'<g data-legend="\1" role="button" tabindex="0">', element)


def basin_pictures(runs: Sequence[Path]) -> dict[str, Any]:
    """The section of the pictures of basins that a run has beside its rows."""
    images = [_image(path) for run in runs if run.is_dir() for path in _saved(run)]
    return {
        "id": "basins",
        "title": "Where each start leads",
        "text": "A grid of starts. Colour: the point reached (blue and green: minima; orange: saddles; red: maxima; "
        "pink: singular; grey: nowhere). Darker: more steps.",
        "by_goal": False,
        "figures": [],
        "images": images,
        "reason": None if images else "no problem was drawn; zerograd report RUN --basins himmelblau draws one",
    }


def _saved(run: Path) -> Iterator[Path]:
    for image in sorted(run.glob("basins/*.png")):
        if (path := held(run, f"basins/{image.name}")) is not None:
            yield path


def _image(path: Path) -> dict[str, str]:
    return {
        "src": "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode(),
        "alt": f"basins of attraction of {legible(path.stem)}, one panel for each solver",
        "caption": legible(path.stem),
    }


def _beside(runs: Sequence[Path], name: str) -> pd.DataFrame:
    """A table beside the results, of those runs that have one."""
    having = [run for run in runs if has(run, name)]
    return read(having, name) if having else to_frame([], TABLES[name])


def _first_traced(tables: Tables) -> str:
    keys = ["run_id", "cell_id", "attempt"]
    traced = tables.trace.merge(tables.rows[[*keys, "problem", "origin"]], on=keys)
    own, gap = traced["origin"].isna(), traced["f_gap_median"].notna()
    traced = pd.concat([traced[own & gap], traced[~own & gap], traced[~own & ~gap]])  # the first that can be drawn
    return str(traced["problem"].iloc[0]) if len(traced) else "any problem"
