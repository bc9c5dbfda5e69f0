"""Evaluates the jaxpr of a function with other arithmetic, by a table of rules."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Literal

from solvers.transforms.version import Equation, inner, parts

Literals = Callable[[Any], Any]
Rule = Callable[..., Any]
"""Called as rule(eqn, *values); returns the value of the equation's one result, or a list of several."""


ELEMENTWISE = (
    *("abs", "add", "add_any", "and", "clamp", "convert_element_type", "copy", "div", "eq", "exp", "exp2", "expm1"),
    *("floor", "ceil", "round", "ge", "gt", "integer_pow", "is_finite", "le", "log", "log1p", "logistic", "lt", "max"),
    *("min", "mul", "ne", "neg", "not", "or", "pow", "rem", "rsqrt", "select_n", "sign", "sqrt", "square", "sub"),
    *("stop_gradient", "acos", "asin", "atan", "atan2", "cos", "cosh", "sin", "sinh", "tan", "tanh", "cbrt"),
    *("digamma", "erf", "erfc", "erf_inv", "lgamma", "log2", "one_minus_square", "xor"),
)
"""Primitives that make each number of their result of one number of each input."""


class NoRule(ValueError):
    """The table has no rule for a primitive; the message names it."""


def walk(closed: ClosedJaxpr, rules: Mapping[str, Rule], literal: Literals, args: Sequence[Any]) -> list[Any]:
    """The values of the jaxpr's results for `args`, in the arithmetic of `rules`.

    Calls of inner functions (jit, remat) are walked through. `literal` turns a constant array into a value.

    Raises:
        NoRule: a primitive is not in the table.
    """
    return _walk(closed.jaxpr, [literal(constant) for constant in closed.consts], rules, literal, args)


def _walk(
    jaxpr: Any, consts: Sequence[Any], rules: Mapping[str, Rule], literal: Literals, args: Sequence[Any]
) -> list[Any]:
    values: dict[Any, Any] = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *args], strict=True))

    def read(atom: Any) -> Any:
        return literal(atom.val) if isinstance(atom, Literal) else values[atom]

    for eqn in jaxpr.eqns:
        results = _apply(eqn, rules, literal, [read(atom) for atom in eqn.invars])
        values.update(zip(eqn.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


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


def _apply(eqn: Equation, rules: Mapping[str, Rule], literal: Literals, inputs: list[Any]) -> list[Any]:
    if (called := inner(eqn)) is not None:
        return _walk(called.jaxpr, [literal(constant) for constant in called.consts], rules, literal, inputs)
    result = rule_of(eqn, rules)(eqn, *inputs)
    return result if isinstance(result, list) else [result]


def rule_of(eqn: Equation, rules: Mapping[str, Rule]) -> Rule:
    """The rule for the equation's primitive; it has none for one whose parameters are not those that it reads.

    Raises:
        NoRule: there is none.
    """
    name = eqn.primitive.name
    if name not in rules:
        raise NoRule(f'no rule for the primitive "{name}"; there are rules for: {", ".join(sorted(rules))}')

    def rule(eqn: Equation, *inputs: Any) -> Any:
        try:
            return rules[name](eqn, *inputs)
        except KeyError as missing:
            raise NoRule(f'"{name}" has no parameter {missing} in JAX {jax.__version__}') from missing

    return rule
