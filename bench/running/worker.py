"""The parent's side of the worker: keeps the deadline, notices a death, starts a new one."""

import pickle
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from bench.ending import NoDevice
from bench.machine.group import Group
from bench.machine.provenance import library_of
from bench.plan.cell import Cell
from bench.running import child

START_LIMIT_S = 120.0
SPENT = ("oom", "broken")
"""Answers after which a process is not trusted with another cell: its memory is in pieces, or the device's context is
poisoned and would fail every cell to come."""
_STATUSES = {"too large": "oom", "broken": "error"}
"""Of the answers that are no status themselves."""


class Outcome(NamedTuple):
    """How a cell ended: a status of the row's vocabulary, why, and for `ok` the figures and samples."""

    status: str
    detail: str | None = None
    figures: dict[str, Any] = {}  # noqa: RUF012  (never written to)
    samples: list[float] = []  # noqa: RUF012
    series: dict[str, list[dict[str, Any]]] = {}  # noqa: RUF012
    traceback: str | None = None
    """Of an exception, or the last words of a process that died."""


class Ended(NamedTuple):
    """A cell that has ended, and where."""

    cell: Cell
    outcome: Outcome
    started: datetime
    provenance: Mapping[str, Any] = {}
    """Columns of where it was measured, beyond the run's own or in their place."""
    final: bool = True
    """False for an attempt that will be repeated."""


class OneByOne:
    """Measures cells as they are asked for."""

    def measure(self, cell: Cell) -> Outcome:
        """Measures `cell`."""
        raise NotImplementedError

    def begin(self, cells: Sequence[Cell]) -> None:
        """Told of all cells of the run, it measures none ahead."""

    def next(self, wanted: Cell) -> Ended:
        """The cell that ends next is the one that is wanted."""
        started = datetime.now(UTC)
        return Ended(wanted, self.measure(wanted), started, library_of(wanted.peer or wanted.solver))


class Worker(OneByOne, AbstractContextManager["Worker"]):
    """A spawned process that owns the device; replaced when it dies or hangs."""

    def __init__(self, device: str, modules: tuple[str, ...] = (), group: Group | None = None) -> None:
        self._device = device
        self._group = group
        self._modules = modules
        self._folder = tempfile.TemporaryDirectory(prefix="zerograd-")
        self._log = Path(self._folder.name) / "worker.log"
        self._said_before = 0
        try:
            self.provenance = self._start()
        except NoDevice:
            self.close()
            raise

    def measure(self, cell: Cell) -> Outcome:
        """Measures `cell` in the worker; its deadline counts from the end of the compile. A bad cell raises nothing."""
        try:
            if not self._process.is_alive():
                self._replace()
            self._said_before = self._log.stat().st_size
            self._pipe.send(cell)
            if not self._pipe.poll(cell.compile_timeout_s):
                return self._give_up(f"did not compile within {cell.compile_timeout_s:g} s; see --compile-timeout")
            kind, content = self._pipe.recv()
            if kind == "compiled":
                if not self._pipe.poll(cell.timeout_s):
                    return self._give_up(f"did not finish within {cell.timeout_s:g} s; see --cell-timeout")
                kind, content = self._pipe.recv()
        except NoDevice as reason:
            return Outcome("crash", str(reason))
        except (EOFError, OSError, pickle.UnpicklingError):
            return self._obituary()
        if kind in SPENT:
            self._kill()
        if kind == "ok":
            return Outcome("ok", None, *content)
        return Outcome(_STATUSES.get(kind, kind), content.detail, traceback=content.traceback)

    def close(self) -> None:
        """Ends the process and removes its log."""
        self._kill()
        self._folder.cleanup()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _replace(self) -> None:
        """Starts another process; a driver may need a moment to take back what a killed one held."""
        try:
            self._start()
        except NoDevice:
            time.sleep(1)
            self._start()

    def _start(self) -> dict[str, Any]:
        context = get_context("spawn")  # a fork would inherit the locks of threads it does not have
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=child.serve, args=(theirs, self._device, self._log, self._modules, self._group), daemon=True
        )
        self._process.start()
        theirs.close()
        try:
            kind, content = self._pipe.recv() if self._pipe.poll(START_LIMIT_S) else ("slow", None)
        except EOFError:
            kind, content = "dead", None
        if kind == "ready" and content is not None:
            return content
        self._kill()
        raise NoDevice(content or f"the worker did not start: {self._last_words()}")

    def _give_up(self, detail: str) -> Outcome:
        self._kill()
        return Outcome("timeout", detail)

    def _obituary(self) -> Outcome:
        self._process.join(5)
        code = self._process.exitcode or 0
        self._kill()
        cause = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return Outcome("crash", f"worker died ({cause}): {self._last_words()}", traceback="\n".join(self._said()))

    def _last_words(self) -> str:
        return " | ".join(self._said()[-3:])[-400:]

    def _said(self) -> list[str]:
        """The lines of this cell, or of the start; whatever was written, they are legible."""
        written = self._log.read_bytes()[self._said_before :] if self._log.exists() else b""
        lines = (
            "".join(filter(str.isprintable, line)).rstrip() for line in written.decode(errors="replace").split("\n")
        )
        return list(filter(None, lines))

    def _kill(self) -> None:
        self._process.kill()
        self._process.join(5)
        self._pipe.close()


class InProcess(OneByOne, AbstractContextManager["InProcess"]):
    """The same interface without a process of its own, for debuggers: no deadline, and exceptions come through."""

    def __init__(self, device: str, modules: tuple[str, ...] = ()) -> None:
        from bench.machine.device import configure, device_facts

        del modules  # the options have loaded them into this process

        configure(device)
        self.provenance = device_facts()

    def measure(self, cell: Cell) -> Outcome:
        """Measures `cell` here."""
        from bench.measuring.measure import TooLarge, Unsupported, measure

        try:
            return Outcome("ok", None, *measure(cell))
        except (TooLarge, Unsupported) as reason:
            return Outcome("oom" if isinstance(reason, TooLarge) else "unsupported", str(reason))

    def close(self) -> None:
        """Nothing to close."""

    def __exit__(self, *_: object) -> None:
        self.close()


class Measurer(Protocol):
    """A worker, this process, or a cluster of machines."""

    provenance: dict[str, Any]

    def begin(self, cells: Sequence[Cell]) -> None:
        """Told of all the cells that `next` will be asked for."""

    def next(self, wanted: Cell) -> Ended:
        """A cell that has ended: `wanted`, or another on the way to it."""

    def close(self) -> None:
        """Gives back what it holds."""
