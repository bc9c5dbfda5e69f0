"""Is a function a sum of functions of one variable each? Its Hessian is diagonal then: one product, and no system."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from problems.problem import Problem
from solvers.transforms.jaxpr import NoRule, Rule, walk
from solvers.transforms.objects import STRUCTURE, each, fold
from solvers.transforms.primitives import ELEMENTWISE
from solvers.transforms.scalars import as_cells, as_vector, iota, operations_of, running, scalar_dot
from solvers.transforms.version import Equation

FEWEST = 4
"""Variables from which a formula for the whole system is longer than the question."""
_MOST_OPERATIONS = 50_000
"""Of one evaluation; to look through more takes a second."""
Variables = frozenset[int]
"""What a number depends on: if on several variables, it is a sum of functions of one each. Other cells are constants.
"""


@lru_cache(maxsize=256)
def bandwidth(problem: Problem) -> int | None:
    """The bandwidth that the problem states; 0 where its function is found to be separable; None where nobody knows."""
    if problem.bandwidth is not None or problem.dim < FEWEST:
        return problem.bandwidth
    return 0 if is_separable(partial(_with, problem.fn, problem.data), problem.dim) else None


def is_separable(fn: Callable[[Any], Any], n: int) -> bool:
    """Is f(x) = sum_i f_i(x_i), as far as its operations tell? x has the shape [n]."""
    closed = jax.make_jaxpr(fn)(jax.ShapeDtypeStruct((n,), jnp.result_type(float)))
    if operations_of(closed.jaxpr) > _MOST_OPERATIONS:
        return False
    variables = [frozenset([i]) for i in range(n)]
    try:
        walk(closed, _RULES.get, as_cells, [as_vector(variables)])
    except NoRule:
        return False
    return True


def _with(fn: Any, data: Any, x: Any) -> Any:
    return fn(x, jax.tree.map(np.asarray, data))


def _sum(*cells: Any) -> Any:
    """Of sums of functions of one variable each; a constant, whose value is of no interest here, depends on nothing."""
    return frozenset[int]().union(*(cell for cell in cells if isinstance(cell, frozenset)))


def _of_one_variable(*cells: Any) -> Any:
    variables = _sum(*cells)
    if len(variables) > 1:
        raise NoRule("a function of several variables that is no sum")
    return variables


def _product(a: Any, b: Any) -> Any:
    return _of_one_variable(a, b) if _sum(a) and _sum(b) else _sum(a, b)


def _quotient(a: Any, b: Any) -> Any:
    return _of_one_variable(a, b) if _sum(b) else _sum(a)


def _cells(combine: Callable[..., Any]) -> Rule:
    return each(lambda eqn, *cells: combine(*cells))


def _inside(eqn: Equation, *inputs: Any) -> list[Any]:
    return walk(eqn.params["call_jaxpr"], _RULES.get, as_cells, inputs)


_LINEAR = ("add", "add_any", "sub", "neg", "convert_element_type", "copy")

_RULES: dict[str, Rule] = {
    **{name: _cells(_of_one_variable) for name in ELEMENTWISE},
    **{name: _cells(_sum) for name in _LINEAR},
    "mul": _cells(_product),
    "div": _cells(_quotient),
    "reduce_sum": fold(_sum),
    "reduce_prod": fold(_product),
    "cumsum": partial(running, _sum),
    "dot_general": partial(scalar_dot, _product, _sum),
    "iota": iota,
    "custom_jvp_call": _inside,
    **STRUCTURE,
}
