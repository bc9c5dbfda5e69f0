"""The verb that checks a run."""

from argparse import Namespace
from collections.abc import Iterator

from bench.ending import Exit, usage
from results import merge

_MOST_COMPLAINTS = 50


def run(words: Namespace) -> Iterator[str]:
    """Prints what is wrong; exit code 1 if anything is."""
    found = usage(lambda: list(merge.validate(words.run)))
    yield from found[:_MOST_COMPLAINTS]
    if len(found) > _MOST_COMPLAINTS:
        yield f"and {len(found) - _MOST_COMPLAINTS} more"
    if found:
        raise Exit(1)
    yield f"{words.run}: every row is as the schema says, and the files agree"
