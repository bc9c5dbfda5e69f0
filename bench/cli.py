"""The `zerograd` command: what there is to run, and on what."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.device import DEVICES, NoDevice
from bench.doctor import examine
from bench.options import Options, UsageError, resolve
from problems import get, names
from solvers import SOLVERS, available

USAGE, INFRASTRUCTURE = 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; a mistake is one line on stderr and exit code 2."""
    words = _parser().parse_args(arguments)
    try:
        for line in examine(words.device) if words.verb == "doctor" else _listed(words.what, words.plugin):
            print(line, flush=True)
    except NoDevice as reason:
        print(f"error: {reason}", file=sys.stderr)
        return INFRASTRUCTURE
    except UsageError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        sys.stderr.close()  # the reader, head for instance, has seen enough
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zerograd", description="Solve grad f = 0, or descend? The suite's contents.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="problems, solvers or cells", epilog="example: zerograd list problems")
    listing.add_argument("what", choices=tuple(_LISTS))
    listing.add_argument("--plugin", metavar="MODULE,..", help="modules whose solvers are added")
    doctor = verbs.add_parser("doctor", help="the machine, the libraries and the device's measured peak")
    doctor.add_argument("--device", choices=DEVICES, default="auto")
    return parser


def _listed(what: str, plugin: str | None) -> list[str]:
    return _LISTS[what](resolve({"plugin": plugin}, Path.cwd()))


def _problems(_: Options) -> list[str]:
    rows = [(name, get(name)) for name in names()]
    return [
        f"{name:24} n={problem.dim:<5} {problem.truth.standing:11} {', '.join(sorted(problem.tags))}"
        for name, problem in rows
    ]


def _solvers(_: Options) -> list[str]:
    rows = [(solver, ", ".join(available(solver))) for solver in SOLVERS.values()]
    return [f"{solver.name:24} {solver.kind:8} {solver.reference:44} {options}".rstrip() for solver, options in rows]


def _cells(options: Options) -> list[str]:
    from bench import bench_batch, bench_problems, bench_scaling

    files = (bench_problems, bench_scaling, bench_batch)
    return list(dict.fromkeys(cell.id for file in files for cell in file.cells(options)))


_LISTS: dict[str, Callable[[Options], list[str]]] = {"problems": _problems, "solvers": _solvers, "cells": _cells}
