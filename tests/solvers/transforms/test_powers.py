"""Powers of a fixed base."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from solvers.transforms.powers import with_quick_powers


@pytest.mark.parametrize("base", [0.9, 0.999, 1.5])
def test_integer_powers_of_a_constant_agree_with_numpy(base):
    k = jnp.arange(1, 1500)
    ours = jax.jit(jax.vmap(with_quick_powers(lambda k: 1 - base**k)))(k)
    np.testing.assert_allclose(ours, 1 - base ** np.arange(1.0, 1500.0), rtol=1e-12)


def test_other_powers_are_left_alone():
    def fn(x, k):
        return {"of x": x**k, "negative": (-0.5) ** k, "real": 0.5**x, "none": x * 2}

    x, k = jnp.array([0.5, 2.0]), jnp.array([3, 4])
    ours, plain = jax.jit(jax.vmap(with_quick_powers(fn)))(x, k), jax.jit(jax.vmap(fn))(x, k)
    for name in plain:
        np.testing.assert_array_equal(ours[name], plain[name])
