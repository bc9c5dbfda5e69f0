"""Problems, and by the same machinery solvers, of other packages: by entry points, or from a module by its name.

This is code of others, and it is run as such; nothing else that a run reads is executed.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from problems.registry import register

PROBLEMS_GROUP = "zerograd.problems"


class BrokenPlugin(ValueError):
    """A plug-in that cannot be loaded; the message says which and why."""


def load_problems(modules: Sequence[str] = ()) -> None:
    """Registers the problems of all installed entry points and of those `modules` that have a `PROBLEMS`.

    An entry point names a function () -> Problem; a `PROBLEMS` is a mapping of names to such functions.

    Raises:
        BrokenPlugin: as in `load_from`.
    """
    load_from(PROBLEMS_GROUP, "PROBLEMS", _register_all, modules)


def load_from(group: str, attribute: str, add: Callable[[Any], None], modules: Sequence[str]) -> None:
    """Hands what the entry points of `group` and the `attribute` of `modules` hold to `add`.

    A broken entry point is a line on stderr: it was not asked for. A module without the attribute is passed over.

    Raises:
        BrokenPlugin: a module that cannot be imported, or whose content `add` refuses.
    """
    for point in entry_points(group=group):
        try:
            _try(point.value, lambda point=point: add({point.name: point.load()}))  # type: ignore[misc]
        except BrokenPlugin as broken:
            print(f"warning: {broken}; it is left out", file=sys.stderr)
    for name in modules:
        _try(name, lambda name=name: _add_attribute(name, attribute, add))  # type: ignore[misc]


def _add_attribute(name: str, attribute: str, add: Callable[[Any], None]) -> None:
    module = import_module(name)
    if not hasattr(module, "PROBLEMS") and not hasattr(module, "SOLVERS"):
        raise AttributeError("it has neither SOLVERS nor PROBLEMS")
    if hasattr(module, attribute):
        add(getattr(module, attribute))


def _try(origin: str, action: Callable[[], None]) -> None:
    try:
        action()
    except Exception as failure:  # whatever a stranger's module raises
        reason = f"{type(failure).__name__}: {failure}".splitlines()[0]
        raise BrokenPlugin(f'the plug-in "{origin}" cannot be loaded ({reason})') from failure


def _register_all(found: Any) -> None:
    if not isinstance(found, Mapping):
        raise TypeError(f"PROBLEMS must be a mapping of names to functions () -> Problem, got {type(found).__name__}")
    for name, make in found.items():
        register(name, make)
