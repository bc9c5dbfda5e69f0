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
        """A function of one lane as a function of all active ones."""
        if self.scalars:
            return together(fn)
        return over_columns(fn) if self.axis else jax.vmap(fn)

    def points(self, rows: Float[Array, "lanes n"]) -> PyTree:
        """Points in this form."""
        if self.scalars:
            return tuple(rows.T)
        return rows.T if self.axis else rows

    def rows(self, points: PyTree) -> Float[Array, "lanes n"]:
        """The points as one array, lanes first."""
        if self.scalars:
            return jnp.stack(points, axis=1)
        return points.T if self.axis else points

    def figures(self, vector: Float[Array, " n"]) -> PyTree:
        """One figure per coordinate, the same for all lanes, as a point of one lane."""
        return tuple(vector) if self.scalars else vector

    def lanes_first(self, tree: PyTree) -> PyTree:
        """Arrays that have the lanes where this form has them, with the lanes first."""
        return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, self.axis, 0), tree)

    def lane(self, tree: PyTree, place: Int[Array, ""]) -> PyTree:
        """What one lane has."""
        return jax.tree.map(lambda leaf: lax.dynamic_index_in_dim(leaf, place, self.axis, keepdims=False), tree)

    def with_lane(self, tree: PyTree, place: Int[Array, ""], lane: PyTree) -> PyTree:
        """The tree with what one lane now has."""

        def put(leaf: Array, new: Array) -> Array:
            return lax.dynamic_update_index_in_dim(leaf, new, place, self.axis)

        return jax.tree.map(put, tree, lane)


SCALARS = Form(0, scalars=True)
"""For small functions: all is elementwise, structural zeros vanish. Code in proportion to n."""
BATCH_LAST = Form(-1)
"""[n, lanes]. For functions of many variables whose operations run along the vector."""
BATCH_FIRST = Form(0)
"""[lanes, n]. For what libraries do: products of matrices, decompositions."""
