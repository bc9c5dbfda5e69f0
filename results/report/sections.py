"""The report's sections with pictures, each drawn from the rows or with the reason why there is nothing to draw."""

import base64
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from results.files import held
from results.pictures import studies as pictures
from results.pictures.studies import INK, RULE, NothingToDraw
from results.schema import TABLES
from results.table import has, read, to_frame
from results.text import legible


class Tables(NamedTuple):
    """What sections are drawn from."""

    rows: pd.DataFrame
    targets: pd.DataFrame
    trace: pd.DataFrame


class Section(NamedTuple):
    """A heading, a sentence, and a picture."""

    id: str
    title: str
    text: str
    alt: str
    draw: Callable[[Tables], Figure]


SECTIONS = (
    Section(
        "scaling",
        "Where the lead changes hands",
        "Time per minimum, failures charged, against the number of variables. Exact solvers, which take a call and no "
        "starts, are not drawn.",
        "time against n for each solver, both axes logarithmic",
        lambda tables: pictures.scaling(tables.rows),
    ),
    Section(
        "ends",
        "Where the starts end",
        "A root of the gradient may be a saddle or a maximum: what the starts of newton and gd ended on.",
        "stacked bars of minimum, saddle, maximum, singular, flat and not stationary, per problem",
        lambda tables: pictures.ends(tables.rows),
    ),
    Section(
        "profile",
        "Over all problems: time",
        "Performance profile (Dolan & More 2002): on how many problems the time per start that ends on a stationary "
        "point, failures charged, is within a factor of the best solver's.",
        "performance profile on time, a step curve for each solver",
        lambda tables: pictures.profile(tables.rows, "time"),
    ),
    Section(
        "profile-evaluations",
        "Over all problems: evaluations",
        "The same for evaluations of f, its gradient and its Hessian, each counted as one.",
        "performance profile on evaluations, a step curve for each solver",
        lambda tables: pictures.profile(tables.rows, "evaluations"),
    ),
    Section(
        "targets",
        "Time to accuracy",
        "How many pairs of a problem and a target (f - f* down to 10^0 ... 10^-10 of its value at the start) are "
        "reached within an expected time, restarts charged.",
        "share of targets reached against expected time, a step curve for each solver",
        lambda tables: pictures.time_to_target(tables.rows, tables.targets),
    ),
    Section(
        "convergence",
        "Convergence",
        "Median over the starts; the band holds the middle half of them.",
        "f minus its minimum against steps and against time",
        lambda tables: pictures.convergence(tables.rows, tables.trace, _first_traced(tables)),
    ),
    Section(
        "batch",
        "Many starts at once",
        "Throughput against the size of the batch.",
        "starts per second against the batch, both axes logarithmic",
        lambda tables: pictures.batch(tables.rows),
    ),
    Section(
        "peers",
        "Against the peers",
        "The same starts and device, the tolerance as near to ours as the peer allows, in rounds taken in turns. Right "
        "of 1: a call of ours is faster. How many starts arrived is in the rows.",
        "bars of the time ratio to each peer",
        lambda tables: pictures.peers(tables.rows),
    ),
)


def sections(frame: pd.DataFrame, runs: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Every section as the page's template takes it."""
    tables = Tables(frame, *(_beside(runs, name) for name in ("targets", "trace")))
    for section in SECTIONS:
        shown = section._asdict() | {"svg": None, "images": [], "reason": None}
        try:
            with pictures.style():
                figure = section.draw(tables)
            yield shown | {"svg": svg(figure)}
        except NothingToDraw as reason:
            yield shown | {"reason": str(reason)}


def svg(figure: Figure) -> str:
    """The picture as an element of a page, in the page's own colours."""
    text = io.StringIO()
    with pictures.style():
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    element = text.getvalue()
    element = element[element.index("<svg") :]
    return element.replace(INK, "currentColor").replace(RULE, "var(--rule)")


def basin_pictures(runs: Sequence[Path]) -> dict[str, Any]:
    """The section of the pictures of basins that a run has beside its rows."""
    return {
        "id": "basins",
        "title": "Where each start leads",
        "text": "A grid of 512 x 512 starts. Colour: the point reached (blue and green: minima; orange: saddles; red: "
        "maxima; pink: singular; grey: nowhere). Darker: more steps.",
        "svg": None,
        "images": [_image(path) for run in runs if run.is_dir() for path in _drawn(run)],
        "reason": "no problem was drawn; zerograd report RUN --basins himmelblau draws one",
    }


def _drawn(run: Path) -> Iterator[Path]:
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
    traced = tables.trace[tables.trace["f_gap_median"].notna()].merge(tables.rows[[*keys, "problem"]], on=keys)
    return str(traced["problem"].iloc[0]) if len(traced) else "any problem"
