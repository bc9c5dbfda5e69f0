"""f, its gradient and its Hessian in float64 on the CPU, over many points in bounded memory: for what judges ends.

The derivatives of a problem are taken here and nowhere else on the judging side.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from problems.problem import Problem

SAMPLE = 128
"""Points drawn in the box to learn what f is like there."""
_EXACT = 256
"""Up to so many variables the rows of the Hessian are summed; beyond, their sums are estimated."""
_PROBES = 64
_NUMBERS, _ENTRIES = 2**15, 2**20
"""Of points, and of Hessians, that are looked at together: at most so many."""
_FEW, _MANY = 256, 2**14
"""Points of a chunk, where there is room for them: a few cost what a whole chunk does, many want few calls."""


class Scale(NamedTuple):
    """What is large and what is small for a problem: its box, and how steep f is in it; float64 NumPy arrays."""

    points: Float[np.ndarray, "k n"]
    """Drawn uniformly in the box, the published start among them."""
    gradients: Float[np.ndarray, "k n"]
    """Of f at the points; 0 where it is not finite."""
    slopes: Float[np.ndarray, " n"]
    """Per coordinate the median over the points of |df/dx_i|, of those that are finite and not 0; 0 where none is."""
    units: Float[np.ndarray, " n"]
    """Per coordinate the length over which f, as curved as its slopes and its box suggest, changes by 1."""


class Calculus:
    """The derivatives of one problem; compiled for chunks of points, of at most `most`, whatever the batch."""

    def __init__(self, problem: Problem, most: int = _MANY) -> None:
        self.problem = problem
        n, cpu = problem.dim, jax.local_devices(backend="cpu")[0]
        self._data = jax.device_put(jax.tree.map(np.asarray, problem.data), cpu)
        many, few = min(most, max(1, _NUMBERS // n)), min(most, max(1, _ENTRIES // n**2))
        self._slopes = _in_chunks(jax.value_and_grad(problem.fn), many, cpu)
        self._hessians = _in_chunks(jax.hessian(problem.fn), few, cpu)
        noise = _row_norms if n <= _EXACT else _estimated_row_norms
        self._noise = _in_chunks(lambda x, data: noise(problem.fn, x, data), few if n <= _EXACT else 1, cpu)

    def slopes(self, x: Float[np.ndarray, "lanes n"]) -> tuple[np.ndarray, np.ndarray]:
        """f [lanes] and its gradient [lanes, n]."""
        return self._slopes(x, self._data)

    def hessians(self, x: Float[np.ndarray, "lanes n"]) -> Float[np.ndarray, "lanes n n"]:
        """The dense Hessians."""
        return self._hessians(x, self._data)

    def noise(self, x: Float[np.ndarray, "lanes n"]) -> Float[np.ndarray, "lanes n"]:
        """What a relative rounding error of 1 in every coordinate does to the gradient: sqrt(sum_j (H_ij x_j)^2).

        Exact up to 256 variables; beyond that the root mean square over 64 products of H with x of random signs, whose
        standard error is 9 %.
        """
        return self._noise(x, self._data)

    @cached_property
    def scale(self) -> Scale:
        """The problem's scale, from points of its own: the same for every cell and every solver."""
        problem = self.problem
        draws = np.random.default_rng(0).random((SAMPLE, problem.dim))
        points = problem.lower + draws * (problem.upper - problem.lower)
        if problem.start is not None:
            points[0] = problem.start
        gradients = self.slopes(points)[1]
        gradients = np.where(np.isfinite(gradients), gradients, 0.0)
        slopes = np.array([_median(column[column > 0]) for column in np.abs(gradients).T])
        width = problem.upper - problem.lower
        height = float(np.max(slopes * width)) or 1.0
        return Scale(points, gradients, slopes, np.sqrt(width / np.where(slopes > 0, slopes, height / width)))


def _median(values: Float[np.ndarray, " k"]) -> float:
    return float(np.median(values)) if values.size else 0.0


def _row_norms(fn: Callable[..., Array], x: Array, data: PyTree) -> Array:
    return jnp.sqrt(jnp.sum((jax.hessian(fn)(x, data) * x) ** 2, axis=1))


def _estimated_row_norms(fn: Callable[..., Array], x: Array, data: PyTree) -> Array:
    change = jax.linearize(lambda x: jax.grad(fn)(x, data), x)[1]
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (_PROBES, x.size))
    shaken = jax.lax.map(lambda sign: change(sign * x), jnp.asarray(signs))
    return jnp.sqrt(jnp.mean(shaken**2, axis=0))


def _in_chunks(fn: Callable[..., Any], room: int, device: jax.Device) -> Callable[..., Any]:
    """`fn` over lanes, compiled for chunks of two sizes, so that a new batch compiles nothing and memory is bounded."""
    compiled = jax.jit(jax.vmap(fn, in_axes=(0, None)))
    few, many = max(1, min(_FEW, room // 8)), room

    def chunks(x: np.ndarray) -> Iterator[np.ndarray]:
        first = 0
        while first < len(x):
            size = many if len(x) - first >= many else few
            piece = x[first : first + size]
            yield np.concatenate([piece, np.repeat(piece[-1:], size - len(piece), axis=0)])
            first += size

    def over_all(x: np.ndarray, data: PyTree) -> Any:
        some = x if len(x) else np.zeros((1, x.shape[1]))
        parts = [jax.tree.map(np.asarray, compiled(jax.device_put(piece, device), data)) for piece in chunks(some)]
        return jax.tree.map(lambda *leaves: np.concatenate(leaves)[: len(x)], *parts)

    return over_all
