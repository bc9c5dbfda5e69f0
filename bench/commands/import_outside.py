"""The verb that reads what other tools have measured."""

from argparse import Namespace
from collections.abc import Iterator

from bench.ending import UsageError, usage
from results.format import several
from results.outside.importing import bring_in


def run(words: Namespace) -> Iterator[str]:
    """Writes the rows into a new folder and says where, and what they are."""
    names = _names(words.rename)
    found = usage(lambda: bring_in(words.files, words.out, words.kind, names))
    failed = f", {found.failed} of them failed there" if found.failed else ""
    yield f"{several(found.rows, 'row')} of {', '.join(found.origins)}{failed}: {words.out / 'results.csv'}"
    yield "they are unjudged: pictures draw them behind, tables list them apart, and no answer counts them"


def _names(pairs: list[str]) -> dict[str, str]:
    """What problems are called here, by their names there, in which there may be any sign."""
    names = {}
    for pair in pairs:
        there, _, here = pair.rpartition("=")
        if not there.strip() or not here.strip():
            raise UsageError(f'--rename "{pair}" is not understood; give THEIRS=OURS')
        names[there.strip()] = here.strip()
    return names
