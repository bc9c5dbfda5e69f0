"""The verb that draws: pictures of runs, and of two-variable problems."""

import io
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import results
from bench.ending import UsageError, usage
from results.files import replace
from results.pictures import planes
from results.pictures import studies as pictures

PLOTS: dict[str, Callable[[Any, list[Path], Namespace], Any]] = {
    "scaling": lambda frame, runs, words: pictures.scaling(frame),
    "ends": lambda frame, runs, words: pictures.ends(frame),
    "profile": lambda frame, runs, words: pictures.profile(frame, words.measure),
    "targets": lambda frame, runs, words: pictures.time_to_target(frame, results.read(runs, "targets")),
    "convergence": lambda frame, runs, words: pictures.convergence(frame, results.read(runs, "trace"), words.problem),
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
        return _draw_contour(words.of[0])
    runs = [Path(run) for run in words.of]
    return PLOTS[words.what](results.read(runs), runs, words)


def draw_basins(name: str, solvers: Sequence[str]) -> Any:
    """The picture of one problem's basins."""
    from bench.measuring.basins import basin

    problem, box, points = _planar(name)
    return planes.basins(problem.name, [basin(problem, solver) for solver in solvers], box, points)


def _draw_contour(name: str) -> Any:
    from bench.measuring.basins import grid
    from bench.measuring.referee import referee

    problem, box, points = _planar(name)
    heights = referee(problem).slopes(grid(problem, _CONTOUR_SIDE))[0].reshape(_CONTOUR_SIDE, _CONTOUR_SIDE)
    return planes.contour(problem.name, heights, box, points)


_CONTOUR_SIDE = 200


def _planar(name: str) -> Any:
    """A two-variable problem, its box as a picture takes it, and its known points by kind."""
    from bench.machine.device import configure
    from bench.measuring.referee import PointKind, referee
    from problems import get, select

    configure("auto")
    problem = get(select(name)[0])
    if problem.dim != 2:
        raise ValueError(f"a picture of the plane needs two variables; {problem.name} has {problem.dim}")
    points = {}
    if (known := problem.truth.points) is not None:
        kinds = referee(problem).judge(known, 1e-8, "float64").kind
        points = {PointKind(kind).name.lower(): known[kinds == kind] for kind in sorted(set(kinds))}
    return problem, [problem.lower[0], problem.upper[0], problem.lower[1], problem.upper[1]], points
