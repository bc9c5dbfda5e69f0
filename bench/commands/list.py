"""What there is to run: the lists of problems, solvers and cells.

What a list does without is imported where it is needed: the list of problems is there in a second.
"""

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.ending import UsageError
from problems import entries


def run(words: Namespace) -> Iterator[str]:
    """Prints the list that is asked for."""
    if words.what == "solvers":
        return solvers(_options(words))
    if words.what == "cells":
        return _cells(_options(words))
    if words.plugin:
        _options(words)  # loads it
    return _problems(set(filter(None, map(str.strip, words.tags.split(",")))))


def _options(words: Namespace) -> Any:
    from bench.plan.options import resolve

    return resolve({"plugin": words.plugin}, Path.cwd())


def _problems(tags: set[str]) -> Iterator[str]:
    """A line for every problem that has all of the tags.

    Raises:
        UsageError: a tag that no problem has.
    """
    rows = list(entries())
    known = {tag for row in rows for tag in row.tags}
    if strange := ", ".join(sorted(tags - known)):
        raise UsageError(f'--tags "{strange}": no problem has it; there are: {", ".join(sorted(known))}')
    for row in rows:
        if tags <= set(row.tags):
            yield f"{row.name:40} n={row.n:<6} {row.standing:11} {row.reference}   [{', '.join(row.tags)}]"


def solvers(_: Any) -> Iterator[str]:
    """A line for every solver, with its options."""
    from solvers import SOLVERS, available

    for solver in SOLVERS.values():
        options = ", ".join(available(solver))
        yield f"{solver.name:24} {solver.kind:8} {solver.reference:44} {options}".rstrip()


def _cells(options: Any) -> Iterator[str]:
    """The cells that the options ask for."""
    from bench import bench_batch, bench_problems, bench_reach, bench_scaling

    files = (bench_problems, bench_scaling, bench_batch, bench_reach)
    yield from dict.fromkeys(cell.id for file in files for cell in file.cells(options))
