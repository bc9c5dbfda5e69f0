"""Which enclosures are of the same point, and which leftovers matter. NumPy, on the host."""

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree


def distinct_points(
    box: Float[np.ndarray, "2 n m"], unique: Float[np.ndarray, "2 n m"]
) -> tuple[Int[np.ndarray, " k"], bool]:
    """One of each group of enclosures of the same point, and whether all others are surely different.

    Two that do not meet are different points; two are the same if one lies where the other is the only one.
    """
    if not box.shape[-1]:
        return np.zeros(0, int), True
    reach = float(np.max(box[1] - box[0]))
    near = cKDTree(box.mean(axis=0).T).query_pairs(2 * reach, p=np.inf, output_type="ndarray")
    a, b = box[:, :, near[:, 0]], box[:, :, near[:, 1]]
    meet = _all(a[0] <= b[1]) & _all(b[0] <= a[1])
    same = meet & (_within(a, unique[:, :, near[:, 1]]) | _within(b, unique[:, :, near[:, 0]]))
    pairs = near[same].T
    _, label = connected_components(coo_array((np.ones(len(pairs[0])), pairs), (box.shape[-1],) * 2))
    return np.unique(label, return_index=True)[1], bool(np.all(same[meet]))


def _all(condition: np.ndarray) -> np.ndarray:
    return np.all(condition, axis=0)


def _within(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return _all((b[0] <= a[0]) & (a[1] <= b[1]))


def outside(boxes: Float[np.ndarray, "2 n k"], unique: Float[np.ndarray, "2 n m"]) -> Float[np.ndarray, "2 n l"]:
    """The boxes that are not where a proved point is known to be the only one."""
    if not unique.shape[-1]:
        return boxes
    settled = [bool(np.any(_within(box[:, :, None], unique))) for box in boxes.transpose(2, 0, 1)]
    return boxes[:, :, ~np.array(settled, bool)]


def hulls(boxes: Float[np.ndarray, "2 n k"]) -> Float[np.ndarray, "2 n l"]:
    """Boxes that touch, put together."""
    lo, hi = boxes
    touch = np.all((lo[:, :, None] <= hi[:, None]) & (lo[:, None] <= hi[:, :, None]), axis=0)
    groups, label = connected_components(coo_array(touch))
    hull = [[lo[:, label == k].min(axis=1), hi[:, label == k].max(axis=1)] for k in range(groups)]
    return np.array(hull).reshape(groups, *boxes.shape[:2]).transpose(1, 2, 0)
