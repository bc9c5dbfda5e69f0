"""A method must not end where the function has no value."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from solvers.transforms.domain import gradient_tells


@pytest.mark.parametrize(
    "fn",
    [
        lambda x: jnp.sum((x[1:] - x[:-1] ** 2) ** 2),
        lambda x: jnp.sum(jnp.sqrt(x) / x),  # the derivative of a square root lacks a value with it
        lambda x: jnp.sum(jnp.sin(x) * jnp.exp(-x) + jnp.tanh(x)),
    ],
)
def test_the_value_is_not_needed_where_the_gradient_tells(fn):
    assert gradient_tells(fn, jnp.ones(3))


@pytest.mark.parametrize(
    "fn",
    [
        lambda x: jnp.sum(x * jnp.log(x)),  # its derivative 1/x + ... is there for x < 0
        lambda x: jnp.sum(jnp.log1p(x)),
        lambda x: jnp.sum(jnp.where(x > 0, x, jnp.nan)),  # what a selection means is not known
        lambda x: jnp.sum(x**2 + jnp.sign(jnp.sqrt(x))),  # the derivative of a sign is 0 whatever it is of
        lambda x: jnp.sum(x**2 + jax.lax.stop_gradient(jnp.sqrt(x))),
        lambda x: jnp.linalg.slogdet(jnp.diag(x))[1],
    ],
)
def test_the_value_is_needed_where_it_may_be_missing_alone(fn):
    assert not gradient_tells(fn, jnp.ones(3))


@pytest.mark.parametrize(
    "fn", [lambda x: jnp.sum(jnp.sqrt(x)), lambda x: jnp.maximum(jnp.sqrt(x[0]), x[1]), lambda x: x[1] / (x[0] + 1)]
)
def test_a_gradient_that_tells_is_not_finite_where_there_is_no_value(fn):
    x = jnp.array([-1.0, 0.5])
    assert not np.isfinite(fn(x))
    assert not np.isfinite(jax.grad(fn)(x)).all()
