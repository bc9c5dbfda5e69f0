"""The verb that compares runs, or two versions of the code."""

import shlex
import sys
from argparse import Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.commands.ab import ab
from bench.ending import Exit, UsageError, usage
from results import compare as comparing

CHANGED, NOTHING_IN_COMMON = 1, 3
FORMATS = {"text": comparing.as_text, "markdown": comparing.as_markdown, "json": comparing.as_json}


def run(words: Namespace) -> Iterator[str]:
    """Prints the differences; exit code 1 if one of them counts, 3 if the runs have no cell in common."""
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
