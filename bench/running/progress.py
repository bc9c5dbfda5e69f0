"""What a person sees while cells run: one live line on a terminal, one plain line per cell elsewhere."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from statistics import fmean
from typing import TextIO

from bench.plan.cell import Cell
from bench.plan.shards import estimate
from bench.running.worker import Outcome


class Progress:
    """Counts cells, and says about how long the rest takes: what cells of the same solver and study took so far."""

    def __init__(
        self,
        total: int,
        to_measure: Sequence[Cell],
        stream: TextIO,
        *,
        live: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`total` cells, of which those of a run that is resumed may be there already: they take no time."""
        self._total, self._stream, self._live, self._clock = total, stream, live, clock
        self._left = {cell.id: cell for cell in to_measure}
        self._took: dict[tuple[str, str | None], list[float]] = defaultdict(list)
        self._done = 0
        self._began = self._cell_began = clock()

    def start(self, cell: Cell) -> None:
        """Called before a cell is measured."""
        self._cell_began = self._clock()
        if self._live:
            self._show(f"\r\x1b[K{self._counter(self._done + 1)} {cell.id}  {self._elapsed_and_rest()}")

    def end(self, cell: Cell, outcome: Outcome) -> None:
        """Called when it has ended. Why it failed is told in the tables at the end, and once."""
        self._done += 1
        took = self._clock() - self._cell_began
        if self._left.pop(cell.id, None):
            self._took[_like(cell)].append(took)
        if not self._live:
            self._show(f"{self._counter(self._done)} {cell.id}  {outcome.status}  {took:.1f} s\n")

    def finish(self) -> None:
        """Clears the live line."""
        if self._live:
            self._show("\r\x1b[K")

    def _counter(self, number: int) -> str:
        return f"[{number:{len(str(self._total))}}/{self._total}]"

    def _elapsed_and_rest(self) -> str:
        elapsed = f"{_clock_face(self._clock() - self._began)} elapsed"
        if not self._took:
            return f"{elapsed}, very roughly {_roughly(self._left.values())} left"
        mean = fmean(took for like in self._took.values() for took in like)
        rest = sum(
            fmean(self._took[_like(cell)]) if _like(cell) in self._took else mean for cell in self._left.values()
        )
        return f"{elapsed}, about {_clock_face(rest)} left"

    def _show(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _like(cell: Cell) -> tuple[str, str | None]:
    return cell.solver, cell.study


def announcement(cells: Sequence[Cell], rows: Path) -> str:
    """What is going to be measured, about how long that takes, and where to look meanwhile."""
    what = f"{len(cells)} cells to measure, very roughly {_roughly(cells)}"
    return f"{what}; each is a row in {rows} as soon as it has ended"


def _roughly(cells: Collection[Cell]) -> str:
    seconds = sum(map(estimate, cells))
    return f"{seconds:.0f} s" if seconds < _MINUTES else f"{seconds / 60:.0f} minutes"


_MINUTES = 90.0
"""Seconds from which an estimate is told in minutes."""


def _clock_face(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}"
