"""A run's folder, new or taken up again: the journal is the source of truth, the tables are made from it."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.machine.lock import InUse, Lock
from bench.plan.facts import FACTS, NoFolder, read_facts
from results import files, journal, schema, table, views
from results.text import legible

CellRecord = dict[str, Any]
"""A line of the journal: the row, the samples in seconds, and the rows of other tables by their names."""


class Folder:
    """Holds the lock of its folder; what `add` has returned from is on disk."""

    def __init__(self, path: Path, facts: Mapping[str, Any], lock: Lock, records: Iterable[CellRecord] = ()) -> None:
        self.path, self.facts = path, facts
        self._lock, self._whole = lock, True
        self.latest = journal.latest(records)
        """The last attempt at each cell; the journal keeps all."""
        self._lines = {cell: table.csv_lines([record["row"]]) for cell, record in self.latest.items()}

    @classmethod
    def new(cls, path: Path, facts: Mapping[str, Any]) -> "Folder":
        """Makes the folder, which must not exist, and writes `facts` into run.json.

        Raises:
            NoFolder: it exists, or cannot be made.
        """
        try:
            path.mkdir(parents=True)
            folder = cls(path, facts, Lock(path / _LOCK, str(path)))
            for name, columns in _TABLES.items():
                described = json.dumps(views.table_schema(columns), indent=1) + "\n"
                (path / f"{name}.schema.json").write_text(described, encoding="utf-8")
            files.replace(path / FACTS, json.dumps(facts, indent=2) + "\n")
        except FileExistsError:
            raise NoFolder(
                f"{path} exists and is not overwritten; give another --out, remove it, or --resume it"
            ) from None
        except OSError as failure:
            raise NoFolder(f"{path} cannot be made ({failure.strerror}); give another --out") from None
        return folder

    @classmethod
    def reopened(cls, path: Path) -> "Folder":
        """Takes up a run where it ended: a torn last line is dropped, the tables are made anew from the journal.

        Raises:
            NoFolder: no run, a damaged journal, a folder that another run is writing to, or one with links in it.
        """
        facts = read_facts(path)
        try:
            for name in (_LOCK, _JOURNAL, _FAILURES, *(f"{name}.csv" for name in _TABLES)):
                files.held(path, name)  # the journal and the tables are added to
            lock = Lock(path / _LOCK, str(path))
            records = journal.repaired(path / _JOURNAL)
            folder = cls(path, facts, lock, records)
            folder._write_tables()
        except InUse as held:
            raise NoFolder(f"{held}; wait for it, or give a new --out") from None
        except (OSError, ValueError) as damage:
            raise NoFolder(str(damage)) from None
        return folder

    @property
    def csv(self) -> Path:
        """Where the rows are."""
        return self.path / "results.csv"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The last attempt at each cell, in the order in which they ended."""
        return [record["row"] for record in self.latest.values()]

    def attempt(self, cell_id: str) -> int:
        """The number of the next attempt."""
        return 1 + (self.latest[cell_id]["row"]["attempt"] if cell_id in self.latest else 0)

    def add(self, record: CellRecord, traceback: str | None = None) -> None:
        """Writes one finished cell, and where it failed the traceback into failures.log.

        Raises:
            OSError: the disk is full, for instance; what was there before is kept.
        """
        row = record["row"]
        cell = row["cell_id"]
        self._whole = False
        journal.append(self.path / _JOURNAL, record)
        self.latest.pop(cell, None)  # what is repeated ends last
        self._lines.pop(cell, None)
        self.latest[cell], self._lines[cell] = record, table.csv_lines([row])
        self._write_rows()
        for name, rows in _beside(record).items():
            table.append_csv(rows, schema.TABLES[name], self.path / f"{name}.csv")
        if traceback:
            with (self.path / _FAILURES).open("a", encoding="utf-8") as log:
                log.write(
                    legible(f"{cell}, attempt {row['attempt']}: {row['status_detail']}\n{traceback[-_LONGEST:]}\n\n")
                )
        self._whole = True

    def close(self) -> None:
        """Frees the folder; where a signal came between the journal and the tables, these are made from it first."""
        if not self._whole:
            with suppress(OSError, ValueError):  # on a full disk the journal is kept, and --resume makes the tables
                records, _ = journal.cell_records(self.path / _JOURNAL)
                Folder(self.path, self.facts, self._lock, records)._write_tables()
        self._lock.close()

    def _write_rows(self) -> None:
        files.replace(self.csv, table.csv_header() + "".join(self._lines.values()))

    def _write_tables(self) -> None:
        self._write_rows()
        for name, columns in schema.TABLES.items():
            rows = [row for record in self.latest.values() for row in _beside(record).get(name, [])]
            if rows:
                text = table.csv_header(columns) + table.csv_lines(rows, columns)
                files.replace(self.path / f"{name}.csv", text)


def series_of(record: CellRecord) -> dict[str, list[dict[str, Any]]]:
    """The rows of the tables beside results.csv and samples.csv, by the table's name."""
    return {name: record[name] for name in schema.TABLES if name in record and name != "samples"}


_LOCK, _JOURNAL = ".lock", "cells.jsonl"
_FAILURES = "failures.log"
_LONGEST = 2**16
"""Characters of a traceback that are kept, the last."""
_TABLES = {"results": schema.COLUMNS, **schema.TABLES}


def _beside(record: CellRecord) -> dict[str, list[dict[str, Any]]]:
    """The rows of the other tables that belong to a cell."""
    key = {name: record["row"][name] for name in schema.KEY}
    rounds = [{"round": i, "time_s": seconds} for i, seconds in enumerate(record["samples"])]
    tables = {"samples": rounds} | series_of(record)
    return {name: [key | row for row in rows] for name, rows in tables.items()}
