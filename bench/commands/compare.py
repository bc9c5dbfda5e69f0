"""The verb that compares runs, or two versions of the code."""

import shlex
import sys
from argparse import Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.ending import Exit, UsageError, usage
from bench.running.ab import ab
from results import compare as comparing
from results import table
from results.paired import Paired, as_sentence, paired

CHANGED, NOTHING_IN_COMMON = 1, 3
FORMATS = {"text": comparing.as_text, "markdown": comparing.as_markdown, "json": comparing.as_json}


def run(words: Namespace) -> Iterator[str]:
    """Prints the differences; exit code 1 if one of them counts, 3 if the runs have no cell in common."""
    if words.solvers or words.versions:
        yield usage(lambda: as_sentence(_paired(words)))
        return
    allowed = usage(lambda: comparing.read_allowed(words.allow)) if words.allow else []
    if words.ab is None:
        if words.new is None:
            raise UsageError("compare needs two runs, OLD and NEW, or --ab REVISION")
        outcome = usage(lambda: comparing.compare(words.old, words.new, allowed))
    else:
        tell = partial(print, file=sys.stderr, flush=True)  # stdout is the comparison
        outcome = ab(words.ab, shlex.split(words.bench), Path.cwd(), allowed, tell)
    yield from FORMATS[words.format](outcome)
    if not outcome.common or outcome.failed:
        raise Exit(CHANGED if outcome.common else NOTHING_IN_COMMON)


def _paired(words: Namespace) -> Paired:
    """Two solvers of one run, or of two."""
    if words.old is None:
        raise UsageError("compare needs a run: zerograd compare RUN --solvers A,B")
    text, mark = (words.solvers, ",") if words.solvers else (words.versions, "=")
    first, _, second = text.partition(mark)
    if not first or not second:
        option = "--solvers compares two" if words.solvers else "--as compares two"
        raise UsageError(f'{option}, got "{text}"; give A{mark}B')
    old = table.read(words.old)
    return paired(old, first, old if words.new is None else table.read(words.new), second)
