"""A loop over the steps of all lanes as one piece of code, for XLA:CPU."""

from collections.abc import Callable
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun
from jaxtyping import PyTree

from solvers.transforms.jaxpr import length
from solvers.transforms.primitives import PRIMITIVES
from solvers.transforms.target import target
from solvers.transforms.version import MARK, Equation, one_piece, parts


def in_one_kernel(fn: Callable[..., PyTree]) -> Callable[..., PyTree]:
    """`fn`, a loop over the steps of all lanes, as one piece of code, where it is arithmetic alone and not too long.

    XLA:CPU makes a kernel of every few operations of a loop's body, and to start one takes as long as to compute some
    hundred numbers.

    Args:
        fn: of trees of arrays whose last axis are the lanes.
    """

    def call(*args: PyTree) -> PyTree:
        closed, shapes = jax.make_jaxpr(fn, return_shape=True)(*args)
        results = jax.jit(jaxpr_as_fun(closed))(*jax.tree.leaves(args))
        if target() == "cpu" and _fits(closed, jax.tree.leaves(args)[0].shape[-1]):
            results = one_piece(results)
        return jax.tree.unflatten(jax.tree.structure(shapes), results)

    return call


def _fits(closed: ClosedJaxpr, lanes: int) -> bool:
    constants = [constant.size for constant in closed.consts if not isinstance(constant, jax.core.Tracer)]
    longest = max([_longest(closed.jaxpr, lanes), *constants])
    return _is_arithmetic(closed.jaxpr) and length(closed.jaxpr) <= _LONG and longest <= _MOST_NUMBERS


_LONG = 1000
"""Operations beyond which one piece of code takes longer to compile than many kernels."""
_MOST_NUMBERS = 1250
"""Of an array, per lane. XLA:CPU puts constants of more than 10 000 bytes where one piece of code cannot reach them."""


def _longest(jaxpr: Any, lanes: int) -> int:
    """Numbers in the longest array, per lane."""
    sizes = [v.aval.size // (lanes if v.aval.shape[-1:] == (lanes,) else 1) for eqn in jaxpr.eqns for v in eqn.outvars]
    return max([*sizes, *(_longest(part, lanes) for eqn in jaxpr.eqns for part in parts(eqn))], default=0)


def _is_arithmetic(jaxpr: Any) -> bool:
    """Is there nothing in it that XLA:CPU leaves to a library, or knows only as a kernel?"""
    return all(map(_in_one_piece, jaxpr.eqns))


def _in_one_piece(eqn: Equation) -> bool:
    name = eqn.primitive.name
    if name == "dot_general":
        return any(v.aval.size == 1 for v in eqn.invars)
    row = PRIMITIVES.get(name)
    return name == MARK or (row is not None and row.in_one_piece and all(map(_is_arithmetic, parts(eqn))))
