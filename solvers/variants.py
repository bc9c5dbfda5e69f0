"""What a solver's name may say beside it: gd:learning_rate=0.01, newton-cg:most_products=20, minibatch:adam."""

from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass, replace
from typing import Any, get_args

from solvers.method import Evaluations
from solvers.methods.minibatch import Minibatch
from solvers.solver import Iterative, Solver

MINIBATCH = "minibatch:"
"""Before the name of a solver whose steps are to be made by the gradient on samples."""
_NEVER = 10**9
"""Steps of patience: noise hides whether a lane gets on, so that only the step limit ends it."""


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
    rate, patience = values.pop("learning_rate", None), values.pop("patience", None)
    changed: dict[str, Any] = {solver.own: replace(solver.runs, **values)} if values else {}
    if patience is not None:
        changed["patience"] = patience
    solver = replace(solver, name=name, options={**solver.options, **values}, **changed)
    return solver if rate is None else replace(solver, rates=(rate,), default_rate=rate)


_MOST = 10**9
"""Of an option: steps are counted in 32 bits."""


def available(solver: Solver) -> Mapping[str, Any]:
    """The options of a solver: int or float for a number, or the words of which one is to be given."""
    general = {"patience": int} if solver.iterative else {}
    rate = {"learning_rate": float} if solver.rates else {}
    own = {field.name: _type(field) for field in fields(solver.runs)} if is_dataclass(solver.runs) else {}
    return general | rate | {name: kind for name, kind in own.items() if kind}


def _type(field: Field[Any]) -> Any:
    """None for what is not for users."""
    if words := get_args(field.type):
        return words if all(isinstance(word, str) for word in words) else None
    return type(field.default) if type(field.default) in (int, float) else None


def _parsed(solver: Solver, text: str) -> tuple[str, Any]:
    key, _, value = text.partition("=")
    options = available(solver)
    if key not in options:
        has = f"it has: {', '.join(options)}" if options else "it has none"
        raise WrongOption(f'{solver.name} has no option "{key}"; {has}')
    if isinstance(options[key], tuple):
        return key, _word(solver, key, value, options[key])
    try:
        number = options[key](value)
    except ValueError:
        number = -1
    if not 0 < number <= _MOST:
        what = "a whole number" if options[key] is int else "a number"
        raise WrongOption(f'{solver.name}: {key} "{value}" is not allowed; give {what} greater than 0, at most {_MOST}')
    return key, number


def _word(solver: Solver, key: str, value: str, words: tuple[str, ...]) -> str:
    if value not in words:
        raise WrongOption(f'{solver.name}: {key} "{value}" is not allowed; there are: {", ".join(words)}')
    return value


def on_minibatches(solver: Solver) -> Iterative:
    """The solver by the gradient on samples, called minibatch:NAME.

    Raises:
        WrongOption: it looks at more than the gradient, which a sample does not tell from one step to the next.
    """
    if not isinstance(solver, Iterative) or solver.kind != "descend" or not _by_gradient_alone(solver):
        raise WrongOption(
            f"{MINIBATCH}{solver.name} is not to be had: {solver.name} looks at more than the gradient; "
            f"give {MINIBATCH} before gd, momentum, nesterov, adam or optax:RULE"
        )
    reference = f"{solver.reference}; Robbins & Monro 1951"
    method = Minibatch(solver.method)
    return replace(solver, name=MINIBATCH + solver.name, reference=reference, method=method, patience=_NEVER)


def _by_gradient_alone(solver: Iterative) -> bool:
    method = solver.method
    return method.per_step == Evaluations() and not method.counts and not method.noisy
