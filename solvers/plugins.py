"""Solvers of other packages: by the entry point `zerograd.solvers`, or from a module by its name.

This is code of others, and it is run as such; nothing else that a run reads is executed.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from solvers.custom import from_function
from solvers.registry import register
from solvers.solver import Solver

GROUP = "zerograd.solvers"


class BrokenPlugin(ValueError):
    """A plug-in that cannot be loaded; the message says which and why."""


def load(modules: Sequence[str] = ()) -> None:
    """Registers the solvers of all installed entry points and of `modules`.

    An entry point names a `Solver` or a function (fn, x0) -> x; a module has a `SOLVERS`: a list of `Solver`, or a
    mapping of names to functions. A broken entry point is a line on stderr: it was not asked for.

    Raises:
        BrokenPlugin: a module that cannot be imported or has no solvers.
    """
    for point in entry_points(group=GROUP):
        try:
            _add(point.value, lambda point=point: {point.name: point.load()})  # type: ignore[misc]
        except BrokenPlugin as broken:
            print(f"warning: {broken}; it is left out", file=sys.stderr)
    for name in modules:
        _add(name, lambda name=name: import_module(name).SOLVERS)  # type: ignore[misc]


def _add(origin: str, fetch: Callable[[], Any]) -> None:
    try:
        found = list(_solvers(fetch()))
        for solver in found:
            register(solver)
    except Exception as failure:  # whatever a stranger's module raises
        reason = f"{type(failure).__name__}: {failure}".splitlines()[0]
        raise BrokenPlugin(f'the plug-in "{origin}" cannot be loaded ({reason})') from failure


def _solvers(found: Any) -> Iterable[Solver]:
    named = found.items() if isinstance(found, Mapping) else [(None, thing) for thing in found]
    for name, thing in named:
        if isinstance(thing, Solver):
            yield thing
        elif name is not None and callable(thing):
            yield from_function(name, thing)
        else:
            raise TypeError(f"a Solver or a named function (fn, x0) -> x is needed, got {type(thing).__name__}")
