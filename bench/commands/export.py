"""The verb that hands rows on to other tools."""

from argparse import Namespace
from collections.abc import Iterator

import results
from bench.ending import usage
from results.exports import export


def run(words: Namespace) -> Iterator[str]:
    """Writes the rows in another tool's format and says where."""
    rows = usage(lambda: export(results.read(words.runs), words.format, words.output))
    yield f"{rows} rows: {words.output}"
