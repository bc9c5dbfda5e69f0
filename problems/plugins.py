"""Problems, and by the same machinery solvers, of other packages: by entry points, or from a module by its name.

This is code of others, and it is run as such; nothing else that a run reads is executed.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from problems.problem import Problem
from problems.registry import register

PROBLEMS_GROUP = "zerograd.problems"


class BrokenPlugin(ValueError):
    """A plug-in that cannot be loaded; the message says which and why."""


def load_problems(modules: Sequence[str] = ()) -> None:
    """Registers the problems of all installed entry points and of those `modules` that have a `PROBLEMS`.

    An entry point names a function () -> Problem, or a Problem; a `PROBLEMS` is a mapping of names to such.

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


def module_of(name: str) -> ModuleType:
    """The module of that name, or of that path: path/to/file.py, or file for file.py in the folder where one is.

    A file's folder comes last on Python's path, so that the file may import its neighbours and hides nothing.

    Raises:
        ImportError: there is neither.
    """
    path = Path(name if name.endswith(".py") else f"{name.replace('.', '/')}.py").resolve()
    if not name.endswith(".py") and (not path.exists() or _origin(name)):
        return import_module(name)
    if not path.exists():
        raise ModuleNotFoundError(f"there is no file {path}")
    if _origin(path.stem) not in (None, str(path)):
        raise ImportError(f"a module {path.stem} is there already, not {path}; rename the file")
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    return import_module(path.stem)


def _origin(name: str) -> str | None:
    """Where the module of that name is, or would be, imported from; None where there is none."""
    try:
        spec = sys.modules[name].__spec__ if name in sys.modules else find_spec(name)
    except (ImportError, ValueError):  # of a package that is not there
        return None
    return None if spec is None else spec.origin or name


def _add_attribute(name: str, attribute: str, add: Callable[[Any], None]) -> None:
    module = module_of(name)
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
    for name, made in found.items():
        register(name, partial(replace, made, name=name) if isinstance(made, Problem) else made)
