"""The two records of this room: what is minimised, and what is known about it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Array, Float, PyTree

Standing = Literal["proved", "certified", "best_known", "unknown"]


class Truth(NamedTuple):
    """What is known, from outside this project, about the answers of a problem.

    `standing` says how: `proved` (a theorem or exact algebra), `certified` (a standards body publishes it with
    error bounds), `best_known` (independent solvers agree), `unknown`. A field nobody knows is None.
    """

    standing: Standing
    source: str
    minimum: float | None = None
    """The global minimum f* in the box."""
    minimisers: Float[np.ndarray, "k n"] | None = None
    """Points with f = f*, float64."""
    stationary: Float[np.ndarray, "s n"] | None = None
    """All known stationary points in the box, the minimisers among them, float64."""
    complete: bool = False
    """Is `stationary` proved to be every stationary point in the box?"""
    digits: float = 15.0
    """Significant digits to which the stated coordinates are right; no solver is credited with more."""

    @property
    def points(self) -> Float[np.ndarray, "s n"] | None:
        """The known points a solver's end is compared with: the stationary ones, else the minimisers."""
        return self.minimisers if self.stationary is None else self.stationary


@dataclass(frozen=True, eq=False)
class Problem:
    """A function to minimise: `fn(x, data) -> scalar`, pure JAX, for one point x of shape [n], any float dtype."""

    name: str
    fn: Callable[[Float[Array, " n"], Any], Float[Array, ""]]
    lower: Float[np.ndarray, " n"]
    """Lower corner of the box, float64: starts are drawn from it, "all stationary points" means all in it."""
    upper: Float[np.ndarray, " n"]
    truth: Truth
    reference: str
    """Where the problem comes from: paper, equation or page."""
    start: Float[np.ndarray, " n"] | None = None
    """The published start, or None."""
    load: Callable[[], PyTree] = tuple
    """Reads the data: a pytree of float64 NumPy arrays, handed to `fn` as an argument, never closed over."""
    closed_form: Callable[[Any], Float[Array, "m n"]] | None = None
    """Pure JAX: data -> every stationary point that the formula gives (m >= 1), in the dtype of the data."""
    residuals: Callable[[Float[Array, " n"], Any], Float[Array, " m"]] | None = None
    """For least squares: r(x, data), where fn = sum(r^2)."""
    bandwidth: int | None = None
    """d^2 f / dx_i dx_j = 0 wherever |i - j| is larger; None where nobody says."""
    target: float | None = None
    """A value of f that counts as solved, fixed before anything is measured, where nobody knows the minimum."""
    copies: Callable[[Float[np.ndarray, " n"]], Float[np.ndarray, "k n"]] | None = None
    """A point's copies under the problem's symmetry, itself among them, as many for each; some may be equal."""
    tags: frozenset[str] = field(default_factory=frozenset)

    @property
    def dim(self) -> int:
        """n, the number of variables."""
        return self.lower.size

    @cached_property
    def data(self) -> PyTree:
        """The data, read once, when first asked for."""
        return self.load()
