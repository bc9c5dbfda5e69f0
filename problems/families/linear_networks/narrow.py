"""A linear network with one hidden unit, with weight decay: its stationary points are the data's singular vectors."""

from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from problems.families.quadratic import reflect
from problems.problem import Problem, Truth

_DECAY = 0.5
"""Below every singular value."""


def linear_network(n: int) -> Problem:
    """1/2 |u v' - A|^2 + 1/4 (|u|^2 + |v|^2), u and v of k = n/2: a k-1-k network on whitened inputs.

    The conditions A v = u (|v|^2 + 1/2) and A'u = v (|u|^2 + 1/2) give |u| = |v|, and then singular vectors of A: the
    points are 0 and +-sqrt(s - 1/2) (p, q) for each triple (s, p, q), minima for the largest s. Complex ones, with -s
    for s as well, are 4k + 1.
    """
    if n < 4 or n % 2:
        raise ValueError("linear-network needs n >= 4 and an even n")
    left, s, right = _triples(n // 2)
    pairs = (np.concatenate([left, right]) * np.sqrt(s - _DECAY)).T
    points = np.concatenate([pairs, -pairs, np.zeros((1, n))])
    lowest = float(np.sum(s**2) - (s[0] - _DECAY) ** 2) / 2
    return Problem(
        name=f"linear-network-n{n}",
        fn=_loss,
        lower=np.full(n, -1.5 * np.sqrt(n / 2)),
        upper=np.full(n, 1.5 * np.sqrt(n / 2)),
        truth=Truth("proved", "singular vectors", lowest, points[[0, n // 2]], points, True, 13.0),
        reference="Baldi & Hornik 1989, Neural Networks 2(1), 53; Mehta et al. 2018, arXiv:1810.07716",
        load=partial(_data, n // 2),
        closed_form=_from_singular_vectors,
        tags=frozenset({"multimodal", "spectral", "neural-network", "closed-form"}),
    )


def _loss(x: Any, A: Any) -> Any:
    k = A.shape[0]
    return jnp.sum((jnp.outer(x[:k], x[k:]) - A) ** 2) / 2 + _DECAY * jnp.sum(x**2) / 2


def _triples(k: int) -> tuple[Float[np.ndarray, "k k"], Float[np.ndarray, " k"], Float[np.ndarray, "k k"]]:
    """Left vectors as columns, singular values k, ..., 1, right vectors as columns."""
    left = reflect(np.eye(k))
    return left, np.arange(k, 0, -1.0), left.T[:, ::-1].copy()


def _data(k: int) -> Float[np.ndarray, "k k"]:
    left, s, right = _triples(k)
    return (left * s) @ right.T


def _from_singular_vectors(A: Any) -> Any:
    left, s, right = jnp.linalg.svd(A)
    pairs = jnp.sqrt(s - _DECAY)[:, None] * jnp.concatenate([left.T, right], axis=1)
    return jnp.concatenate([pairs, -pairs, jnp.zeros((1, 2 * s.size), A.dtype)])
