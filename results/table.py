"""Rows as a pandas table, to and from CSV, without losing a digit or inventing one."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from results.schema import COLUMNS, RENAMED, TABLES, Column

_DTYPES = {"str": "string", "int": "Int64", "float": "float64", "bool": "boolean"}


def to_frame(rows: Iterable[dict[str, Any]], columns: Sequence[Column] = COLUMNS) -> pd.DataFrame:
    """Rows as a table with the schema's columns, order and dtypes; what is missing is NA."""
    named = [{RENAMED.get(name, name): value for name, value in row.items()} for row in rows]
    frame = pd.DataFrame(named, columns=[column.name for column in columns], dtype=object)
    return _typed(frame, columns)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Writes the table atomically: a reader sees the old file or the new one, never half of one."""
    text = frame.select_dtypes("string").columns
    replace(
        path,
        frame.assign(**{name: frame[name].map(_harmless, na_action="ignore") for name in text}).to_csv(index=False),
    )


def replace(path: Path, text: str) -> None:
    """Puts `text` in the place of what the file holds, by a file beside it and a rename.

    Raises:
        OSError: the disk is full, for instance; the file is as it was before.
    """
    draft = path.with_name(path.name + ".draft")
    try:
        draft.write_text(text, encoding="utf-8", newline="")
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def csv_header(columns: Sequence[Column] = COLUMNS) -> str:
    """The first line of a table."""
    return ",".join(column.name for column in columns) + "\n"


def csv_lines(rows: Iterable[dict[str, Any]], columns: Sequence[Column] = COLUMNS) -> str:
    """Rows as lines of CSV, to the letter as `write_csv` writes them, without the price of a frame for one row."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_field(row.get(c.name), c) for c in columns] for row in rows)
    return text.getvalue()


def append_csv(rows: Sequence[dict[str, Any]], columns: Sequence[Column], path: Path) -> None:
    """Adds rows to a table of the run, which begins with its header; no rows, no change."""
    if rows:
        header = "" if path.exists() else csv_header(columns)
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write(header + csv_lines(rows, columns))


def _field(value: Any, column: Column) -> Any:
    if value is None:
        return ""
    if column.type == "float":
        return "" if value != value else repr(float(value))
    return _harmless(value) if column.type == "str" else value


def read(paths: str | Path | Iterable[str | Path], name: str = "results") -> pd.DataFrame:
    """The results of one or several runs: CSV files, or run folders that hold one.

    Columns that an older file lacks are NA, those that it calls otherwise are renamed; columns that the schema does not
    know are kept as they are.

    Args:
        paths: files or folders.
        name: results, or one of the tables beside it: samples, targets or trace.

    Raises:
        ValueError: a path without results, or a file that is not a table of results.
    """
    sources = [paths] if isinstance(paths, str | Path) else list(paths)
    columns = COLUMNS if name == "results" else TABLES[name]
    needed = ("run_id", "cell_id", "status" if name == "results" else "attempt")
    frames = [_read_one(Path(source), name, columns, needed) for source in sources]
    if not frames:
        raise ValueError("no results to read; give a results.csv or a run folder")
    return frames[0] if len(frames) == 1 else _typed(pd.concat(frames, ignore_index=True), columns)


def _read_one(path: Path, name: str, columns: Sequence[Column], needed: Sequence[str]) -> pd.DataFrame:
    file = path / f"{name}.csv" if path.is_dir() else path
    try:
        frame = _parsed(file, columns).rename(columns=RENAMED)
    except FileNotFoundError:
        raise ValueError(f"{file} does not exist; give a {name}.csv or a run folder") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as damage:
        raise ValueError(f"{file} is no CSV of results ({str(damage).strip()})") from None
    if missing := [column for column in needed if column not in frame.columns]:
        raise ValueError(f"{file} is no CSV of results; it lacks the column {missing[0]}")
    return _typed(frame, columns)


def _parsed(file: Path, columns: Sequence[Column]) -> pd.DataFrame:
    """The table with the figures as such if all of them are any, else as text, for `_typed` to say which is none.

    Texts are never left to be guessed at: a commit may look like a number.
    """
    figures = {column.name: _DTYPES[column.type] for column in columns if column.type in ("int", "float")}
    missing: dict[str, Any] = {"keep_default_na": False, "na_values": [""]}
    texts = dict.fromkeys(pd.read_csv(file, nrows=0).columns, "string")
    try:
        return pd.read_csv(file, dtype=texts | figures, **missing)
    except (ValueError, TypeError) as damage:
        if isinstance(damage, pd.errors.ParserError | UnicodeDecodeError):
            raise
        return pd.read_csv(file, dtype="string", **missing)


def _typed(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    known = {column.name: _cast(frame, column) for column in columns}
    others = {name: frame[name] for name in frame.columns if name not in known}
    return pd.DataFrame(known | others, index=frame.index)


def _cast(frame: pd.DataFrame, column: Column) -> pd.Series:
    dtype = _DTYPES[column.type]
    if column.name not in frame.columns:
        return pd.Series(pd.NA, index=frame.index, dtype="string").astype(dtype)
    values = frame[column.name]
    if values.dtype == dtype:
        return values
    try:
        if column.type == "bool":
            return values.map({"True": True, "False": False, True: True, False: False}).astype(dtype)
        if column.type in ("int", "float"):
            return pd.to_numeric(values).astype(dtype)
    except (ValueError, TypeError):
        raise ValueError(f"column {column.name} holds something that is no {column.type}") from None
    return values.astype(dtype)


def _harmless(text: str) -> str:
    """One line, and nothing a spreadsheet would run as a formula."""
    folded = " ".join(text.split())
    return "'" + folded if folded[:1] in ("=", "+", "-", "@") else folded
