"""The one interpreter of jaxprs: evaluates a function with other arithmetic, by a rule for each primitive."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Literal

from solvers.transforms.version import CALLED, Equation, inner, parts

Literals = Callable[[Any], Any]
Rule = Callable[..., Any]
"""Called as rule(eqn, *values); returns the value of the equation's one result, or a list of several."""
RuleFor = Callable[[str], Rule | None]
"""The rule for a primitive, by its name; None if there is none. A table's `get` is one."""


class NoRule(ValueError):
    """The table has no rule for a primitive; the message names it."""


def walk(closed: ClosedJaxpr, rule_for: RuleFor, literal: Literals, args: Sequence[Any]) -> list[Any]:
    """The values of the jaxpr's results for `args`, in the arithmetic of the rules.

    Calls of inner functions (jit, remat) that have no rule are walked through. `literal` turns a constant into a value.

    Raises:
        NoRule: a primitive has no rule.
    """
    jaxpr, consts = closed.jaxpr, map(literal, closed.consts)
    values: dict[Any, Any] = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *args], strict=True))

    def read(atom: Any) -> Any:
        return literal(atom.val) if isinstance(atom, Literal) else values[atom]

    for eqn in jaxpr.eqns:
        results = _apply(eqn, rule_for, literal, list(map(read, eqn.invars)))
        values.update(zip(eqn.outvars, results, strict=True))
    return list(map(read, jaxpr.outvars))


def _apply(eqn: Equation, rule_for: RuleFor, literal: Literals, inputs: list[Any]) -> list[Any]:
    if rule_for(eqn.primitive.name) is None and (called := inner(eqn)) is not None:
        return walk(called, rule_for, literal, inputs)
    result = rule_of(eqn, rule_for)(eqn, *inputs)
    return result if isinstance(result, list) else [result]


def for_all(rule: Rule, **others: Rule) -> RuleFor:
    """One rule for all primitives but the `others`; calls are walked through."""
    return lambda name: others.get(name) or (None if name in CALLED else rule)


def rule_of(eqn: Equation, rule_for: RuleFor) -> Rule:
    """The rule for the equation's primitive; it has none for one whose parameters are not those that it reads.

    Raises:
        NoRule: there is none.
    """
    name = eqn.primitive.name
    own = rule_for(name)
    if own is None:
        raise NoRule(f'no rule for the primitive "{name}"')

    def rule(eqn: Equation, *inputs: Any) -> Any:
        try:
            return own(eqn, *inputs)
        except KeyError as missing:
            raise NoRule(f'"{name}" has no parameter {missing} in JAX {jax.__version__}') from missing

    return rule


def numbers_written(jaxpr: Any) -> int:
    """How many numbers the operations of a jaxpr write, inner functions included: what an evaluation moves."""
    own = sum(math.prod(v.aval.shape) for eqn in jaxpr.eqns for v in eqn.outvars)
    return own + sum(numbers_written(part) for eqn in jaxpr.eqns for part in parts(eqn))


def primitives(jaxpr: Any) -> set[str]:
    """The names of the operations of a jaxpr, those of the functions that it calls included."""
    names: set[str] = set()
    for eqn in jaxpr.eqns:
        called = inner(eqn) or eqn.params.get("term")  # of a row_sum
        names |= primitives(called.jaxpr) if called else {eqn.primitive.name}
    return names


def length(jaxpr: Any) -> int:
    """How many operations are written down in a jaxpr, in what it calls and in the bodies of its loops."""
    return sum(1 + sum(map(length, parts(eqn))) for eqn in jaxpr.eqns)
