"""One invocation: cells measured one after the other, each on disk before the next one starts."""

import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.ending import UsageError
from bench.machine.provenance import fingerprint, packages, provenance
from bench.plan.cell import Cell
from bench.plan.facts import NoFolder
from bench.plan.options import Options
from bench.running.folder import CellRecord, Folder, series_of
from bench.running.worker import Ended, Measurer, Outcome
from problems import get
from results import schema, table
from results.columns import Use, used
from results.rows import blank_row, check_row
from results.text import legible
from solvers import find

Plan = Mapping[str, Sequence[str]]
"""Ids of cells by the benchmark file that asks for them."""


class Run:
    """Measures cells into a folder; a cell that the folder has already is not measured again."""

    def __init__(
        self,
        measurer: Measurer,
        folder: Folder,
        common: dict[str, Any],
        retry: Sequence[str],
        with_host: bool = False,
    ) -> None:
        self._measurer = measurer
        self._common = common
        self._with_host = with_host
        self.folder = folder
        self._ended: dict[str, tuple[Cell | None, Outcome]] = {
            cell: (None, _outcome(record))
            for cell, record in folder.latest.items()
            if record["row"]["status"] not in retry
        }

    def measure(self, cell: Cell) -> Outcome:
        """Measures `cell`, or repeats the outcome if this run has it already; the row is on disk when this returns.

        Raises:
            OSError: the row cannot be written.
        """
        if cell.id in self._ended:
            before, outcome = self._ended[cell.id]
            if before not in (None, cell):
                raise UsageError(f"{cell.id} is asked for twice with different budgets: {before} and {cell}")
            return outcome
        if reason := self._given_up(cell):
            outcome = self._write(Ended(cell, Outcome("unsupported", reason), datetime.now(UTC)))
            self._ended[cell.id] = cell, outcome
        while cell.id not in self._ended:
            ended = self._measurer.next(cell)
            outcome = self._write(ended)
            if ended.final:
                self._ended[ended.cell.id] = ended.cell, outcome
        return self._ended[cell.id][1]

    def missing(self, cells: Sequence[Cell]) -> list[Cell]:
        """Those that have no row yet, or one that is to be repeated."""
        return [cell for cell in cells if cell.id not in self._ended]

    def _given_up(self, cell: Cell) -> str | None:
        """Why a cell is not tried: what happened to the one below it, or, that one not tried either, further below."""
        if cell.after not in self._ended:
            return None
        outcome = self._ended[cell.after][1]
        if outcome.status == "ok":
            why = outcome.figures.get("remark") or "did not get there"
            return f"not tried: {cell.after}: {why}" if outcome.figures.get("reached_s") is None else None
        detail = outcome.detail or outcome.status
        return detail if detail.startswith("not tried: ") else f"not tried: {cell.after} {outcome.status}: {detail}"

    def begin(self, cells: Sequence[Cell]) -> None:
        """Tells the measurer what it will be asked for."""
        self._measurer.begin(self.missing(cells))

    def frame(self) -> Any:
        """All rows so far, as the reader of the CSV gets them."""
        return table.to_frame(self.folder.rows)

    def _write(self, ended: Ended) -> Outcome:
        try:
            record = self._record(ended)
        except (TypeError, ValueError) as wrong:  # a figure that no row can hold costs the figures, not the row
            ended = ended._replace(outcome=Outcome("error", f"its figures cannot be written: {wrong}"))
            record = self._record(ended)
        self.folder.add(record, ended.outcome.traceback)
        return ended.outcome

    def _record(self, ended: Ended) -> dict[str, Any]:
        cell, outcome = ended.cell, ended.outcome
        there = {name: value for name, value in ended.provenance.items() if name != "host" or self._with_host}
        row = blank_row() | self._common | there | cell.identity() | _known(cell) | outcome.figures
        row |= {
            "schema_version": schema.SCHEMA_VERSION,
            "attempt": self.folder.attempt(cell.id),
            "status": outcome.status,
            "status_detail": outcome.detail,
            "started_utc": ended.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        check_row(row)
        beside = {"samples": outcome.samples} | outcome.series
        json.dumps(beside, allow_nan=False)
        return legible({"row": row} | beside)


def open_run(measurer: Measurer, options: Options, root: Path, plan: Plan, files: Sequence[str] = ()) -> Run:
    """A new run, or the one that is to be resumed; `files` are those that were named on the command line.

    Raises:
        UsageError: the folder cannot be used, or code or device are not what they were.
    """
    common = provenance(root) | measurer.provenance
    if not options.with_host:
        common["host"] = None
    asked = {"argv": sys.argv, "options": dict(options.texts), "plan": dict(plan), "files": [*files]}
    facts = legible(common | {"code": fingerprint(), "packages": packages()} | asked)
    try:
        folder = _resumed(options, facts) if options.resume else _new(options.out, root, facts)
    except NoFolder as reason:
        raise UsageError(str(reason)) from None
    return Run(measurer, folder, common | {"run_id": folder.facts["run_id"]}, options.retry, options.with_host)


def _new(out: Path | None, root: Path, facts: dict[str, Any]) -> Folder:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{stamp}-{facts['device']}-{(facts['git_sha'] or 'nogit')[:8]}"
    path = out or root / "results" / "runs" / name
    return Folder.new(path, facts | {"run_id": f"{legible(path.resolve().name)}-{secrets.token_hex(4)}"})


def _resumed(options: Options, facts: Mapping[str, Any]) -> Folder:
    folder = Folder.reopened(options.resume)  # type: ignore[arg-type]
    then = folder.facts
    changes = [
        f"{name} was {then.get(name)} and is {facts.get(name)}" for name in _SAME if then.get(name) != facts.get(name)
    ]
    if changes and not options.allow_changes:
        folder.close()
        raise NoFolder(
            f"{folder.path} was begun under other conditions: {'; '.join(changes)}; "
            "begin a new run, or mix them by --allow-changes on"
        )
    return folder


_SAME = ("code", *used(schema.COLUMNS, Use.PINNED))
"""What figures of one run must have in common."""


def _outcome(record: CellRecord) -> Outcome:
    row = record["row"]
    return Outcome(row["status"], row["status_detail"], row, record["samples"], series_of(record))


def _known(cell: Cell) -> dict[str, Any]:
    """What a row says of its problem and solver whatever happens to the cell."""
    problem = get(cell.problem)
    return {
        "n_dim": problem.dim,
        "solver_kind": find(cell.solver).kind,
        "solver_way": find(cell.solver).way,
        "problem_tags": ";".join(sorted(problem.tags)) or None,
        "truth_standing": problem.truth.standing,
        "truth_complete": bool(problem.truth.complete),
    }
