"""One invocation: its folder, its journal and its files. A finished cell is on disk before the next one starts."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.options import UsageError
from bench.worker import Measurer, Outcome
from problems import get
from results import journal, schema, table
from solvers import find


class Run:
    """The folder `results/runs/<utc>-<device>-<gitsha>/` and what is written into it as cells end."""

    def __init__(self, measurer: Measurer, out: Path | None, root: Path) -> None:
        self._measurer = measurer
        self._ended: dict[str, tuple[Cell, Outcome]] = {}
        self.rows: list[dict[str, Any]] = []
        self._common = _provenance(root) | measurer.provenance
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        name = f"{stamp}-{self._common['device']}-{(self._common['git_sha'] or 'nogit')[:8]}"
        self.folder = _new_folder(out or root / "results" / "runs" / name)
        self._common["run_id"] = self.folder.name if out is None else name
        for name, columns in {"results": schema.COLUMNS, **schema.TABLES}.items():
            described = json.dumps(schema.table_schema(columns), indent=1) + "\n"
            (self.folder / f"{name}.schema.json").write_text(described)
        (self.folder / "run.json").write_text(json.dumps(self._common | {"argv": sys.argv}, indent=2) + "\n")

    @property
    def csv(self) -> Path:
        """Where the rows are."""
        return self.folder / "results.csv"

    def measure(self, cell: Cell) -> Outcome:
        """Measures `cell`, or repeats the outcome if this run has it already; the row is on disk when this returns."""
        if cell.id in self._ended:
            before, outcome = self._ended[cell.id]
            if before != cell:
                raise UsageError(f"{cell.id} is asked for twice with different budgets: {before} and {cell}")
            return outcome
        started = datetime.now(UTC)
        outcome = self._measurer.measure(cell)
        self._ended[cell.id] = cell, outcome
        self._write(cell, outcome, started)
        return outcome

    def frame(self) -> Any:
        """All rows so far, as the reader of the CSV gets them."""
        return table.to_frame(self.rows)

    def _write(self, cell: Cell, outcome: Outcome, started: datetime) -> None:
        row = schema.blank_row() | self._common | cell.identity() | _known(cell) | outcome.figures
        row |= {
            "schema_version": schema.SCHEMA_VERSION,
            "attempt": 1,
            "status": outcome.status,
            "status_detail": outcome.detail,
            "started_utc": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        schema.check_row(row)
        self.rows.append(row)
        key = {name: row[name] for name in ("run_id", "cell_id", "attempt")}
        journal.append(self.folder / "cells.jsonl", {"row": row, "samples": outcome.samples} | outcome.series)
        table.write_csv(self.frame(), self.csv)
        rounds = [{"round": i, "time_s": seconds} for i, seconds in enumerate(outcome.samples)]
        for name, rows in ({"samples": rounds} | outcome.series).items():
            table.append_csv([key | row for row in rows], schema.TABLES[name], self.folder / f"{name}.csv")


def _known(cell: Cell) -> dict[str, Any]:
    """What a row says of its problem and solver whatever happens to the cell."""
    problem = get(cell.problem)
    return {
        "n_dim": problem.dim,
        "solver_kind": find(cell.solver).kind,
        "problem_tags": ";".join(sorted(problem.tags)) or None,
        "truth_standing": problem.truth.standing,
        "truth_complete": bool(problem.truth.complete),
    }


def _new_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(f"{folder} exists and is not overwritten; give another --out, or remove it") from None
    except OSError as failure:
        raise UsageError(f"{folder} cannot be made ({failure.strerror}); give another --out") from None
    return folder


def _provenance(root: Path) -> dict[str, Any]:
    sha = _git(root, "rev-parse", "HEAD")
    return {
        "git_sha": sha,
        "git_dirty": bool(_git(root, "status", "--porcelain")) if sha else None,
        "suite_version": _suite_version(),
        "ci_run_url": _ci_run_url(),
    }


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _suite_version() -> str | None:
    try:
        return version("zerograd")
    except PackageNotFoundError:
        return None


def _ci_run_url() -> str | None:
    parts = [os.environ.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}" if all(parts) else None
