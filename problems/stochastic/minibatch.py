"""Minibatches: a few rows of the data, drawn anew for every step, on which f is an estimate of f on all of them."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

Sample = Callable[[Array, PyTree], PyTree]
"""(key, data) -> data of a minibatch: see `Problem.sample`."""


def random_rows(batch: int) -> Sample:
    """Samples for a loss that is a mean over the rows of its data, beside terms without data such as a decay.

    The `batch` rows are drawn independently, each as likely as any other, so that one may come twice (no passes over
    all rows in turn): then the mean over them is an unbiased estimate. Every leaf of the data has its rows on the first
    axis.

    Raises:
        ValueError: `batch` is no number of rows.
    """
    _refuse_no_number(batch)

    def sample(key: Array, data: PyTree) -> PyTree:
        leaves = jax.tree.leaves(data)
        at = jax.random.randint(key, (batch,), 0, leaves[0].shape[0])
        return jax.tree.map(lambda leaf: jnp.asarray(leaf)[at], data)

    return sample


def random_rows_of_sum(batch: int) -> Sample:
    """The same for a sum over rows: data are a pair of rows and the weight of each, m / batch on a sample of m rows."""
    rows = random_rows(batch)

    def sample(key: Array, data: PyTree) -> PyTree:
        whole, weight = data
        return rows(key, whole), weight * jax.tree.leaves(whole)[0].shape[0] / batch

    return sample


def _refuse_no_number(batch: Any) -> None:
    if not isinstance(batch, int | np.integer) or isinstance(batch, bool) or batch < 1:
        raise ValueError(f"a minibatch of {batch!r} rows is not allowed; give a whole number, 1 or more")


def share_of_rows(sample: Sample, data: PyTree) -> float:
    """The part of the rows that a sample has: what its gradient is counted as, in gradients on all data.

    Raises:
        ValueError: what it makes is no data of a minibatch; the message says how.
    """
    whole = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(np.shape(leaf), np.asarray(leaf).dtype), data)
    part = jax.eval_shape(sample, jax.random.key(0), whole)
    made: Any = jax.tree.structure(part)
    if made != jax.tree.structure(whole):
        raise ValueError("it makes a pytree of another structure than the data")
    shares = {_share(*pair) for pair in zip(jax.tree.leaves(part), jax.tree.leaves(whole), strict=True)}
    fewer = shares - {1.0}
    if len(fewer) > 1:
        raise ValueError(
            f"its leaves have different parts of their rows: {', '.join(f'{s:.3g}' for s in sorted(fewer))}"
        )
    return fewer.pop() if fewer else 1.0


def _share(part: Any, whole: Any) -> float:
    """1 for a leaf that is there as a whole, else the part of its rows, on the first axis."""
    if part.shape == whole.shape and part.dtype == whole.dtype:
        return 1.0
    if part.ndim != whole.ndim or not part.ndim or part.shape[1:] != whole.shape[1:] or part.dtype != whole.dtype:
        raise ValueError(
            f"of a leaf {whole.dtype}{list(whole.shape)} it makes {part.dtype}{list(part.shape)}; a sample has rows of "
            "a leaf, on the first axis, or all of it, in its dtype"
        )
    return float(part.shape[0] / whole.shape[0])
