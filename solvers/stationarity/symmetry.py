"""Points that are copies of each other: how many of a list are different up to a problem's symmetry."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

_ALIKE = 1e-5
"""Points nearer than this, in sides of the box, are one."""


class Orbits(NamedTuple):
    """A list of points under a symmetry."""

    of: Int[np.ndarray, " m"]
    """The number of the orbit of each point, from 0."""
    points: int
    """How many different points all their copies are."""


def orbits(
    x: Float[np.ndarray, "m n"],
    copies: Callable[[Float[np.ndarray, " n"]], Float[np.ndarray, "k n"]],
    sides: Float[np.ndarray, " n"],
) -> Orbits:
    """Which points are copies of each other, and how many points there are when every copy is added.

    Args:
        x: the points.
        copies: of a point, itself among them; as many for each.
        sides: of the box.
    """
    made = np.array([copies(point) for point in x])
    every = made.reshape(-1, x.shape[1]) / sides
    pairs = cKDTree(every).query_pairs(_ALIKE, p=np.inf, output_type="ndarray").T
    points = _components(pairs, len(every))[0]
    first = np.repeat(np.arange(len(x)) * made.shape[1], made.shape[1])
    joined = np.concatenate([pairs, np.stack([first, np.arange(len(every))])], axis=1)
    _, labels = _components(joined, len(every))
    return Orbits(np.unique(labels[:: made.shape[1]], return_inverse=True)[1], points)


def _components(pairs: np.ndarray, count: int) -> tuple[int, np.ndarray]:
    graph = coo_array((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), (count, count))
    number, labels = connected_components(graph, directed=False)
    return int(number), labels
