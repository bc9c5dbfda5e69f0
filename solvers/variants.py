"""Options in a solver's name: gd:learning_rate=0.01, newton:patience=50, newton-cg:most_products=20."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from solvers.solver import Solver


class WrongOption(ValueError):
    """The solver has no such option, or its value does not parse; the message says what there is."""


def split(name: str) -> tuple[str, list[str]]:
    """The solver's own name, and the texts `key=value` after it."""
    parts = name.split(":")
    own = next((i for i, part in enumerate(parts) if "=" in part), len(parts))
    return ":".join(parts[:own]), parts[own:]


def varied(solver: Solver, name: str, texts: list[str]) -> Solver:
    """The solver with the options in `texts`, under the name that asks for them.

    Raises:
        WrongOption: what is not an option of this solver, or no number of its type.
    """
    values = dict(_parsed(solver, text) for text in texts)
    rate, patience = values.pop("learning_rate", None), values.pop("patience", solver.patience)
    method: Any = replace(solver.method, **values) if values else solver.method  # type: ignore[type-var]
    solver = replace(solver, name=name, method=method, patience=patience, options={**solver.options, **values})
    return solver if rate is None else replace(solver, rates=(rate,), default_rate=rate)


def available(solver: Solver) -> Mapping[str, type]:
    """The options of a solver and their types."""
    general: dict[str, type] = {"patience": int} if solver.iterative else {}
    rate: dict[str, type] = {"learning_rate": float} if solver.rates else {}
    own = () if solver.method is None else fields(solver.method)  # type: ignore[arg-type]
    return general | rate | {field.name: type(field.default) for field in own if type(field.default) in (int, float)}


def _parsed(solver: Solver, text: str) -> tuple[str, Any]:
    key, _, value = text.partition("=")
    options = available(solver)
    if key not in options:
        has = f"it has: {', '.join(options)}" if options else "it has none"
        raise WrongOption(f'{solver.name} has no option "{key}"; {has}')
    try:
        number = options[key](value)
    except ValueError:
        number = -1
    if not 0 < number < float("inf"):
        what = "a whole number" if options[key] is int else "a number"
        raise WrongOption(f'{solver.name}: {key} "{value}" is not allowed; give {what} greater than 0')
    return key, number
