"""The arguments of every verb: a function a verb, of the verb's name. Imports none of what the verbs need."""

import argparse
from itertools import groupby
from pathlib import Path

from bench.plan.declared import DECLARED

Parser = argparse.ArgumentParser
LISTS = ("problems", "solvers", "cells")
PLOTS = (
    "basins",
    "contour",
    "scaling",
    "ends",
    "profile",
    "reached",
    "convergence",
    "batch",
    "peers",
    "reach",
    "networks",
    "path",
    "story",
)
BASINS = ("newton", "newton-modified", "gd")
"""Root-finding, root-finding that descends, descent."""
_GOALS = ("global", "minimum", "stationary")
MEASURES = ("time", "steps", "evaluations")
FORMATS = ("text", "markdown", "json")
EXPORTS = ("gha", "asv", "bencher", "otava", "markdown", "latex", "parquet")
OUTSIDE = ("benchopt", "pytest-benchmark", "optimagic", "coco")
PARTS = ("device", "equal", "races", "huge", "blocks", "rounding")
COMPILED = {
    "problems": "those of the size quick",
    "solvers": "newton,gd,adam",
    "dtype": "float64",
    "batch": "1000000",
    "executor": "auto",
    "plugin": "none",
}
"""Options of a run that `compile` takes, and what they are without being given."""


def run(parser: Parser) -> None:
    """Of `zerograd run`."""
    parser.add_argument(
        "studies", nargs="*", metavar="STUDY",
        help="problems, scaling, batch; on request alone: peers, stationary, symbolic, continuation, growth, "
        "scaling_devices; without a name the first three",
    )  # fmt: skip
    for title, options in groupby(DECLARED, key=lambda option: option.group):
        group = parser.add_argument_group(title)
        for option in options:
            usual = f" (default {option.default})" if option.default else ""
            group.add_argument(f"--{option.name}", metavar=option.metavar, help=f"{option.help}{usual}")
    beside = parser.add_argument_group("of pytest and pytest-benchmark")
    beside.add_argument("-k", dest="keyword", metavar="EXPRESSION", help="only cells whose names match")
    beside.add_argument("--benchmark-json", metavar="FILE", help="also write pytest-benchmark's JSON")
    beside.add_argument("--in-process", action="store_true", help="measure in this process, for debuggers")
    beside.add_argument("--collect-only", action="store_true", help="list the cells, measure nothing")


def ask(parser: Parser) -> None:
    """Of `zerograd ask`."""
    parser.add_argument("what", metavar="MODULE:LOSS", help="a function, or a file.py:function, or a problem's name")
    parser.add_argument(
        "--start", metavar="X", help="1,2 or a Python literal, {'a': 1.0}; or the name of a start in the module"
    )
    parser.add_argument("--data", type=Path, metavar="CSV", help="a file whose columns the loss takes as a dict")
    parser.add_argument("--lower", metavar="X", help="corner of the box in which starts are drawn; like --start")
    parser.add_argument("--upper", metavar="X", help="the other corner")
    parser.add_argument(
        "--seconds",
        type=float,
        default=30.0,
        help="after so many the doctor looks no further, after as many again no solver is started",
    )
    parser.add_argument("--solvers", metavar="NAME,..", help="who races, instead of all that fit")
    _plugin(parser)


def list_(parser: Parser) -> None:
    """Of `zerograd list`."""
    parser.add_argument("what", choices=LISTS)
    parser.add_argument("--tags", metavar="TAG,..", default="", help="only problems that have all of these tags")
    _plugin(parser)


def show(parser: Parser) -> None:
    """Of `zerograd show`."""
    parser.add_argument("name", help="of a problem, as in zerograd list problems")
    parser.add_argument("--certified", action="store_true", help="prove which stationary points there are in the box")
    _plugin(parser)


def _plugin(parser: Parser) -> None:
    parser.add_argument("--plugin", metavar="MODULE,..", help="modules or files whose solvers and problems are added")


def doctor(parser: Parser) -> None:
    """Of `zerograd doctor`."""
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto")
    parser.add_argument("--require-gpu", action="store_true", help="end with exit code 3 if there is none")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")


def gpu_check(parser: Parser) -> None:
    """Of `zerograd gpu-check`."""
    parser.add_argument("-o", "--out", type=Path, default=Path("results/runs/gpu-check"), help="folder for the results")
    parser.add_argument("--seconds", type=float, default=540.0, help="nothing is begun when they are nearly over")
    parser.add_argument("--only", metavar="PART,..", default="", help=", ".join(PARTS))
    parser.add_argument(
        "--try", dest="smallest", action="store_true", help="tiny sizes, on a CPU: tries the check itself"
    )


def compile_(parser: Parser) -> None:
    """Of `zerograd compile`."""
    parser.add_argument("--for", dest="card", metavar="CARD", default="h100", help="h100, h200, a100, l4 or rtx4090")
    for name, usual in COMPILED.items():
        parser.add_argument(f"--{name}", help=f"as for zerograd run; {usual} by default")
    parser.add_argument(
        "--strict", action="store_true", help="end with exit code 1 on a failure, a spill or more launches"
    )


def report(parser: Parser) -> None:
    """Of `zerograd report`."""
    _runs(parser)
    parser.add_argument("-o", "--output", type=Path, help="the page; report.html beside the first run by default")
    parser.add_argument("--basins", metavar="NAME,..", default="", help="also draw the basins of these problems")
    _plugin(parser)


def _runs(parser: Parser) -> None:
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs, or results.csv files")


def plot(parser: Parser) -> None:
    """Of `zerograd plot`."""
    parser.add_argument("what", choices=PLOTS)
    parser.add_argument(
        "of", nargs="+", metavar="RUN|PROBLEM", help="runs; for basins, contour, path and story the name of a problem"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="x.svg, x.png or x.pdf")
    parser.add_argument("--problem", default="himmelblau", help="for convergence")
    parser.add_argument("--measure", choices=MEASURES, default="time", help="for profile")
    parser.add_argument("--goal", choices=_GOALS, default="minimum", help="for profile and reached")
    parser.add_argument("--solvers", default=",".join(BASINS), help="for basins, path and story")
    parser.add_argument(
        "--start", metavar="X,..", help="for path and story; a path starts as lane 0 does, a story at the left"
    )
    _plugin(parser)


def compare(parser: Parser) -> None:
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
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--solvers", metavar="A,B", help="instead: A against B over the problems of one run or two")
    parser.add_argument("--as", dest="versions", metavar="A=B", help="instead: A of OLD against B of NEW, likewise")


def validate(parser: Parser) -> None:
    """Of `zerograd validate`."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a folder or results.csv")


def merge(parser: Parser) -> None:
    """Of `zerograd merge`."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs or shards")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="the new folder; must not exist"
    )
    parser.add_argument("--keep", choices=("last", "all"), default="last", help="of several attempts at a cell")


def import_outside(parser: Parser) -> None:
    """Of `zerograd import`."""
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="files, or a folder, .zip or .tgz of COCO's"
    )
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="FOLDER", help="the new folder; must not exist"
    )
    parser.add_argument("--as", dest="kind", choices=OUTSIDE, help="whose they are, instead of what they look like")
    parser.add_argument(
        "--rename", action="append", default=[], metavar="THEIRS=OURS",
        help="what a problem is called here, to be drawn behind ours; once for each",
    )  # fmt: skip


def export(parser: Parser) -> None:
    """Of `zerograd export`."""
    parser.add_argument("format", choices=EXPORTS)
    _runs(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
