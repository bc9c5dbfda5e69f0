"""Comparisons of intervals, and what follows from them: logic, choices, and 0 or 1.

What an interval leaves open is unknown, NaN, so that nothing is ever claimed of a box that holds a kink.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool

from solvers.exact.certified import interval
from solvers.exact.certified.interval import Interval
from solvers.transforms.jaxpr import NoRule, Rule
from solvers.transforms.version import Equation, binder

Value = Interval | np.ndarray
"""An interval whose arrays have the boxes as a further, last axis, or a constant, known exactly."""


class Answer(NamedTuple):
    """What is known of a comparison: it holds, and it may hold, elementwise."""

    holds: Bool[Array, "..."]
    may_hold: Bool[Array, "..."]


def is_real(value: Value) -> bool:
    """Is it a constant that interval arithmetic is done with?"""
    return isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.floating)


def bound(eqn: Equation, inputs: Any) -> Any:
    """The primitive itself, on constants, now."""
    with jax.ensure_compile_time_eval():
        results = binder(eqn)(*inputs)
    return [np.asarray(value) for value in results] if isinstance(results, list | tuple) else np.asarray(results)


def _less(a: Interval, b: Interval) -> Answer:
    return Answer(a.hi < b.lo, ~(a.lo >= b.hi))


def _at_most(a: Interval, b: Interval) -> Answer:
    return Answer(a.hi <= b.lo, ~(a.lo > b.hi))


def _equal(a: Interval, b: Interval) -> Answer:
    return Answer((a.lo == b.hi) & (a.hi == b.lo), ~((a.hi < b.lo) | (b.hi < a.lo)))


def _unequal(eqn: Equation, a: Interval, b: Interval) -> Answer:
    """A variable differs from itself where it is NaN, and there all that follows is unknown anyway."""
    if eqn.invars[0] is eqn.invars[1]:
        never = jnp.zeros(a.lo.shape, bool)
        return Answer(never, never)
    equal = _equal(a, b)
    return Answer(~equal.may_hold, ~equal.holds)


COMPARISONS: dict[str, Callable[..., Answer]] = {
    "lt": lambda eqn, a, b: _less(a, b),
    "gt": lambda eqn, a, b: _less(b, a),
    "le": lambda eqn, a, b: _at_most(a, b),
    "ge": lambda eqn, a, b: _at_most(b, a),
    "eq": lambda eqn, a, b: _equal(a, b),
    "ne": _unequal,
    "is_finite": lambda eqn, a: Answer(jnp.isfinite(a.lo) & jnp.isfinite(a.hi), jnp.ones(a.lo.shape, bool)),
}


def _logic(combine: Callable[..., Any]) -> Rule:
    """And, or."""

    def rule(eqn: Equation, a: Any, b: Any) -> Any:
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            return bound(eqn, (a, b))
        return Answer(*(combine(p, q) for p, q in zip(_answer(a), _answer(b), strict=True)))

    return rule


def _not(eqn: Equation, a: Any) -> Any:
    return Answer(~a.may_hold, ~a.holds) if isinstance(a, Answer) else bound(eqn, (a,))


def _answer(value: Any) -> Answer:
    return value if isinstance(value, Answer) else Answer(*(jnp.asarray(value)[..., None],) * 2)


LOGIC: dict[str, Rule] = {"and": _logic(jnp.logical_and), "or": _logic(jnp.logical_or), "not": _not}


def selecting(lift: Callable[[Value], Interval]) -> Rule:
    """The rule for a choice by an index or a comparison; `lift` makes intervals of constants."""

    def select(eqn: Equation, which: Any, *cases: Any) -> Any:
        if all(isinstance(value, np.ndarray) for value in (which, *cases)):
            return bound(eqn, (which, *cases))
        if isinstance(cases[0], Answer) or not all(isinstance(case, Interval) or is_real(case) for case in cases):
            raise NoRule('"select_n" of what is no real number has no interval rule')
        bounds = [lift(case) for case in cases]
        if not isinstance(which, Answer):
            number = jnp.asarray(which, int)[..., None]
            return Interval(*(_chosen(number, [case[side] for case in map(tuple, bounds)]) for side in (0, 1)))
        no, yes = map(tuple, bounds)
        return Interval(*(_settled(which, no[side], yes[side]) for side in (0, 1)))

    return select


def _chosen(number: Array, cases: list[Array]) -> Array:
    """`cases[number]`, elementwise."""
    result = cases[0]
    for k, case in enumerate(cases[1:], 1):
        result = jnp.where(number == k, case, result)
    return result


def _settled(which: Answer, no: Array, yes: Array) -> Array:
    return jnp.where(which.holds, yes, jnp.where(which.may_hold, jnp.nan, no))


def converted(eqn: Equation, a: Any) -> Any:
    """Of a comparison 0 or 1, and unknown where it is open."""
    if isinstance(a, np.ndarray):
        return bound(eqn, (a,))
    if not np.issubdtype(eqn.params["new_dtype"], np.floating):
        raise NoRule('"convert_element_type" from a real number has no interval rule')
    if isinstance(a, Answer):
        return interval.point(jnp.where(a.holds, 1.0, jnp.where(a.may_hold, jnp.nan, 0.0)))
    return a
