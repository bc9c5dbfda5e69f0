"""What a person sees while cells run: one live line on a terminal, one plain line per cell elsewhere."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from bench.plan.cell import Cell
from bench.plan.shards import estimate
from bench.running.worker import Outcome


class Progress:
    """Counts cells; `rest` is estimated from the mean time of those that are done."""

    def __init__(self, total: int, stream: TextIO, *, live: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._stream, self._live, self._clock = total, stream, live, clock
        self._done = 0
        self._began = self._cell_began = clock()

    def start(self, cell: Cell) -> None:
        """Called before a cell is measured."""
        self._cell_began = self._clock()
        if self._live:
            self._show(f"\r\x1b[K{self._counter(self._done + 1)} {cell.id}  {self._elapsed_and_rest()}")

    def end(self, cell: Cell, outcome: Outcome) -> None:
        """Called when it has ended."""
        self._done += 1
        if not self._live:
            took = self._clock() - self._cell_began
            why = f": {outcome.detail}" if outcome.detail else ""
            self._show(f"{self._counter(self._done)} {cell.id}  {outcome.status}{why}  {took:.1f} s\n")

    def finish(self) -> None:
        """Clears the live line."""
        if self._live:
            self._show("\r\x1b[K")

    def _counter(self, number: int) -> str:
        return f"[{number:{len(str(self._total))}}/{self._total}]"

    def _elapsed_and_rest(self) -> str:
        elapsed = self._clock() - self._began
        if not self._done:
            return f"{_clock_face(elapsed)} elapsed"
        rest = elapsed / self._done * (self._total - self._done)
        return f"{_clock_face(elapsed)} elapsed, about {_clock_face(rest)} left"

    def _show(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def announcement(cells: Sequence[Cell], rows: Path) -> str:
    """What is going to be measured, about how long that takes, and where to look meanwhile."""
    seconds = sum(estimate(cell) for cell in cells)
    about = f"{seconds:.0f} s" if seconds < _MINUTES else f"{seconds / 60:.0f} minutes"
    return f"{len(cells)} cells to measure, very roughly {about}; each is a row in {rows} as soon as it has ended"


_MINUTES = 90.0
"""Seconds from which an estimate is told in minutes."""


def _clock_face(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}"
