"""Which run a row is of: runs may be called alike, and no row may be taken for another's."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from results.schema import KEY


def distinct(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows without repetitions, which are equal to the last figure.

    Raises:
        ValueError: two rows of one key that differ; to leave one out would lose it.
    """
    rows = frame.drop_duplicates()
    for row in rows[rows.duplicated(list(KEY))].itertuples():
        raise ValueError(
            f'two rows that differ are of run "{row.run_id}", {row.cell_id}, attempt {row.attempt}: runs of one name; '
            "zerograd merge RUN RUN -o DIR tells them apart, if each has a file of its own"
        )
    return rows


def names_apart(frames: Sequence[pd.DataFrame]) -> list[dict[Any, str]]:
    """Names for those runs that are another than the first of their name, by the former name, for each table.

    Two runs are one if no row of theirs contradicts another: copies, shards, and what a resumed run has measured again.
    A name is made of the rows, so that it is the same whatever they are joined with.
    """
    known: dict[Any, pd.DataFrame] = {}
    names = []
    for frame in frames:
        renamed = {}
        for name, rows in frame.groupby("run_id", dropna=False, sort=False):
            if name in known and _contradict(known[name], rows):
                renamed[name] = f"{'run' if pd.isna(name) else name}-{_digest(rows)}"
            unique = renamed.get(name, name)
            known[unique] = pd.concat([known[unique], rows]) if unique in known else rows
        names.append(renamed)
    return names


def called(frame: pd.DataFrame, names: Mapping[Any, str]) -> pd.DataFrame:
    """The rows with other names of their runs."""
    return frame.assign(run_id=[names.get(name, name) for name in frame["run_id"]]).astype({"run_id": "string"})


def _contradict(rows: pd.DataFrame, others: pd.DataFrame) -> bool:
    """Do some of them have the same key and other figures?"""
    return bool(pd.concat([rows, others]).drop_duplicates().duplicated(list(KEY)).any())


def _digest(rows: pd.DataFrame) -> str:
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()[:8]
