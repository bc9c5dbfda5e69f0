"""All results of a step in one loop over the lanes, bit for bit those of `jax.vmap`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from solvers.engine.forms import BATCH_FIRST, BATCH_LAST
from solvers.transforms.kernel import chosen, together
from solvers.transforms.version import ONE_PASS, compiler_options

NUMBERS = st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=False)
TWO = np.float64(2)


def step(x, counts):
    """Ten results of three dtypes, one of them an input, with a division that they share."""
    a, b = x
    ratio = a / b
    one = (ratio + a, ratio - b, ratio * a, ratio * b, jnp.where(a > b, a, -b))
    return {"x": one, "kept": b, "which": a > b, "count": counts + 1, "whole": jnp.floor(a), "none": -a * 0}


APART, AT_ONCE = jax.jit(jax.vmap(step)), jax.jit(together(step))


@settings(max_examples=100, deadline=None)
@given(a=arrays(float, 24, elements=NUMBERS), b=arrays(float, 24, elements=NUMBERS))
def test_results_are_those_of_vmap_to_the_last_bit(a, b):
    lanes = (jnp.asarray(a), jnp.asarray(b)), jnp.arange(24, dtype=jnp.int32)
    apart, at_once = APART(*lanes), AT_ONCE(*lanes)
    assert jax.tree.structure(apart) == jax.tree.structure(at_once)
    for one, other in zip(jax.tree.leaves(apart), jax.tree.leaves(at_once), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)  # NaN equals NaN here
        np.testing.assert_array_equal(np.signbit(one), np.signbit(other))


def trips(map_of):
    """A loop with ten results a trip."""

    def trip(*x):
        centre = sum(x) * 0.1
        return tuple(x[i] - 0.1 * (x[i] - centre) * x[i - 1] for i in range(10))

    return lambda x: jax.lax.fori_loop(0, 50, lambda _, x: map_of(trip)(*x), x)


def test_ten_results_are_one_loop():
    if jax.default_backend() != "cpu":
        pytest.skip("other backends fuse by themselves")
    if not ONE_PASS:
        pytest.skip("not made of this version of JAX: solvers.transforms.version")
    x = (jnp.ones(64),) * 10
    jax.config.update("jax_disable_most_optimizations", False)
    try:
        text = jax.jit(trips(together), compiler_options=compiler_options()).lower(x).compile().as_text()
    finally:
        jax.config.update("jax_disable_most_optimizations", True)
    of_lanes = [line for line in text.splitlines() if " fusion(" in line and "f64[64]" in line.split(" fusion(")[0]]
    assert len(of_lanes) == 1, of_lanes


@pytest.mark.parametrize(
    "fn",
    [
        lambda x, y: (jax.lax.cond(x > y, jnp.sin, jnp.cos, x), y + 1, x - 1),
        lambda x, y: (jnp.linalg.solve(jnp.eye(2) * (2 + x), jnp.stack([x, y]))[0], x + y),
        lambda x, y: (x, y),
        lambda x, y: (x * y, x),
        lambda x, y: (TWO, x, y + TWO, x * TWO),
        lambda x, y: (x + y, (x - y).astype(jnp.float32), x > y),
    ],
)
def test_what_does_not_fit_into_one_loop_is_right_too(fn):
    lanes = jnp.linspace(0.5, 2, 16), jnp.linspace(1, 3, 16)
    jax.tree.map(np.testing.assert_array_equal, jax.jit(together(fn))(*lanes), jax.jit(jax.vmap(fn))(*lanes))


def test_arrays_of_the_surroundings_may_be_used():
    weights, x = jnp.arange(3.0), jnp.linspace(-1, 1, 8)
    fn = lambda scale: together(lambda x: (scale * x + weights[1], x * weights[2]))(x)  # noqa: E731
    first, second = jax.jit(fn)(2.0)
    np.testing.assert_array_equal(first, 2 * x + 1)
    np.testing.assert_array_equal(second, 2 * x)


@pytest.mark.parametrize("form", [BATCH_LAST, BATCH_FIRST])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_choice_between_vectors_keeps_every_bit(form, dtype):
    odd = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, np.pi, -2.5], dtype)
    new, old = np.repeat(odd, 8), np.tile(odd, 8)
    lanes = [np.stack([pair, pair], axis=0 if form.axis else 1) for pair in (new, old)]
    which = np.arange(64) % 3 == 0
    got = np.asarray(jax.jit(form.each(chosen))(which, *lanes))
    wide = which if form.axis else which[:, None]
    np.testing.assert_array_equal(got.view(f"i{odd.itemsize}"), np.where(wide, *lanes).view(f"i{odd.itemsize}"))
