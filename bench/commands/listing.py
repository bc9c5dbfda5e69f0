"""What there is to run: the lists of problems, solvers and cells."""

from collections.abc import Callable, Iterator

from bench.plan.options import Options, UsageError
from problems import entries
from solvers import SOLVERS, available


def problems(tags: set[str]) -> Iterator[str]:
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


def solvers(_: Options) -> Iterator[str]:
    """A line for every solver, with its options."""
    for solver in SOLVERS.values():
        options = ", ".join(available(solver))
        yield f"{solver.name:24} {solver.kind:8} {solver.reference:44} {options}".rstrip()


def cells(options: Options) -> Iterator[str]:
    """The cells that the options ask for."""
    from bench import bench_batch, bench_problems, bench_scaling

    files = (bench_problems, bench_scaling, bench_batch)
    yield from dict.fromkeys(cell.id for file in files for cell in file.cells(options))


LISTS: dict[str, Callable[[Options], Iterator[str]]] = {"solvers": solvers, "cells": cells}
