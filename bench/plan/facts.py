"""What run.json says of a run that is to be taken up again: its options and its list of cells."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from results import files
from results.text import is_utf8

FACTS = "run.json"


class NoFolder(ValueError):
    """The folder cannot be used; the message says why and what to do."""


def read_facts(path: Path) -> dict[str, Any]:
    """What run.json says of a run.

    Raises:
        NoFolder: there is no run, or its run.json is damaged.
    """
    try:
        file = files.held(path, FACTS)
    except ValueError as foreign:
        raise NoFolder(str(foreign)) from None
    try:
        facts = json.loads((file or path / FACTS).read_text(encoding="utf-8"))
    except OSError:
        raise NoFolder(f"{path} is no run that can be resumed: it has no {FACTS}; start it anew with --out") from None
    except (ValueError, RecursionError) as damage:
        raise NoFolder(f"{path / FACTS} is no JSON ({damage}); start the run anew with --out") from None
    if not isinstance(facts, dict) or "options" not in facts:
        raise NoFolder(f"{path} was written by a version that kept no options; it cannot be resumed")
    if wrong := [name for name, fits in _SHAPES.items() if not fits(facts.get(name))]:
        raise NoFolder(
            f"{path / FACTS} is damaged ({wrong[0]} is not what a run writes); start the run anew with --out"
        )
    return facts


def _are_texts(held: Any) -> bool:
    return isinstance(held, list) and all(isinstance(text, str) for text in held)


_SHAPES: dict[str, Callable[[Any], bool]] = {
    "run_id": lambda held: isinstance(held, str) and is_utf8(held),
    "options": lambda held: isinstance(held, dict) and _are_texts([text for text in held.values() if text is not None]),
    "plan": lambda held: isinstance(held, dict) and all(map(_are_texts, held.values())),
    "files": lambda held: held is None or _are_texts(held),
}
"""What a run that is resumed reads in run.json."""
