"""Is f on a sample an estimate of f: pure, of the right shapes, and unbiased as far as many samples tell?"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from problems.problem import Problem
from problems.stochastic.minibatch import share_of_rows

_KEYS = 512
_ERRORS = 6.0
"""Standard errors of the mean over the samples within which it must be f: an honest problem fails once in 1e9."""


def sample_complaint(problem: Problem, x: Float[np.ndarray, " n"]) -> str | None:
    """What is wrong with the samples of a problem that has some, by f and its gradient at x; None if nothing is."""
    assert problem.sample is not None
    try:
        share_of_rows(problem.sample, problem.data)
    except ValueError as wrong:
        return str(wrong)
    once, again = (problem.sample(jax.random.key(1), problem.data) for _ in range(2))
    if not all(np.array_equal(*pair) for pair in zip(*map(jax.tree.leaves, (once, again)), strict=True)):
        return "it makes other samples of the same key; draw from the key alone"
    # The slope in one direction: a bias of the gradient that is none in a random direction is rare.
    along = np.random.default_rng(0).standard_normal(problem.dim)
    for what, values in zip(("f", "its slope"), _estimates(problem, x, along), strict=True):
        whole, of_samples = values[0], values[1:]
        mean, error = of_samples.mean(), of_samples.std() / np.sqrt(_KEYS)
        if not abs(mean - whole) <= _ERRORS * error + 1e-9 * max(1.0, abs(whole)):
            return f"{what} is {whole:.6g}, and its mean over {_KEYS} samples {mean:.6g} +- {error:.1g}: it is biased"
    return None


def _estimates(problem: Problem, x: np.ndarray, along: np.ndarray) -> Float[np.ndarray, "2 1+keys"]:
    """F and its slope at x: on all data, then on every sample."""

    @jax.jit
    def estimates(data: object, x: Array) -> Array:
        def both(data: object) -> Array:
            return jnp.stack(jax.jvp(lambda x: problem.fn(x, data), (x,), (jnp.asarray(along, x.dtype),)))

        keys = jax.random.split(jax.random.key(0), _KEYS)
        samples = jax.lax.map(lambda key: both(problem.sample(key, data)), keys)  # type: ignore[misc]
        return jnp.concatenate([both(data)[None], samples]).T

    return np.asarray(estimates(jax.tree.map(jnp.asarray, problem.data), jnp.asarray(x)))
