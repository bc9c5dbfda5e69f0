"""Rows held against the schema: what the CSV must not hold is refused before it is written or after it is read."""

import math
from collections.abc import Mapping
from typing import Any

from results.columns import Column, Type
from results.schema import COLUMNS, STATUSES

_PYTHON: dict[Type, type | tuple[type, ...]] = {"str": str, "int": int, "float": (int, float), "bool": bool}


def blank_row() -> dict[str, Any]:
    """A row with every column and nothing known."""
    return dict.fromkeys((column.name for column in COLUMNS), None)


def check_row(row: dict[str, Any]) -> None:
    """Refuses a row that the CSV must not hold.

    Raises:
        ValueError: an unknown or missing column, a wrong type, a number that is not finite, an unknown status.
    """
    names = {column.name for column in COLUMNS}
    if wrong := sorted(set(row) ^ names):
        raise ValueError(f"a row must have exactly the columns of the schema; unknown or missing: {', '.join(wrong)}")
    check_values(row)
    if row["status"] not in STATUSES:
        raise ValueError(f"status is {row['status']!r}; allowed: {', '.join(STATUSES)}")


def check_values(row: Mapping[str, Any], columns: tuple[Column, ...] = COLUMNS) -> None:
    """Refuses values that their columns cannot hold; what is None or not there is no value.

    Raises:
        ValueError: a wrong type, a number that is not finite, a whole number of more than 64 bits.
    """
    for column in columns:
        value: Any = row.get(column.name)
        if value is None:
            continue
        boolean = isinstance(value, bool)
        if not isinstance(value, _PYTHON[column.type]) or boolean != (column.type == "bool"):
            raise ValueError(f"column {column.name} holds {repr(value)[:40]}; its type is {column.type}")
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError(f"column {column.name} holds a number of more than 64 bits")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"column {column.name} holds {value}; a figure that cannot be had is None")
