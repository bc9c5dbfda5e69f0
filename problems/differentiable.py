"""Functions that JAX differentiates in one direction only, made differentiable in both.

Methods and the referee ask for a gradient, and for derivatives of it along directions. A function with a `custom_vjp`
has no forward mode, one with a `while_loop` no reverse mode. What is missing is made here of what there is, so that
nothing that uses the function need know.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from problems.problem import Problem

Function = Callable[[Float[Array, " n"], Any], Float[Array, "..."]]
"""(x, data) -> a number or an array."""


class NotDifferentiable(ValueError):
    """No combination of JAX's modes gives the derivatives that are needed; the message says what JAX objects to."""


def differentiable(problem: Problem) -> Problem:
    """The problem, with its function twice and its residuals once differentiable in both modes.

    A function that is so already is called as it is. Nothing is traced before the first call.
    """
    residuals = problem.residuals and BothModes(problem, problem.residuals, "derivatives of its residuals", _once)
    return replace(problem, fn=BothModes(problem, problem.fn, "second derivatives of f", _twice), residuals=residuals)


@dataclass(frozen=True, eq=False)
class BothModes:
    """A function of a problem, with the modes that it lacks."""

    problem: Problem
    fn: Function
    what: str
    """Is asked of it, in words."""
    uses: Callable[..., Any]
    """The same, as a function of (fn, x, data) that makes use of it."""

    def __call__(self, x: Float[Array, " n"], data: Any) -> Float[Array, "..."]:
        """The value.

        Raises:
            NotDifferentiable: there is no way.
        """
        return self._made(x, data)

    @property
    def is_needed(self) -> bool:
        """Does the function lack a mode?"""
        return self._made is not self.fn

    @cached_property
    def _made(self) -> Function:
        lanes = jax.ShapeDtypeStruct((2, self.problem.dim), jnp.result_type(float))
        data = jax.tree.map(np.asarray, self.problem.data)
        jax.eval_shape(
            jax.vmap(self.fn, (0, None)), lanes, data
        )  # what is wrong with the function itself is no matter of derivatives
        refusals = []
        for made in (self.fn, _by_reverse(self.fn), _by_forward(self.fn)):
            try:
                # As far as the compiler, and for lanes: some derivatives raise nothing before they are used.
                jax.jit(jax.vmap(partial(self.uses, made), (0, None))).lower(lanes, data)
            except Exception as refusal:  # of any kind: JAX has many
                refusals.append(str(refusal).strip().partition("\n")[0])
            else:
                return made
        raise NotDifferentiable(f"JAX gives no {self.what}: {refusals[0]}")


def _once(fn: Function, x: Any, data: Any) -> Any:
    return jax.jvp(lambda x: fn(x, data), (x,), (x,))


def _twice(fn: Function, x: Any, data: Any) -> Any:
    return jax.jvp(lambda x: jax.value_and_grad(fn)(x, data), (x,), (x,))


def _by_reverse(fn: Function) -> Function:
    """Both derivatives by reverse mode: the Hessian is symmetric, so H t = grad(grad f . t).

    Data are taken for constants.
    """

    @jax.custom_jvp
    def slope(x: Any, data: Any) -> Any:
        return jax.jacrev(fn)(x, data)

    @slope.defjvp
    def _(at: Any, along: Any) -> Any:
        (x, data), direction = at, along[0]
        return slope(x, data), jax.grad(lambda x: jnp.vdot(jax.grad(fn)(x, data), direction))(x)

    return _with_slope(fn, slope)


def _by_forward(fn: Function) -> Function:
    """Of the first derivatives by forward mode, n directions at once; theirs are then forward over forward."""
    return _with_slope(fn, lambda x, data: jax.jacfwd(fn)(x, data))


def _with_slope(fn: Function, slope: Function) -> Function:
    """`fn` with its derivatives stated: along t it is slope . t, which has a reverse, whatever `fn` has."""

    @jax.custom_jvp
    def value(x: Any, data: Any) -> Any:
        return fn(x, data)

    @value.defjvp
    def _(at: Any, along: Any) -> Any:
        now = value(*at)
        return now, (slope(*at) @ along[0]).astype(now.dtype)

    return value
