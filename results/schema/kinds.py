"""Columns of the usual kinds, in a line each."""

from results.columns import Column, Use


def text_column(name: str, meaning: str, use: Use | None = None) -> Column:
    """A text."""
    return Column(name, "str", "", meaning, use)


def count_column(name: str, meaning: str, use: Use | None = None) -> Column:
    """A whole number, none below 0."""
    return Column(name, "int", "1", meaning, use, least=0)


def share_column(name: str, meaning: str, use: Use | None = None, slack: float = 0.0) -> Column:
    """A part of a whole, 0 to 1."""
    return Column(name, "float", "1", meaning, use, slack, least=0, most=1)


def number_column(name: str, meaning: str, use: Use | None = None, unit: str = "1", slack: float = 0.0) -> Column:
    """A number of a unit."""
    return Column(name, "float", unit, meaning, use, slack)


def seconds_column(name: str, meaning: str, use: Use | None = None) -> Column:
    """Seconds, none below 0."""
    return Column(name, "float", "s", meaning, use, least=0)
