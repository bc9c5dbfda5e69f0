"""The list of columns for others to read: as a Frictionless Table Schema, and as the table of the docs."""

from collections.abc import Sequence
from typing import Any

from results.columns import Column
from results.schema import COLUMNS, KEY


def table_schema(columns: Sequence[Column] = COLUMNS) -> dict[str, Any]:
    """The list as a Frictionless Table Schema."""
    types = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
    fields = [
        {"name": column.name, "type": types[column.type], "description": column.meaning, "unit": column.unit}
        | {"constraints": _limits(column)}
        for column in columns
    ]
    return {"fields": fields, "primaryKey": list(KEY), "missingValues": [""]}


def _limits(column: Column) -> dict[str, float]:
    limits = {"minimum": column.least, "maximum": column.most}
    return {name: limit for name, limit in limits.items() if limit is not None}


def columns_table(columns: Sequence[Column] = COLUMNS) -> str:
    """The list as the table of the docs."""
    lines = ["| column | type | unit | meaning |", "|---|---|---|---|"]
    lines += [f"| `{c.name}` | {c.type} | {c.unit} | {c.meaning.replace('|', chr(92) + '|')} |" for c in columns]
    return "\n".join(lines) + "\n"
