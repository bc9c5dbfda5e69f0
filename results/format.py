"""Figures for people: two or three significant digits and a unit."""

import pandas as pd

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
