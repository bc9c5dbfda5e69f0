"""Enclosures of a problem's f, gradient and Hessian over boxes, from one walk of one jaxpr."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr
from jaxtyping import Array, Bool, Float

from problems.problem import Problem
from solvers.exact.certified.interval import Interval, point
from solvers.exact.certified.rules import literal, rules
from solvers.transforms.jaxpr import walk


class Enclosure(NamedTuple):
    """What f and its derivatives are within, box by box."""

    f: Interval
    """[boxes]"""
    g: Interval
    """[n boxes]"""
    H: Interval
    """[n n boxes]"""

    def part(self, boxes: slice) -> "Enclosure":
        """The enclosures over some of the boxes."""
        return jax.tree.map(lambda bound: bound[..., boxes], self)


@dataclass(frozen=True, eq=False)
class Derivatives:
    """(x, data) -> f, gradient, Hessian, as a jaxpr; equal to another that computes the same with other data."""

    closed: ClosedJaxpr
    counted: tuple[np.ndarray, ...]
    """The parts of the data that are whole numbers: they choose, and so belong to the function."""

    @property
    def n(self) -> int:
        """The number of variables."""
        return self.closed.jaxpr.invars[0].aval.size

    @property
    def _key(self) -> tuple[Any, ...]:
        constants = (*self.closed.consts, *self.counted)
        return str(self.closed.jaxpr), tuple(np.asarray(constant).tobytes() for constant in constants)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Derivatives) and self._key == other._key

    def enclose(self, x: Interval, data: list[Float[Array, "..."]], zero: Float[Array, ""]) -> Enclosure:
        """Over boxes x [n boxes]; `data` are the real leaves of the problem's data.

        Raises:
            NoRule: the function holds what has no interval rule.
        """
        real, whole = iter(data), iter(self.counted)
        leaves = [
            point(next(real)[..., None]) if _is_real(v.aval) else next(whole) for v in self.closed.jaxpr.invars[1:]
        ]
        values = walk(self.closed, rules(zero).get, literal, [x, *leaves])
        f, g, H = (_over_boxes(value, x.lo.shape[-1], zero) for value in values)
        # A kink or a jump shows in the function that has it, not in the derivative on either side.
        g = _unknown_with(_unknown(f), g)
        return Enclosure(f, g, _unknown_with(jnp.any(_unknown(g), axis=0), H))


def derivatives(problem: Problem) -> tuple[Derivatives, list[Float[np.ndarray, "..."]]]:
    """The derivatives of a problem, and the real leaves of its data."""

    def slopes(x: Any, data: Any) -> Any:
        f, g = jax.value_and_grad(problem.fn)(x, data)
        return g, (f, g)

    def all_of_them(x: Any, data: Any) -> Any:
        H, (f, g) = jax.jacfwd(slopes, has_aux=True)(x, data)
        return f, g, H

    with jax.enable_x64(True):
        closed = jax.make_jaxpr(all_of_them)(np.zeros(problem.dim), problem.data)
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(problem.data)]
    real = [leaf.astype(float) for leaf in leaves if _is_real(leaf)]
    return Derivatives(closed, tuple(leaf for leaf in leaves if not _is_real(leaf))), real


def _is_real(value: Any) -> bool:
    return np.issubdtype(value.dtype, np.floating)


def _unknown(value: Interval) -> Bool[Array, "..."]:
    return jnp.isnan(value.lo) | jnp.isnan(value.hi)


def _unknown_with(unknown: Bool[Array, " boxes"], value: Interval) -> Interval:
    return Interval(*(jnp.where(unknown, jnp.nan, bound) for bound in value))


def _over_boxes(value: Any, boxes: int, zero: Float[Array, ""]) -> Interval:
    """A derivative that is the same everywhere has no axis for the boxes yet."""
    if not isinstance(value, Interval):
        value = point(jnp.asarray(value, float)[..., None] + zero)
    return Interval(*(jnp.broadcast_to(bound, (*bound.shape[:-1], boxes)) for bound in value))
