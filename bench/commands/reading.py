"""The verbs that read runs: report, compare, validate, merge, export."""

import argparse
import shlex
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import results
from bench.commands.ab import ab
from bench.commands.plotting import BASINS, draw_basins, save
from bench.plan.options import UsageError, usage
from results import compare as comparing
from results import exports as exporting
from results import merge as merging
from results.files import inside
from results.pictures import studies as pictures
from results.report.build import write_report

Words = argparse.Namespace
CHANGED, NOTHING_IN_COMMON = 1, 3
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
        usage(partial(_save_basins, name, folder))
    yield f"report: {usage(lambda: write_report(words.runs, target))}"


def _save_basins(name: str, folder: Path) -> None:
    path = inside(folder, f"basins/{name}.png")
    path.parent.mkdir(exist_ok=True)
    with pictures.style():
        save(draw_basins(name, BASINS), path, dpi=130)


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
    allowed = usage(lambda: comparing.read_allowed(words.allow)) if words.allow else []
    if words.ab is None:
        if words.new is None:
            raise UsageError("compare needs two runs, OLD and NEW, or --ab REVISION")
        outcome = usage(lambda: comparing.compare(words.old, words.new, allowed))
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
    found = usage(lambda: list(merging.validate(words.run)))
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
    """Writes the joined tables and says where, and what became of rows that are not in them."""
    merged = usage(lambda: merging.merge(words.runs, words.output, words.keep))
    yield f"{merged.rows} rows: {words.output / 'results.csv'}"
    if merged.superseded:
        yield f"{merged.superseded} left out: earlier attempts at cells of the same run; --keep all keeps them"
    if merged.repeated:
        yield f"{merged.repeated} were in more than one of the runs, equal to the last figure"
    for run, old, new in merged.renamed:
        yield f'{run}: another run of the name "{old}"; here it is "{new}"'


def export_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `zerograd export`."""
    parser.add_argument("format", choices=exporting.FORMATS)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs, or results.csv files")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")


def export(words: Words) -> Iterator[str]:
    """Writes the rows in another tool's format and says where."""
    rows = usage(lambda: exporting.export(results.read(words.runs), words.format, words.output))
    yield f"{rows} rows: {words.output}"
