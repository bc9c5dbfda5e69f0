"""The verbs that read runs: report, plot, compare, validate, merge."""

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import results
from bench.ab import ab
from bench.options import UsageError
from results import compare as comparing
from results import exports as exporting
from results import merge as merging
from results import pictures
from results.report import write_report

Words = argparse.Namespace
CHANGED, NOTHING_IN_COMMON = 1, 3
_BASINS = ("newton", "newton-modified", "gd")
_FORMATS = {"text": comparing.as_text, "markdown": comparing.as_markdown, "json": comparing.as_json}


class Ended(Exception):
    """The verb is done, with an exit code that is not 0."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def report_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `zerograd report`."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs, or results.csv files")
    parser.add_argument("-o", "--output", type=Path, help="the page; report.html beside the first run by default")
    parser.add_argument("--basins", metavar="NAME,..", default="", help="also draw the basins of these problems")


def report(words: Words) -> Iterator[str]:
    """Writes the page and says where."""
    first = words.runs[0]
    folder = first if first.is_dir() else first.parent
    target = words.output or folder / "report.html"
    for name in filter(None, map(str.strip, words.basins.split(","))):
        _usage(partial(_save_basins, name, folder / "basins"))
    yield f"report: {_usage(lambda: write_report(words.runs, target))}"


def _save_basins(name: str, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with pictures.style():
        draw_basins(name, list(_BASINS)).savefig(folder / f"{name}.png", dpi=130, transparent=False)


def compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `zerograd compare`."""
    parser.add_argument("old", nargs="?", type=Path, metavar="OLD", help="the run before: a folder or results.csv")
    parser.add_argument("new", nargs="?", type=Path, metavar="NEW", help="the run after")
    parser.add_argument(
        "--ab", metavar="REVISION", help="instead: measure this git revision and the working tree in turns"
    )
    parser.add_argument("--bench", metavar="WORDS", default="--size smoke", help="with --ab: options of pytest bench")
    parser.add_argument(
        "--allow", type=Path, metavar="FILE", help="expected changes: CELL COLUMN on a line, globs both"
    )
    parser.add_argument("--format", choices=tuple(_FORMATS), default="text")


def compare(words: Words) -> Iterator[str]:
    """Prints the differences; exit code 1 if one of them counts, 3 if the runs have no cell in common."""
    allowed = _usage(lambda: comparing.read_allowed(words.allow)) if words.allow else []
    if words.ab is None:
        if words.new is None:
            raise UsageError("compare needs two runs, OLD and NEW, or --ab REVISION")
        outcome = _usage(lambda: comparing.compare(words.old, words.new, allowed))
    else:
        tell = partial(print, file=sys.stderr, flush=True)  # stdout is the comparison
        outcome = ab(words.ab, shlex.split(words.bench), Path.cwd(), allowed, tell)
    yield from _FORMATS[words.format](outcome)
    if not outcome.common or outcome.failed:
        raise Ended(CHANGED if outcome.common else NOTHING_IN_COMMON)


def validate_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `zerograd validate`."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a folder or results.csv")


def validate(words: Words) -> Iterator[str]:
    """Prints what is wrong; exit code 1 if anything is."""
    found = _usage(lambda: list(merging.validate(words.run)))
    yield from found[:_MOST_COMPLAINTS]
    if len(found) > _MOST_COMPLAINTS:
        yield f"and {len(found) - _MOST_COMPLAINTS} more"
    if found:
        raise Ended(CHANGED)
    yield f"{words.run}: every row is as the schema says, and the files agree"


_MOST_COMPLAINTS = 50


def merge_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `zerograd merge`."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs or shards")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="the new folder; must not exist"
    )
    parser.add_argument("--keep", choices=("last", "all"), default="last", help="of several attempts at a cell")


def merge(words: Words) -> Iterator[str]:
    """Writes the joined tables and says where."""
    rows = _usage(lambda: merging.merge(words.runs, words.output, words.keep))
    yield f"{rows} rows: {words.output / 'results.csv'}"


def export_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `zerograd export`."""
    parser.add_argument("format", choices=exporting.FORMATS)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs, or results.csv files")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")


def export(words: Words) -> Iterator[str]:
    """Writes the rows in another tool's format and says where."""
    rows = _usage(lambda: exporting.export(results.read(words.runs), words.format, words.output))
    yield f"{rows} rows: {words.output}"


_PLOTS: dict[str, Callable[[Any, list[Path], Words], Any]] = {
    "scaling": lambda frame, runs, words: pictures.scaling(frame),
    "ends": lambda frame, runs, words: pictures.ends(frame),
    "profile": lambda frame, runs, words: pictures.profile(frame, words.measure),
    "targets": lambda frame, runs, words: pictures.time_to_target(frame, results.read(runs, "targets")),
    "convergence": lambda frame, runs, words: pictures.convergence(frame, results.read(runs, "trace"), words.problem),
    "batch": lambda frame, runs, words: pictures.batch(frame),
    "peers": lambda frame, runs, words: pictures.peers(frame),
}


def plot_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `zerograd plot`."""
    parser.add_argument("what", choices=("basins", "contour", *_PLOTS))
    parser.add_argument(
        "of", nargs="+", metavar="RUN|PROBLEM", help="runs; for basins and contour the name of a problem"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="x.svg, x.png or x.pdf")
    parser.add_argument("--problem", default="himmelblau", help="for convergence")
    parser.add_argument("--measure", choices=results.MEASURES, default="time", help="for profile")
    parser.add_argument("--solvers", default=",".join(_BASINS), help="for basins")


def plot(words: Words) -> Iterator[str]:
    """Draws one picture into a file."""
    if words.output.suffix not in (".svg", ".png", ".pdf"):
        raise UsageError(f'-o "{words.output}" is not understood; allowed: .svg, .png, .pdf')
    with pictures.style():
        figure = _usage(lambda: _drawn(words))
        figure.savefig(words.output, dpi=150, transparent=False)
    yield f"picture: {words.output}"


def _drawn(words: Words) -> Any:
    if words.what == "basins":
        return draw_basins(words.of[0], words.solvers.split(","))
    if words.what == "contour":
        return _draw_contour(words.of[0])
    runs = [Path(run) for run in words.of]
    return _PLOTS[words.what](results.read(runs), runs, words)


def draw_basins(name: str, solvers: list[str]) -> Any:
    """The picture of one problem's basins."""
    from bench.basins import basin

    problem, box, points = _planar(name)
    return pictures.basins(problem.name, [basin(problem, solver) for solver in solvers], box, points)


def _draw_contour(name: str) -> Any:
    from bench.basins import grid
    from bench.referee import referee

    problem, box, points = _planar(name)
    heights = referee(problem).slopes(grid(problem, _CONTOUR_SIDE))[0].reshape(_CONTOUR_SIDE, _CONTOUR_SIDE)
    return pictures.contour(problem.name, heights, box, points)


_CONTOUR_SIDE = 200


def _planar(name: str) -> Any:
    """A two-variable problem, its box as a picture takes it, and its known points by kind."""
    from bench.device import configure
    from bench.referee import Kind, referee
    from problems import get, select

    configure("auto")
    problem = get(select(name)[0])
    if problem.dim != 2:
        raise ValueError(f"a picture of the plane needs two variables; {problem.name} has {problem.dim}")
    points = {}
    if (known := problem.truth.points) is not None:
        kinds = referee(problem).judge(known, 1e-8, "float64").kind
        points = {Kind(kind).name.lower(): known[kinds == kind] for kind in sorted(set(kinds))}
    return problem, [problem.lower[0], problem.upper[0], problem.lower[1], problem.upper[1]], points


def _usage(action: Callable[[], Any]) -> Any:
    """What the caller got wrong is a line on stderr."""
    try:
        return action()
    except (ValueError, LookupError, OSError) as mistake:
        raise UsageError(str(mistake)) from None
    except ImportError as missing:
        raise UsageError(f"{missing.name or 'pyarrow'} is not installed; pip install pyarrow") from None
