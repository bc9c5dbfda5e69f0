"""A public name means one thing in the whole repository."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "run": "what a verb of bench/commands does: the command looks it up by the verb",
    "ask compare export merge show validate": "bench/commands/arguments.py declares the words of a verb under its name",
    "EXPORTS FORMATS MEASURES OUTSIDE PARTS PLOTS": "arguments.py repeats them, parsing nothing; a test compares",
    "cells ONLY_WHEN_ASKED WHY_NOT": "what every bench file says of itself",
    "PROBLEMS RECIPES": "what a module of problems hands to the registry",
    "PREFIX names": "what a collection of problems says of itself, as the registry does",
    "register": "the same verb of the two registries, of problems and of solvers",
    "add sub mul div": "the arithmetic of two kinds of numbers, intervals and pairs",
    "gd newton": "the same method of several peers, by its library's module",
}
"""Names that are defined more than once, and why."""


def definitions():
    """Where every public top-level name is defined."""
    found = defaultdict(set)
    for room in ("bench", "problems", "results", "solvers"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                for name in _defined(node):
                    if not name.startswith("_"):
                        found[name].add(str(path.relative_to(ROOT)))
    return found


def _defined(node):
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    for target in targets:
        yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


def test_a_public_name_means_one_thing():
    twice = {name: sorted(files) for name, files in definitions().items() if len(files) > 1}
    allowed = {name for names in ALLOWED for name in names.split()}
    assert {name: files for name, files in twice.items() if name not in allowed} == {}, "rename one, or begin it with _"
    assert allowed - twice.keys() == set(), "no longer defined twice"
