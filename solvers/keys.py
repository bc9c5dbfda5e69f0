"""A random key for every lane: of the run and the lane's start, so that it is the same wherever a batch is cut."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt


def lane_key(key: Any, start: Float[Array, " n"]) -> Array:
    """The key of the lane with this start, whatever its place in the batch."""
    words = jax.lax.bitcast_convert_type(start, jnp.uint32).reshape(-1)
    # Odd numbers without order (Knuth's multiplicative hashing): no two starts are likely to have the same sum.
    odd = (2 * np.arange(words.size, dtype=np.uint32) + 1) * np.uint32(2654435769)
    run = as_key(jnp.asarray(key, jnp.uint32))
    return jax.random.fold_in(run, jnp.sum(words * odd, dtype=jnp.uint32))


def as_key(words: UInt[Array, " 2"]) -> Array:
    """A key of two words, whatever generator JAX is set to use elsewhere."""
    return jax.random.wrap_key_data(words, impl="threefry2x32")
