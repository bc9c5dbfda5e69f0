"""Figures for people: two or three significant digits and a unit, and columns of them."""

from collections.abc import Collection, Sequence

import pandas as pd
from rich.console import Console
from rich.text import Text

_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))


def missing(value: object) -> bool:
    """Is there no figure?"""
    return value is None or bool(pd.isna(value))  # pyright: ignore[reportArgumentType, reportCallIssue]


def significant(value: float, digits: int = 2) -> str:
    """The number with so many significant digits, thousands unrounded: 0.0123, 4.6, 310, 12345."""
    if value == 0:
        return "0"
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if abs(float(text)) >= 10**digits else f"{float(text):.12g}"


def duration(seconds: float) -> str:
    """In the largest unit that leaves at least one unit: 1.9 s, 4.6 us."""
    if missing(seconds):
        return ""
    scale, unit = next(((s, u) for s, u in _TIMES if seconds >= s), _TIMES[-1])
    return f"{significant(seconds / scale)} {unit}"


def percent(fraction: float) -> str:
    """57 %; never 100 % unless it is all, never 0 % unless it is none."""
    if missing(fraction):
        return ""
    if 0 < fraction < 0.005:
        return "< 1 %"
    if 0.995 <= fraction < 1:
        return "> 99 %"
    return f"{100 * fraction:.0f} %"


def factor(ratio: float) -> str:
    """9x, 1.4x."""
    return f"{significant(ratio)}x"


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def several(count: int, one: str, many: str | None = None) -> str:
    """1 start, 128 starts."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def print_columns(
    out: Console, title: str, head: Sequence[str], lines: Sequence[Sequence[str]], left: Collection[str]
) -> None:
    """Prints lines of cells under a title and a head, columns as wide as they must be, those in `left` flush left."""
    every = [head, *lines]
    widths = [max(len(line[k]) for line in every) for k in range(len(head))]
    out.print()
    out.print(Text(title, style="bold"), soft_wrap=True)
    for line in every:
        cells = zip(head, line, widths, strict=True)
        shown = [cell.ljust(width) if name in left else cell.rjust(width) for name, cell, width in cells]
        out.print(out.highlighter(Text("  " + "  ".join(shown).rstrip())), soft_wrap=True)
