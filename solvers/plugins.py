"""Solvers of other packages: by the entry point `zerograd.solvers`, or from a module by its name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from problems.plugins import BrokenPlugin as BrokenPlugin
from problems.plugins import load_from
from solvers.custom import from_function
from solvers.registry import register
from solvers.solver import Solver

SOLVERS_GROUP = "zerograd.solvers"


def load_solvers(modules: Sequence[str] = ()) -> None:
    """Registers the solvers of all installed entry points and of those `modules` that have a `SOLVERS`.

    An entry point names a `Solver` or a function (fn, x0) -> x; a `SOLVERS` is a list of `Solver`, or a mapping of
    names to functions.

    Raises:
        BrokenPlugin: a module that cannot be imported, or holds what is no solver.
    """
    load_from(SOLVERS_GROUP, "SOLVERS", _register_all, modules)


def _register_all(found: Any) -> None:
    for solver in list(_solvers(found)):
        register(solver)


def _solvers(found: Any) -> Iterable[Solver]:
    named = found.items() if isinstance(found, Mapping) else [(None, thing) for thing in found]
    for name, thing in named:
        if isinstance(thing, Solver):
            yield thing
        elif name is not None and callable(thing):
            yield from_function(name, thing)
        else:
            raise TypeError(f"a Solver or a named function (fn, x0) -> x is needed, got {type(thing).__name__}")
