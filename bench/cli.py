"""The `zerograd` command: a table of verbs."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.commands import listing, plotting, reading
from bench.machine.device import DEVICES, NoDevice, configure
from bench.plan.options import UsageError, path, resolve
from bench.running.signals import Signalled, heeded
from results.text import forgiving

USAGE, INFRASTRUCTURE = 2, 3
Words = argparse.Namespace


class Verb(NamedTuple):
    """One thing the command does."""

    help: str
    example: str
    arguments: Callable[[argparse.ArgumentParser], object]
    run: Callable[[Words], Iterable[str]]
    """The lines to print."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; a mistake is one line on stderr and exit code 2."""
    words = _parser().parse_args(arguments)
    try:
        _check_paths(words)
        with heeded():
            for line in VERBS[words.verb].run(words):
                print(line, file=forgiving(sys.stdout), flush=True)
    except NoDevice as reason:
        print(f"error: {reason}", file=sys.stderr)
        return INFRASTRUCTURE
    except UsageError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return USAGE
    except reading.Ended as ended:
        return ended.code
    except Signalled as signalled:
        print(f"error: {signalled}", file=sys.stderr)
        return signalled.code
    except MemoryError as too_large:
        print(f"error: it does not fit into memory ({too_large}); give something smaller", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        sys.stderr.close()  # the reader, head for instance, has seen enough
    return 0


def _check_paths(words: Words) -> None:
    """Of every argument, since any may become a path: before anything is computed that could not be written."""
    for name, value in vars(words).items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str | Path):
                path(name)(str(text))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zerograd", description="Solve grad f = 0, or descend? The suite's contents.")
    subparsers = parser.add_subparsers(dest="verb", required=True)
    for name, verb in VERBS.items():
        verb.arguments(
            subparsers.add_parser(name, help=verb.help, description=verb.help, epilog=f"example: {verb.example}")
        )
    return parser


def _plugin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--plugin", metavar="MODULE,..", help="modules whose solvers and problems are added")


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("problems", *listing.LISTS))
    parser.add_argument("--tags", metavar="TAG,..", default="", help="only problems that have all of these tags")
    _plugin(parser)


def _list(words: Words) -> Iterable[str]:
    options = resolve({"plugin": words.plugin}, Path.cwd())
    if words.what == "problems":
        return listing.problems(set(filter(None, map(str.strip, words.tags.split(",")))))
    return listing.LISTS[words.what](options)


def _show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="of a problem, as in zerograd list problems")
    parser.add_argument("--certified", action="store_true", help="prove which stationary points there are in the box")
    _plugin(parser)


def _show(words: Words) -> Iterable[str]:
    from bench.commands.show import certificate, show
    from problems import get

    configure("cpu")
    problem = get(resolve({"plugin": words.plugin, "problems": words.name}, Path.cwd()).problems[0])
    return show(problem, certificate(problem) if words.certified else None)


def _doctor(words: Words) -> Iterable[str]:
    from bench.commands.doctor import as_json, examine, lines

    findings = examine("gpu" if words.require_gpu else words.device)
    return as_json(findings) if words.json else lines(findings)


def _doctor_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--require-gpu", action="store_true", help="end with exit code 3 if there is none")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")


def _gpu_check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--out", type=Path, default=Path("results/runs/gpu-check"), help="folder for the results")
    parser.add_argument("--seconds", type=float, default=540.0, help="nothing is begun when they are nearly over")
    parser.add_argument("--only", metavar="PART,..", default="", help="device, equal, races, huge, blocks, rounding")
    parser.add_argument(
        "--try", dest="smallest", action="store_true", help="tiny sizes, on a CPU: tries the check itself"
    )


def _gpu_check(words: Words) -> Iterable[str]:
    from bench.commands import gpu_check

    parts = tuple(filter(None, map(str.strip, words.only.split(","))))
    if unknown := [part for part in parts if part not in gpu_check.PARTS]:
        raise UsageError(f'--only "{unknown[0]}" is not known; there are: {", ".join(gpu_check.PARTS)}')
    configure("cpu" if words.smallest else "gpu")
    return gpu_check.check(words.out, words.seconds, parts, words.smallest)


def _compile_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--for", dest="card", metavar="CARD", default="h100", help="h100, h200, a100, l4 or rtx4090")
    for name in ("problems", "solvers", "dtype", "batch", "executor", "plugin"):
        parser.add_argument(f"--{name}", help=f"as for pytest bench; {_COMPILED[name]} by default")
    parser.add_argument(
        "--strict", action="store_true", help="end with exit code 1 on a failure, a spill or more launches"
    )


_COMPILED = {
    "problems": "those of the size quick",
    "solvers": "newton,gd,adam",
    "dtype": "float64",
    "batch": "1000000",
    "executor": "auto",
    "plugin": "none",
}


def _compile(words: Words) -> Iterable[str]:
    from bench.commands.compile import table

    given = {name: getattr(words, name) or _GIVEN.get(name) for name in _COMPILED}
    return table(words.card, resolve(given, Path.cwd()), words.strict)


_GIVEN = {name: _COMPILED[name] for name in ("solvers", "dtype", "batch")}


VERBS = {
    "list": Verb(
        "what there is: problems, solvers or cells", "zerograd list problems --tags statistics", _list_arguments, _list
    ),
    "show": Verb("one problem: its record, known points and a map", "zerograd show himmelblau", _show_arguments, _show),
    "gpu-check": Verb(
        "is the GPU right, and how fast is it: minutes",
        "zerograd gpu-check --seconds 540",
        _gpu_check_arguments,
        _gpu_check,
    ),
    "compile": Verb(
        "what programs would do on a GPU that is not here",
        'zerograd compile --for h100 --problems "nist-*" --solvers newton',
        _compile_arguments,
        _compile,
    ),
    "report": Verb(
        "the page of one or several runs",
        "zerograd report results/runs/RUN",
        reading.report_arguments,
        reading.report,
    ),
    "plot": Verb(
        "one picture into a file",
        "zerograd plot basins himmelblau -o basins.png",
        plotting.plot_arguments,
        plotting.plot,
    ),
    "compare": Verb(
        "what changed between two runs: exit code 0 clean, 1 changed, 3 nothing in common",
        "zerograd compare results/runs/OLD results/runs/NEW --format markdown",
        reading.compare_arguments,
        reading.compare,
    ),
    "validate": Verb(
        "is a run as the schema says, and do its files agree: exit code 0 or 1",
        "zerograd validate results/runs/RUN",
        reading.validate_arguments,
        reading.validate,
    ),
    "merge": Verb(
        "runs or shards into one folder",
        "zerograd merge results/runs/A results/runs/B -o results/runs/BOTH",
        reading.merge_arguments,
        reading.merge,
    ),
    "export": Verb(
        "rows in the format of another tool",
        "zerograd export gha results/runs/RUN -o benchmark.json",
        reading.export_arguments,
        reading.export,
    ),
    "doctor": Verb(
        "the machine, the libraries and the device's measured peak",
        "zerograd doctor --require-gpu --json",
        _doctor_arguments,
        _doctor,
    ),
}
