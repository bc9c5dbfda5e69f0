"""The verb that draws: pictures of runs, and of two-variable problems."""

import io
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import results
from bench.commands.arguments import BASINS
from bench.ending import UsageError, usage
from results.files import replace
from results.pictures import curves, planes, stories
from results.pictures import studies as pictures
from results.pictures.convergence import convergence
from results.pictures.networks import learning_curves
from results.pictures.reach import what_still_works
from results.report.sections import tables_of

PLOTS: dict[str, Callable[[Any, list[Path], Namespace], Any]] = {
    "scaling": lambda frame, runs, words: pictures.scaling(frame),
    "ends": lambda frame, runs, words: pictures.ends(frame),
    "reach": lambda frame, runs, words: what_still_works(frame),
    "networks": lambda frame, runs, words: learning_curves(frame, tables_of(frame, runs).learning),
    "profile": lambda frame, runs, words: curves.profile(frame, words.measure, words.goal),
    "reached": lambda frame, runs, words: curves.reached(frame, words.goal),
    "convergence": lambda frame, runs, words: convergence(frame, tables_of(frame, runs).trace, words.problem),
    "batch": lambda frame, runs, words: pictures.batch(frame),
    "peers": lambda frame, runs, words: pictures.peers(frame),
}


def run(words: Namespace) -> Iterator[str]:
    """Draws one picture into a file."""
    if words.plugin:
        from bench.plan.options import resolve

        resolve({"plugin": words.plugin}, Path.cwd())
    if words.output.suffix not in (".svg", ".png", ".pdf"):
        raise UsageError(f'-o "{words.output}" is not understood; allowed: .svg, .png, .pdf')
    with pictures.style():
        figure = usage(lambda: _drawn(words))
        usage(lambda: save(figure, words.output, dpi=150))
    yield f"picture: {words.output}"


def save(figure: Any, path: Path, dpi: int) -> None:
    """Writes a picture in the format that the file's name ends in."""
    picture = io.BytesIO()
    figure.savefig(picture, format=path.suffix[1:], dpi=dpi, transparent=False)
    replace(path, picture.getvalue())


def _drawn(words: Namespace) -> Any:
    if words.what == "basins":
        return draw_basins(words.of[0], words.solvers.split(","))
    if words.what == "contour":
        return planes.contour(*_map(words.of[0]))
    if words.what == "path":
        return _draw_paths(words)
    if words.what == "story":
        return _draw_story(words)
    runs = [Path(run) for run in words.of]
    return PLOTS[words.what](results.read(runs), runs, words)


def draw_basins(name: str, solvers: Sequence[str], side: int | None = None, device: str = "auto") -> Any:
    """The picture of one problem's basins, from `side` times `side` starts."""
    from bench.sketches.basins import SIDE, basin

    problem, box, points = _planar(name, device)
    return planes.basins(problem.name, [basin(problem, solver, side or SIDE) for solver in solvers], box, points)


def _draw_paths(words: Namespace) -> Any:
    from bench.sketches.paths import first_point, trail
    from problems import get

    name, heights, box, points = _map(words.of[0])
    problem = get(name)
    start = first_point(problem, words.start)
    ways = [trail(problem, solver, start) for solver in words.solvers.split(",")]
    return stories.paths(name, heights, box, points, ways)


def _draw_story(words: Namespace) -> Any:
    """Of one variable: a way that solves f' = 0 and one that descends f, from one start."""
    import jax
    import numpy as np

    from bench.sketches.paths import first_point, trail

    problem, points = _known(words.of[0], 1)
    chosen = _STORY if words.solvers == ",".join(BASINS) else words.solvers.split(",")
    if len(chosen) != len(_STORY):
        raise ValueError(f'--solvers "{words.solvers}": a story is of two solvers, as newton,gd')
    near = problem.lower + _STORY_START * (problem.upper - problem.lower)
    start = near if words.start is None else first_point(problem, words.start)
    ways = [trail(problem, solver, start) for solver in chosen]
    # From a little inside the box, where f may have no value on the edge, and no farther than the picture needs.
    side = problem.upper[0] - problem.lower[0]
    x = np.linspace(problem.lower[0] + 1e-3 * side, problem.upper[0], _STORY_SIDE)
    f, slope = jax.vmap(jax.value_and_grad(lambda t: problem.fn(t[None], problem.data)))(x)
    formula = np.zeros(0) if problem.closed_form is None else np.asarray(problem.closed_form(problem.data))[:, 0]
    known = {kind: at[:, 0] for kind, at in points.items()}
    return stories.story(problem.name, stories.Curve(x, np.asarray(f), np.asarray(slope), known, formula), *ways)


_STORY, _STORY_SIDE, _STORY_START = ("newton", "gd"), 1000, 0.02
"""The ways, points of the curve, and how far into the box they start."""


def _map(name: str) -> Any:
    """What `planes.contour` takes."""
    from bench.measuring.referee import referee
    from bench.sketches.basins import grid

    problem, box, points = _planar(name)
    heights = referee(problem).slopes(grid(problem, _CONTOUR_SIDE))[0].reshape(_CONTOUR_SIDE, _CONTOUR_SIDE)
    return problem.name, heights, box, points


_CONTOUR_SIDE = 400


def _planar(name: str, device: str = "auto") -> Any:
    """A two-variable problem, its box as a picture takes it, and its known points by kind."""
    problem, points = _known(name, 2, device)
    return problem, [problem.lower[0], problem.upper[0], problem.lower[1], problem.upper[1]], points


def _known(name: str, n: int, device: str = "auto") -> Any:
    """A problem of so many variables, and its known points by kind."""
    from bench.machine.device import configure
    from bench.measuring.referee import PointKind, referee
    from problems import get, select

    configure(device)
    problem = get(select(name)[0])
    if problem.dim != n:
        needs = "a picture of the plane needs two variables" if n == 2 else "a story needs one variable"
        raise ValueError(f"{needs}; {problem.name} has {problem.dim}")
    points = {}
    if (known := problem.truth.points) is not None:
        kinds = referee(problem).judge(known, 1e-8, "float64").kind
        points = {PointKind(kind).name.lower(): known[kinds == kind] for kind in sorted(set(kinds))}
    return problem, points
