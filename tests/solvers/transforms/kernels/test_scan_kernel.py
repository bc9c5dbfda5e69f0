"""A recurrence in one kernel, run operation by operation on the CPU, gives what JAX's own scan gives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from solvers.linalg.quick import try_tridiagonal
from solvers.transforms.columns import over_columns
from solvers.transforms.kernels.pallas import interpreting
from solvers.transforms.target import made_for


def in_kernel(fn, *lanes):
    """What `fn` of one lane gives with kernels, and how many of its scans became one."""
    with interpreting():
        made = jax.make_jaxpr(over_columns(fn))(*lanes)
        results = jax.jit(over_columns(fn))(*lanes)
    return results, str(made).count("pallas_call")


def same(ours, theirs):
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)


@pytest.mark.parametrize("width", [1, 128, 301])
def test_a_tridiagonal_system_takes_two_kernels_and_has_the_same_solution(width):
    generator = np.random.default_rng(width)
    diagonal, above, b = generator.normal(3, 0.1, (9, width)), *generator.normal(0, 1, (2, 9, width))
    above[-1] = 0
    diagonal[0, 0], b[3, width // 2] = 0, np.nan  # no pivot here, no number there
    ours, kernels = in_kernel(try_tridiagonal, diagonal, above, b)
    assert kernels == 2
    same(ours, jax.jit(over_columns(try_tridiagonal))(diagonal, above, b))


@pytest.mark.parametrize("of", [lambda f: f, jax.grad], ids=["f", "g"])
def test_what_all_lanes_share_and_derivatives(of):
    rate = jnp.float32(0.3)

    def logistic_map(x):
        first = x[0]
        carry, path = lax.scan(lambda y, v: (rate * y * (1 - y) + v * first, y > 0), jnp.tanh(x[1]), x, reverse=True)
        return carry + jnp.sum(path)

    lanes = np.random.default_rng(0).standard_normal((5, 33)).astype(np.float32)
    ours, kernels = in_kernel(of(logistic_map), lanes)
    assert kernels
    theirs = jax.jit(jax.vmap(of(logistic_map), in_axes=-1, out_axes=-1))(lanes)
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("body", "begin"),
    [(lambda y, v: (lax.lgamma(y) + v, y), lambda x: x[0]), (lambda y, v: (v * y, y[0]), lambda x: x[:2])],
    ids=["no code for it", "a vector is carried"],
)
def test_what_a_kernel_cannot_do_stays_a_scan(body, begin):
    def fn(x):
        return jnp.sum(lax.scan(body, begin(x), x)[0])

    lanes = np.random.default_rng(0).uniform(1, 2, (4, 5))
    ours, kernels = in_kernel(fn, lanes)
    assert not kernels
    np.testing.assert_allclose(ours, jax.vmap(fn, in_axes=-1)(lanes), rtol=1e-12)


def test_a_cpu_makes_none():
    with made_for("cpu"):
        sums = over_columns(lambda x: jnp.sum(lax.scan(lambda y, v: (y + v, y), x[0], x)[1]))
        made = jax.make_jaxpr(sums)(np.ones((3, 2)))
    assert "pallas_call" not in str(made)


def test_a_scan_of_no_rows_hands_on_what_it_was_given():
    lanes = np.random.default_rng(0).standard_normal((3, 5))
    ours, kernels = in_kernel(lambda x: lax.scan(lambda y, v: (y + v, y), x[0], x[:0])[0], lanes)
    assert not kernels
    np.testing.assert_array_equal(ours, lanes[0])
