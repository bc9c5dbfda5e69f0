"""Collections of other packages: listed always, made when the package is there."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from problems import bbob, cutest
from problems.problem import Problem


class Entry(NamedTuple):
    """What a listing says of a problem."""

    name: str
    n: int
    standing: str
    tags: tuple[str, ...]
    reference: str


class Collection(NamedTuple):
    """All problems with one prefix."""

    prefix: str
    names: Callable[[], tuple[str, ...]]
    make: Callable[[str], Problem]
    entries: Callable[[], Iterator[Entry]]


def _cutest() -> Iterator[Entry]:
    for name, row in cutest.table().items():
        standing = "best_known" if "minimum" in row else "unknown"
        yield Entry(cutest.PREFIX + name, row["n"], standing, ("cutest",), f"CUTEst {row['class']}, sif2jax")


def _bbob() -> Iterator[Entry]:
    for name in bbob.names():
        yield Entry(name, int(name.rpartition("-n")[2]), "proved", ("bbob",), "Hansen et al. 2009, bbobax")


COLLECTIONS = (
    Collection(cutest.PREFIX, cutest.names, cutest.cutest, _cutest),
    Collection(bbob.PREFIX, bbob.names, bbob.bbob, _bbob),
)


def collection(name: str) -> Collection | None:
    """The one whose prefix a name or pattern has."""
    return next((one for one in COLLECTIONS if name.startswith(one.prefix)), None)
