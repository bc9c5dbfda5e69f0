"""An append-only file of JSON lines: what is in it survives a crash of the process or the machine."""

import json
import os
from pathlib import Path
from typing import Any


def append(path: Path, record: dict[str, Any]) -> None:
    """Adds one line, on disk when this returns.

    Raises:
        ValueError: the record holds a number that JSON cannot hold.
    """
    line = json.dumps(record, allow_nan=False)
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> tuple[list[dict[str, Any]], bool]:
    """The records, and whether a torn last line was dropped (the process died while it wrote).

    Raises:
        ValueError: a line before the last is damaged.
    """
    *lines, tail = path.read_text(encoding="utf-8").split("\n")
    records = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError as damage:
            raise ValueError(f"{path} line {number} is no JSON ({damage.msg}); remove the line to go on") from None
    return records, bool(tail)
