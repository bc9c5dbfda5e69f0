"""Results measured elsewhere put into a folder of their own, in the tables of this suite, marked as unjudged."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from results.outside.foreign import Foreign, kept, rounds_of
from results.outside.sources import read_outside
from results.rows import blank_row, check_row
from results.schema import SCHEMA_VERSION, TABLES, UNJUDGED
from results.table import to_frame, write_csv
from results.text import legible


class _Tables(NamedTuple):
    """Rows of the tables of a folder."""

    results: list[dict[str, Any]]
    samples: list[dict[str, Any]]
    trace: list[dict[str, Any]]


class Imported(NamedTuple):
    """What a folder has been given."""

    rows: int
    failed: int
    """Of these, who failed where they were measured."""
    origins: tuple[str, ...]


def bring_in(
    paths: Sequence[Path], target: Path, kind: str | None = None, names: Mapping[str, str] | None = None
) -> Imported:
    """Reads results of other tools and writes them into a new folder.

    Args:
        paths: files, archives or folders; each is a run of its own.
        target: must not exist.
        kind: the tool; None: what the content says.
        names: what problems are called here, by their names there.

    Raises:
        ValueError: a path that holds nothing of the kind, or a name for a problem that is not there.
        FileExistsError: the target exists.
        ImportError: parquet needs a package that is not there.
    """
    if target.exists():
        raise FileExistsError(f"{target} exists; nothing is overwritten: give a new folder")
    read = {path: read_outside(path, kind) for path in dict.fromkeys(paths)}
    there = {each.problem for of in read.values() for each in of}
    if strange := [name for name in names or {} if name not in there]:
        some = ", ".join(sorted(there)[:5])
        raise ValueError(f'no problem is called "{strange[0]}"; there are: {some}{" ..." if len(there) > 5 else ""}')
    tables = _Tables([], [], [])
    for path, of in read.items():
        _add(tables, [each._replace(problem=(names or {}).get(each.problem, each.problem)) for each in of], path)
    if not tables.results:
        raise ValueError("there is no row in it")
    frames = {name: to_frame(getattr(tables, name), TABLES[name]) for name in ("samples", "trace")}
    frames = {"results": to_frame(tables.results)} | {name: frame for name, frame in frames.items() if len(frame)}
    target.mkdir(parents=True)
    for name, frame in frames.items():
        write_csv(frame.drop_duplicates(), target / f"{name}.csv")
    rows = frames["results"].drop_duplicates()
    return Imported(len(rows), int(rows["status"].ne(UNJUDGED).sum()), tuple(sorted(rows["origin"].unique())))


def _add(tables: _Tables, found: Sequence[Foreign], path: Path) -> None:
    run_id = f"{legible(path.resolve().stem)}-{hashlib.sha256(repr(found).encode()).hexdigest()[:8]}"
    for cell_id, each in _numbered(found):
        key = {"run_id": run_id, "cell_id": cell_id, "attempt": 1}
        row = _row(each) | key
        check_row(row)
        tables.results.append(row)
        tables.samples.extend(key | {"round": k, "time_s": seconds} for k, seconds in enumerate(each.samples))
        tables.trace.extend(key | kept(point) for point in each.trace)


def _numbered(found: Sequence[Foreign]) -> Iterator[tuple[str, Foreign]]:
    """With an id for each; what a file holds more than once is told apart by a number."""
    seen: dict[str, int] = {}
    for each in found:
        name = " ".join(f"{each.origin.split()[0]}: {each.solver} on {each.problem}".split())
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})", each


def _row(each: Foreign) -> dict[str, Any]:
    told = {"schema_version": SCHEMA_VERSION, "status": UNJUDGED, "origin": each.origin}
    figures = rounds_of(each.samples) | dict(each.figures)
    return blank_row() | told | {"problem": each.problem, "solver": each.solver} | kept(figures)
