"""A loop as one piece of code: the same numbers, and only of what the compiler can put there."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from solvers.transforms.columns import over_columns
from solvers.transforms.one_kernel import in_one_kernel
from tests.solvers.helpers import rosenbrock

N, LANES = 6, 20
MARK = "xla_cpu_small_call"
CALIBRATION = np.linspace(0, 1, 1251)


def ten_times(step):
    """A loop over all lanes."""
    return lambda x: jax.lax.fori_loop(0, 10, lambda _, x: over_columns(step)(x), x)


def descent(x):
    return x - 1e-3 * jax.grad(rosenbrock)(x)


def until_small(x):
    """A loop that looks, and a branch."""
    halved = jax.lax.while_loop(lambda x: jnp.any(jnp.abs(x) > 1e-3), lambda x: x / 2, x)
    return jax.lax.cond(jnp.any(halved < 0), jnp.exp, jnp.tanh, halved)


@pytest.mark.parametrize("loop", [ten_times(descent), until_small], ids=["descent", "until_small"])
def test_one_piece_of_code_gives_the_same_numbers(loop):
    x = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (N, LANES)))
    assert MARK in jax.jit(in_one_kernel(loop)).lower(x).as_text()
    np.testing.assert_allclose(jax.jit(in_one_kernel(loop))(x), jax.jit(loop)(x), rtol=1e-13)


@pytest.mark.parametrize(
    "loop",
    [
        ten_times(lambda x: x - jnp.outer(jnp.ones(50), jnp.ones(N))[:N] @ jnp.ones((N, 1))[:, 0]),
        lambda x: jnp.linalg.solve(jnp.eye(N) * 2, x),
        lambda x: x + jnp.sum(jnp.sin(CALIBRATION)),
        ten_times(lambda x: sum((x - k) ** 2 for k in range(400))),
    ],
    ids=["a product of matrices", "a library", "a long constant", "too long"],
)
def test_what_does_not_fit_is_compiled_as_ever(loop):
    x = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (N, LANES)))
    assert MARK not in jax.jit(in_one_kernel(loop)).lower(x).as_text()
    np.testing.assert_allclose(jax.jit(in_one_kernel(loop))(x), jax.jit(loop)(x), rtol=1e-13)
