"""How the points of the lanes in flight lie in memory: between one form and another, speed differs by ten."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from solvers.columns import over_columns
from solvers.kernel import together


class Form(NamedTuple):
    """Where the lanes stand in every array that has a number, or several, for each of them."""

    axis: int
    """Of the lanes: the first, 0, or the last, -1. What a lane has but one number of has no other axis."""
    scalars: bool = False
    """Is a point a tuple of n numbers, each an array [lanes], instead of one array?"""

    def each(self, fn: Callable[..., PyTree]) -> Callable[..., PyTree]:
        """A function of one lane as a function of all in flight."""
        if self.scalars:
            return together(fn)
        return over_columns(fn) if self.axis else jax.vmap(fn)

    def each_anyhow(self, fn: Callable[..., PyTree]) -> Callable[..., PyTree]:
        """The same for any function, libraries included; of a few lanes."""
        return jax.vmap(fn, in_axes=self.axis, out_axes=self.axis)

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

    def take(self, tree: PyTree, which: Array) -> PyTree:
        """What the given lanes have; the last lane's for a number beyond."""
        return jax.tree.map(lambda leaf: jnp.take(leaf, which, axis=self.axis, mode="clip"), tree)

    def put(self, tree: PyTree, which: Array, new: PyTree) -> PyTree:
        """The tree with what the given lanes now have; a number beyond the last lane is passed over."""
        at: Any = (..., which) if self.axis else which
        return jax.tree.map(lambda leaf, new: leaf.at[at].set(new, mode="drop"), tree, new)


SCALARS = Form(0, scalars=True)
"""For small functions: all is elementwise, structural zeros vanish. Code in proportion to n."""
COLUMNS = Form(-1)
"""[n, lanes]. For functions of many variables whose operations run along the vector."""
ROWS = Form(0)
"""[lanes, n]. For what libraries do: products of matrices, decompositions."""
