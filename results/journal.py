"""An append-only file of JSON lines: what is in it survives a crash of the process or the machine."""

import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from results import schema
from results.rows import check_values


def append(path: Path, record: dict[str, Any]) -> None:
    """Adds one line, on disk when this returns.

    Raises:
        ValueError: the record holds a number that JSON cannot hold.
        OSError: the disk is full, for instance; the file is as it was before.
    """
    line = json.dumps(record, allow_nan=False)
    before = path.stat().st_size if path.exists() else 0
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            os.truncate(path, before)
        raise


def read_journal(path: Path) -> tuple[list[dict[str, Any]], bool]:
    """The records, and whether a torn last line was dropped (the process died while it wrote).

    Raises:
        ValueError: a line before the last is damaged.
    """
    *lines, tail = path.read_text(encoding="utf-8", errors="replace").split("\n")
    records = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(json.loads(line))
        except (ValueError, RecursionError) as damage:
            why = getattr(damage, "msg", damage)
            raise ValueError(f"{path} line {number} is no JSON ({why}); remove the line to go on") from None
    return records, bool(tail)


def cell_records(path: Path) -> tuple[list[dict[str, Any]], bool]:
    """The records of a run's cells, each with its row, its samples and rows of other tables; else as `read_journal`.

    Raises:
        ValueError: a line before the last is damaged, or says what no cell does.
    """
    records, torn = read_journal(path)
    for number, record in enumerate(records, 1):
        try:
            _check(record)
        except ValueError as wrong:
            raise ValueError(
                f"{path} line {number} is no record of a cell ({wrong}); remove the line to go on"
            ) from None
    return records, torn


def _check(record: Any) -> None:
    if not (isinstance(record, dict) and isinstance(record.get("row"), dict) and "samples" in record):
        raise ValueError("it lacks row or samples")
    row, samples = record["row"], record["samples"]
    check_values(row)
    if lacking := [name for name in (*schema.KEY, "status") if row.get(name) is None]:
        raise ValueError(f"its row lacks {lacking[0]}")
    if row["status"] not in schema.STATUSES:
        raise ValueError(f"its status is {row['status'][:40]!r}")
    tables = {name: record.get(name, []) for name in schema.TABLES if name != "samples"}
    tables["samples"] = [{"time_s": seconds} for seconds in samples] if isinstance(samples, list) else None
    for name, rows in tables.items():
        if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
            raise ValueError(f"its {name} are no list of rows")
        for each in rows:
            check_values(each, schema.TABLES[name])
    json.dumps(record, ensure_ascii=False).encode()  # half a character is none in UTF-8


def repaired(path: Path) -> list[dict[str, Any]]:
    """The records of a file that will be added to: a torn last line is cut off, and a line on stderr says so.

    Raises:
        ValueError: a line before the last is damaged.
    """
    if not path.exists():
        return []
    records, torn = cell_records(path)
    if torn:
        whole = path.read_bytes().rfind(b"\n") + 1
        os.truncate(path, whole)
        print(
            f"notice: {path} ended in a torn line, which is dropped; its cell counts as not measured", file=sys.stderr
        )
    return records


def latest(records: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The last attempt at each cell, by cell_id, in the order in which they ended."""
    cells: dict[str, dict[str, Any]] = {}
    for record in records:
        name = record["row"]["cell_id"]
        cells.pop(name, None)  # what is repeated ends last
        cells[name] = record
    return cells
