"""Choosing names by globs, and saying clearly when there is none."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase


class UnknownName(LookupError):
    """No entry has this name; the message suggests the nearest ones."""

    def __str__(self) -> str:
        return str(self.args[0])


def matching(
    patterns: str, names: Sequence[str], what: str, valid: Callable[[str], bool] = lambda _: False
) -> tuple[str, ...]:
    """Names that match any of the comma-separated globs: listed ones in the order of `names`, then others.

    Args:
        patterns: for instance "rosenbrock-*,nist-*"; case counts.
        names: the listed names.
        what: "problem" or "solver", for the message.
        valid: whether a name that is not listed may be asked for by its exact name.

    Raises:
        UnknownName: a pattern matches nothing.
    """
    chosen: dict[str, None] = {}
    extra: dict[str, None] = {}
    for pattern in filter(None, map(str.strip, patterns.split(","))):
        found = [name for name in names if fnmatchcase(name, pattern)]
        if not found and not valid(pattern):
            raise unknown(pattern, names, what)
        (chosen if found else extra).update(dict.fromkeys(found or [pattern]))
    if not chosen and not extra:
        raise unknown(patterns, names, what)
    return (*(name for name in names if name in chosen), *extra)


def unknown(name: str, names: Sequence[str], what: str) -> UnknownName:
    """The error for a name that nothing matches."""
    near = get_close_matches(name, names, n=3, cutoff=0.6)
    nearest = f"; nearest: {', '.join(near)}" if near else ""
    return UnknownName(f'no {what} matches "{name}"{nearest}. All names: zerograd list {what}s')
