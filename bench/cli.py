"""The `zerograd` command: a table of verbs. What a verb does stands in `bench.commands`, in the file of its name."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from bench.commands import arguments
from bench.ending import INFRASTRUCTURE, USAGE, Exit, NoDevice, UsageError
from bench.running.signals import Signalled, heeded

Words = argparse.Namespace


class Verb(NamedTuple):
    """One thing the command does."""

    help: str
    example: str
    """What is shown beneath its help, and tested; several are parted by "; "."""
    arguments: Callable[[argparse.ArgumentParser], object]


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command; a mistake is one line on stderr and exit code 2."""
    parsed = _parser().parse_args(words)
    try:
        _call(parsed)
    except NoDevice as reason:
        print(f"error: {reason}", file=sys.stderr)
        return INFRASTRUCTURE
    except UsageError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return USAGE
    except Exit as ended:
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


def _call(words: Words) -> None:
    # Imported only now: to parse words, or to help, takes none of it.
    from results.text import forgiving

    _check_paths(words)
    with heeded():
        # `import` and `list` are no names for a function, or mean another: the module is called as the function.
        verb = import_module(f"bench.commands.{VERBS[words.verb].arguments.__name__.rstrip('_')}")
        for line in verb.run(words):
            print(line, file=forgiving(sys.stdout), flush=True)


def _check_paths(words: Words) -> None:
    """Of every argument, since any may become a path: before anything is computed that could not be written."""
    from bench.plan.parsers import path

    for name, value in vars(words).items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str | Path):
                path(name)(str(text))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zerograd", description="Solve grad f = 0, or descend? The suite's contents.")
    subparsers = parser.add_subparsers(dest="verb", required=True)
    for name, verb in VERBS.items():
        examples = "\n  ".join(["examples:" if "; " in verb.example else "example:", *verb.example.split("; ")])
        verb.arguments(
            subparsers.add_parser(
                name,
                help=verb.help,
                description=verb.help,
                epilog=examples,
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
        )
    return parser


VERBS = {
    "run": Verb(
        "measure: rows, tables and a page, in any folder",
        'zerograd run --size smoke; zerograd run --problems "rosenbrock-*,nist-*" --solvers newton,gd --batch 1000; '
        "zerograd run --race gd:jaxopt-gd,adam:optax:lion --problems beale; zerograd run --resume results/runs/RUN",
        arguments.run,
    ),
    "ask": Verb(
        "which solver for a loss, and why does one fail: doctor, race, verdict",
        "zerograd ask my_loss.py:loss --start 1,2; zerograd ask my_module:loss --start \"{'a': 1.0, 'b': 2.0}\"; "
        "zerograd ask himmelblau --seconds 10",
        arguments.ask,
    ),
    "list": Verb(
        "what there is: problems, solvers or cells", "zerograd list problems --tags statistics", arguments.list_
    ),
    "show": Verb("one problem: its record, known points and a map", "zerograd show himmelblau", arguments.show),
    "gpu-check": Verb(
        "is the GPU right, and how fast is it: minutes", "zerograd gpu-check --seconds 540", arguments.gpu_check
    ),
    "compile": Verb(
        "what programs would do on a GPU that is not here",
        'zerograd compile --for h100 --problems "nist-*" --solvers newton',
        arguments.compile_,
    ),
    "report": Verb("the page of one or several runs", "zerograd report results/runs/RUN", arguments.report),
    "plot": Verb("one picture into a file", "zerograd plot basins himmelblau -o basins.png", arguments.plot),
    "compare": Verb(
        "what changed between two runs: exit code 0 clean, 1 changed, 3 nothing in common",
        "zerograd compare results/runs/OLD results/runs/NEW --format markdown; "
        "zerograd compare results/runs/RUN --solvers newton,adam",
        arguments.compare,
    ),
    "validate": Verb(
        "is a run as the schema says, and do its files agree: exit code 0 or 1",
        "zerograd validate results/runs/RUN",
        arguments.validate,
    ),
    "merge": Verb(
        "runs or shards into one folder",
        "zerograd merge results/runs/A results/runs/B -o results/runs/BOTH",
        arguments.merge,
    ),
    "import": Verb(
        "results of benchopt, pytest-benchmark, optimagic or COCO, as rows that are unjudged",
        "zerograd import benchmark.json --out results/runs/OUTSIDE",
        arguments.import_outside,
    ),
    "export": Verb(
        "rows in the format of another tool",
        "zerograd export gha results/runs/RUN -o benchmark.json",
        arguments.export,
    ),
    "doctor": Verb(
        "the machine, the libraries and the device's measured peak",
        "zerograd doctor --require-gpu --json",
        arguments.doctor,
    ),
}
