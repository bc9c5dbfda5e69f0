"""Proved kinds of stationary points: the signs of the eigenvalues of every matrix in an interval.

V^T H V has the inertia of H for every regular V (Sylvester), and Gershgorin's circles tell it when V nearly
diagonalises H. NumPy rounds as IEEE 754 says; bounds on the rounding of sums are added (Higham 2002, section 3.5).
"""

import numpy as np
from jaxtyping import Float, Int

UNCLASSIFIED = -1
_EPS = 2.0**-52


def negative_eigenvalues(lo: Float[np.ndarray, "m n n"], hi: Float[np.ndarray, "m n n"]) -> Int[np.ndarray, " m"]:
    """How many eigenvalues of every symmetric matrix between lo and hi are negative; UNCLASSIFIED where it is open."""
    middle, radius = (lo + hi) / 2, (hi - lo) / 2 * (1 + 4 * _EPS)
    middle, radius = (middle + middle.swapaxes(1, 2)) / 2, np.maximum(radius, radius.swapaxes(1, 2))
    good = np.isfinite(middle).all(axis=(1, 2)) & np.isfinite(radius).all(axis=(1, 2))
    V = np.linalg.eigh(np.where(good[:, None, None], middle, np.eye(lo.shape[1])))[1]
    centre = V.swapaxes(1, 2) @ middle @ V
    rounding = 8 * lo.shape[1] ** 2 * _EPS
    off = np.abs(V).swapaxes(1, 2) @ (radius + rounding * np.abs(middle)) @ np.abs(V) * (1 + rounding)
    diagonal = np.einsum("mii->mi", centre)
    others = np.abs(centre).sum(axis=2) - np.abs(diagonal)
    reach = (others + off.sum(axis=2)) * (1 + rounding)
    signed = good & _regular(V) & np.all(np.abs(diagonal) > reach, axis=1)
    return np.where(signed, np.sum(diagonal < 0, axis=1), UNCLASSIFIED)


def _regular(V: Float[np.ndarray, "m n n"]) -> np.ndarray:
    """V^T V differs from the identity by less than 1 in norm, so V is regular."""
    n = V.shape[1]
    return np.abs(V.swapaxes(1, 2) @ V - np.eye(n)).sum(axis=2).max(axis=1) < 0.5
