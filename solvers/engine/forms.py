"""How the points of the active lanes lie in memory: between one form and another, speed differs by ten."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, PyTree

from solvers.transforms.columns import over_columns
from solvers.transforms.kernel import together


class Form(NamedTuple):
    """Where the lanes stand in every array that has a number, or several, for each of them."""

    axis: int
    """Of the lanes: the first, 0, or the last, -1. What a lane has but one number of has no other axis."""
    scalars: bool = False
    """Is a point a tuple of n numbers, each an array [lanes], instead of one array?"""

    def each(self, fn: Callable[..., PyTree]) -> Callable[..., PyTree]:
        """Turns a function of one lane into one of all: arguments and results get the axis of the lanes, [width]."""
        if self.scalars:
            return together(fn)
        return over_columns(fn) if self.axis else jax.vmap(fn)

    def points(self, rows: Float[Array, "lanes n"]) -> PyTree:
        """Turns points into this form: n arrays [lanes], an array [n, lanes], or [lanes, n] as it is."""
        if self.scalars:
            return tuple(rows.T)
        return rows.T if self.axis else rows

    def rows(self, points: PyTree) -> Float[Array, "lanes n"]:
        """Turns points of this form into one array [lanes, n]."""
        if self.scalars:
            return jnp.stack(points, axis=1)
        return points.T if self.axis else points

    def figures(self, vector: Float[Array, " n"]) -> PyTree:
        """Turns one figure per coordinate [n], the same for all lanes, into a point of one lane: n scalars, or [n]."""
        return tuple(vector) if self.scalars else vector

    def lanes_first(self, tree: PyTree) -> PyTree:
        """Moves the axis of the lanes to the front: leaves [..., lanes] or [lanes, ...] become [lanes, ...]."""
        return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, self.axis, 0), tree)

    def lane(self, tree: PyTree, place: Int[Array, ""]) -> PyTree:
        """Takes one lane out: leaves lose the axis of the lanes."""
        return jax.tree.map(lambda leaf: lax.dynamic_index_in_dim(leaf, place, self.axis, keepdims=False), tree)

    def with_lane(self, tree: PyTree, place: Int[Array, ""], lane: PyTree) -> PyTree:
        """Puts one lane back in its place; the leaves of `lane` have no axis of lanes."""

        def put(leaf: Array, new: Array) -> Array:
            return lax.dynamic_update_index_in_dim(leaf, new, place, self.axis)

        return jax.tree.map(put, tree, lane)


SCALARS = Form(0, scalars=True)
"""For small functions: all is elementwise, structural zeros vanish. Code in proportion to n."""
BATCH_LAST = Form(-1)
"""[n, lanes]. For functions of many variables whose operations run along the vector."""
BATCH_FIRST = Form(0)
"""[lanes, n]. For what libraries do: products of matrices, decompositions."""
