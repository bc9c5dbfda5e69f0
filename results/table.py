"""Rows as a pandas table, to and from CSV, without losing a digit or inventing one."""

import csv
import io
import json
import math
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from results.columns import Column
from results.files import held, replace
from results.identity import distinct
from results.schema import COLUMNS, RENAMED, TABLES

_DTYPES = {"str": "string", "int": "Int64", "float": "float64", "bool": "boolean"}


def to_frame(rows: Iterable[dict[str, Any]], columns: Sequence[Column] = COLUMNS) -> pd.DataFrame:
    """Rows as a table with the schema's columns, order and dtypes; what is missing is NA."""
    named = [{RENAMED.get(name, name): value for name, value in row.items()} for row in rows]
    frame = pd.DataFrame(named, columns=[column.name for column in columns], dtype=object)
    return _typed(frame, columns)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Writes the table atomically: a reader sees the old file or the new one, never half of one."""
    replace(path, as_written(frame).to_csv(index=False))


def as_written(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with its texts as a CSV holds them: on one line, no formulas, and of an empty one nothing."""
    text = frame.select_dtypes("string").columns
    return frame.assign(
        **{name: frame[name].map(_harmless, na_action="ignore").replace("", pd.NA).astype("string") for name in text}
    )


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

    Rows that several of the paths hold, equal to the last figure, are read once.

    Raises:
        ValueError: a path without results, a file that is not a table of results, or runs of one name that are not the
            same.
    """
    sources = [paths] if isinstance(paths, str | Path) else list(paths)
    columns = COLUMNS if name == "results" else TABLES[name]
    needed = ("run_id", "cell_id", "status" if name == "results" else "attempt")
    frames = [_read_one(Path(source), name, columns, needed) for source in sources]
    if not frames:
        raise ValueError("no results to read; give a results.csv or a run folder")
    if len(frames) == 1:
        return frames[0]
    joined = _typed(pd.concat(frames, ignore_index=True), columns)
    rows = distinct(joined) if name == "results" else joined.drop_duplicates()
    return rows.reset_index(drop=True)


def has(run: Path, name: str) -> bool:
    """Is it the folder of a run with this table?

    Raises:
        ValueError: what is there is a link, or no regular file.
    """
    return run.is_dir() and held(run, f"{name}.csv") is not None


def absent(path: Path, name: str) -> list[str]:
    """The schema's columns that a table lacks, of which `read` makes empty ones."""
    file = path / f"{name}.csv" if path.is_dir() else path
    there = {RENAMED.get(column, column) for column in pd.read_csv(file, nrows=0).columns}
    return [column.name for column in (COLUMNS if name == "results" else TABLES[name]) if column.name not in there]


def _read_one(path: Path, name: str, columns: Sequence[Column], needed: Sequence[str]) -> pd.DataFrame:
    file = path / f"{name}.csv" if path.is_dir() else path
    if path.is_dir() and not has(path, name):
        raise ValueError(f"{file} does not exist; give a {name}.csv or a run folder")
    try:
        frame = _parsed(file, columns).rename(columns=RENAMED)
    except FileNotFoundError:
        raise ValueError(f"{file} does not exist; give a {name}.csv or a run folder") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as damage:
        raise ValueError(f"{file} is no CSV of results ({str(damage).strip()})") from None
    if missing := [column for column in needed if column not in frame.columns]:
        raise ValueError(f"{file} is no CSV of results; it lacks the column {missing[0]}")
    try:
        return _typed(frame, columns)
    except ValueError as wrong:
        raise ValueError(f"{file}: {wrong}") from None


def _parsed(file: Path, columns: Sequence[Column]) -> pd.DataFrame:
    """The table with the figures as such if all of them are any, else as text, for `_typed` to say which is none.

    Texts are never left to be guessed at: a commit may look like a number.
    """
    figures = {column.name: _DTYPES[column.type] for column in columns if column.type in ("int", "float")}
    missing: dict[str, Any] = {"keep_default_na": False, "na_values": [""]}
    dtypes = defaultdict(lambda: "string", figures)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of what is refused a few lines on
            return pd.read_csv(file, dtype=dtypes, **missing)
    except (ValueError, TypeError, OverflowError) as damage:
        if isinstance(damage, pd.errors.ParserError | UnicodeDecodeError):
            raise
        return pd.read_csv(file, dtype="string", **missing)


def _typed(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    known = {column.name: _cast(frame, column) for column in columns}
    others = {name: frame[name] for name in frame.columns if name not in known}
    return pd.DataFrame(known | others, index=frame.index)


def _cast(frame: pd.DataFrame, column: Column) -> pd.Series:
    """The column with its dtype.

    Raises:
        ValueError: it holds what its type cannot.
    """
    dtype = _DTYPES[column.type]
    if column.name not in frame.columns:
        return pd.Series(np.nan if column.type == "float" else pd.NA, index=frame.index, dtype=dtype)
    values = frame[column.name]
    if values.dtype == dtype and column.type != "float":
        return values
    if column.type == "str":
        return values.astype(dtype)
    if values.dtype != dtype:
        values = pd.Series([_figure(value, column) for value in values], index=frame.index, dtype=dtype)
    if column.type == "float" and np.isinf(values).any():
        _figure(values[np.isinf(values)].iloc[0], column)
    return values


_HOLDS = {"int": "a whole number of at most 64 bits", "float": "a finite number", "bool": "True or False"}
_BOOLS = {"True": True, "False": False, True: True, False: False}


def _figure(value: Any, column: Column) -> Any:
    """What a field says; None where it is empty.

    Raises:
        ValueError: the type of the column cannot hold it.
    """
    if pd.isna(value):
        return None
    try:
        if column.type == "bool":
            return _BOOLS[value]
        number = Decimal(str(value))  # exact, and of any size
        if column.type == "float" and math.isfinite(float(number)):
            return float(value)
        if column.type == "int" and abs(number) < 2**63 and number == int(number):
            return int(number)
    except (KeyError, ArithmeticError, ValueError):
        pass
    raise ValueError(
        f"column {column.name} holds {json.dumps(str(value)[:40])}; it can hold {_HOLDS[column.type]}, or nothing"
    )


def _harmless(text: str) -> str:
    """One line, and nothing a spreadsheet would run as a formula."""
    folded = " ".join(text.split())
    return "'" + folded if folded[:1] in ("=", "+", "-", "@") else folded
