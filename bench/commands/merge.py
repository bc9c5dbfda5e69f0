"""The verb that joins runs."""

from argparse import Namespace
from collections.abc import Iterator

from bench.ending import usage
from results import merge


def run(words: Namespace) -> Iterator[str]:
    """Writes the joined tables and says where, and what became of rows that are not in them."""
    merged = usage(lambda: merge.merge(words.runs, words.output, words.keep))
    yield f"{merged.rows} rows: {words.output / 'results.csv'}"
    if merged.superseded:
        yield f"{merged.superseded} left out: earlier attempts at cells of the same run; --keep all keeps them"
    if merged.repeated:
        yield f"{merged.repeated} were in more than one of the runs, equal to the last figure"
    for path, old, new in merged.renamed:
        yield f'{path}: another run of the name "{old}"; here it is "{new}"'
