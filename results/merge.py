"""Runs and shards put together, and a check that a run's files agree."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from results import bounds, journal
from results.files import held
from results.identity import called, distinct, names_apart
from results.rows import check_row
from results.schema import COLUMNS, KEY, SCHEMA_VERSION, TABLES
from results.table import absent, as_written, has, read, to_frame, write_csv


class Merged(NamedTuple):
    """Where the rows of a merge went: all that came in are one of these."""

    rows: int
    """Written."""
    repeated: int
    """Also in another of the runs, equal to the last figure."""
    superseded: int
    """Earlier attempts at a cell of the same run."""
    renamed: tuple[tuple[Path, str, str], ...]
    """Runs that are another than the first of their name: where they are, that name, and the one they have now."""


def merge(runs: Sequence[Path], target: Path, keep: str = "last") -> Merged:
    """Writes the rows of several runs, and the tables beside them, into a new folder.

    Args:
        runs: folders.
        target: must not exist.
        keep: last, of several attempts at one cell of one run, or all.

    Raises:
        ValueError: a run without results, two rows of one key in one run, or runs whose columns mean different things.
        FileExistsError: the target exists.
    """
    frames = [distinct(read(run)) for run in runs]
    majors = {str(version).partition(".")[0] for frame in frames for version in frame["schema_version"].dropna()}
    if len(majors) > 1:
        raise ValueError(
            f"the runs are of schema versions {', '.join(sorted(majors))}, whose columns differ in meaning"
        )
    names = names_apart(frames)
    every = pd.concat(map(called, frames, names), ignore_index=True).drop_duplicates()
    rows = _last(every) if keep == "last" else every
    tables = {"results": rows, **dict(_beside(runs, names, rows))}  # all of them, before the folder is made
    target.mkdir(parents=True)
    for name, table in tables.items():
        write_csv(table, target / f"{name}.csv")
    renamed = [(run, str(old), new) for run, of in zip(runs, names, strict=True) for old, new in of.items()]
    return Merged(len(rows), sum(map(len, frames)) - len(every), len(every) - len(rows), tuple(renamed))


def _last(rows: pd.DataFrame) -> pd.DataFrame:
    last = rows.sort_values("attempt", kind="stable").drop_duplicates(["run_id", "cell_id"], keep="last")
    return last.sort_index()


def _beside(
    runs: Sequence[Path], names: Sequence[Mapping[Any, str]], rows: pd.DataFrame
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Of the tables beside the results what belongs to `rows`."""
    for name in TABLES:
        having = [(run, of) for run, of in zip(runs, names, strict=True) if has(run, name)]
        if having:
            beside = pd.concat([called(read(run, name), of) for run, of in having], ignore_index=True)
            yield name, beside.drop_duplicates().merge(rows[list(KEY)], on=list(KEY))


def validate(run: Path) -> Iterator[str]:
    """What is wrong with a run, a line each: types, statuses, keys, figures, and files that contradict each other.

    Raises:
        ValueError: there is nothing to check.
    """
    frame = read(run)
    names = {column.name for column in COLUMNS}
    yield from (f"column {name} is not in the schema" for name in frame.columns if name not in names)
    yield from _absent(run, frame)
    for name in ("schema_version", *KEY):
        yield from (f"{cell}: {name} is empty" for cell in frame.loc[frame[name].isna(), "cell_id"])
    for key in frame.loc[frame.duplicated(list(KEY)), "cell_id"]:
        yield f"{key}: two rows have the same run_id, cell_id and attempt"
    for record in frame[[column.name for column in COLUMNS]].astype(object).to_dict("records"):
        row = {name: None if pd.isna(value) else value for name, value in record.items()}
        try:
            check_row(row)
        except ValueError as wrong:
            yield f"{row['cell_id']}: {wrong}"
        else:
            yield from (f"{row['cell_id']}: {wrong}" for wrong in bounds.contradictions(row))
    if run.is_dir():
        for name in ("targets", "trace"):
            if has(run, name):
                yield from bounds.of_lanes(name, read(run, name))
        if has(run, "learning"):
            yield from bounds.of_learning(read(run, "learning"))
        yield from _against_journal(run, frame)
        yield from _against_samples(run, frame)


def _absent(run: Path, frame: pd.DataFrame) -> Iterator[str]:
    """Columns that are not there, unless the run is of an older version, which had fewer."""
    versions = set(frame["schema_version"].dropna())
    if versions and SCHEMA_VERSION not in versions:
        return
    for name in ("results", *(name for name in TABLES if has(run, name))):
        yield from (f"column {column} is missing in {name}.csv" for column in absent(run, name))


def _against_journal(run: Path, frame: pd.DataFrame) -> Iterator[str]:
    path = held(run, "cells.jsonl")
    if path is None:
        return
    records, torn = journal.cell_records(path)
    if torn:
        yield "cells.jsonl: the last line is torn; that cell is not in results.csv"
    logged = as_written(to_frame(record["row"] for record in journal.latest(records).values()))
    columns = [name for name in logged.columns if name in frame.columns]
    if len(logged) != len(frame):
        yield f"cells.jsonl has {len(logged)} cells, results.csv {len(frame)}"
    elif not _same(logged[columns], frame[columns]).empty:
        for name in _same(logged[columns], frame[columns]):
            yield f"column {name}: results.csv differs from cells.jsonl"


def _same(a: pd.DataFrame, b: pd.DataFrame) -> pd.Index:
    """Columns in which the tables differ."""
    unequal = [name for name in a.columns if not a[name].reset_index(drop=True).equals(b[name].reset_index(drop=True))]
    return pd.Index(unequal)


def _against_samples(run: Path, frame: pd.DataFrame) -> Iterator[str]:
    if not has(run, "samples"):
        return
    samples = read(run, "samples")
    yield from bounds.of_rounds(frame, samples)
    medians = samples.groupby(list(KEY))["time_s"].median().rename("median")
    joined = frame.merge(medians, left_on=list(KEY), right_index=True)
    off = (joined["median"] - joined["time_median_s"]).abs() > 1e-6 * joined["time_median_s"]
    yield from (
        f"{cell}: time_median_s is not the median of its rounds in samples.csv" for cell in joined["cell_id"][off]
    )
