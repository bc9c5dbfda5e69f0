"""Scalar code gives the same function, and its Hessian computes only what can differ from zero."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from solvers.linalg.derivatives import sparse_hessian
from solvers.transforms.jaxpr import NoRule, walk
from solvers.transforms.scalars import RULES, has_long_operations, scalarise
from tests.solvers.helpers import himmelblau, rosenbrock


def kitchen_sink(x):
    """Most of what an objective is made of."""
    A = jnp.arange(9.0).reshape(3, 3)
    total = x @ A @ x + jnp.sum(jnp.cos(x) * jnp.exp(-(x**2))) + jnp.prod(x) + jnp.max(A @ x)
    total += jnp.where(x[0] > 0, x[1], x[2]) ** 2 + jnp.logaddexp(x[0], x[-1]) + jnp.sum(jnp.stack([x, x[::-1]]) ** 3)
    return total + jnp.mean(jnp.concatenate([x[1:], x[:1]]) * x) + jnp.sum(jnp.outer(x, x).T * A)


def taken_apart(x):
    """Unpacking is one primitive since JAX 0.11; a split is one, too."""
    a, b, c = x
    first, rest = jnp.split(jnp.outer(x, x), [1], axis=1)
    for row in rest:
        a += jnp.sin(row[0]) * row[1]
    return a * b**2 - c + jnp.sum(first**3)


@pytest.mark.parametrize(("fn", "n"), [(himmelblau, 2), (rosenbrock, 7), (kitchen_sink, 3), (taken_apart, 3)])
def test_value_gradient_and_hessian_agree_with_the_vector_form(fn, n):
    small = scalarise(fn, n, jnp.float64, most_operations=500)
    ours = [jax.jit(of) for of in (small, jax.grad(small), partial(sparse_hessian, small))]
    theirs = [jax.jit(of) for of in (fn, jax.grad(fn), jax.hessian(fn))]
    for x in np.random.default_rng(0).standard_normal((5, n)):
        scalars = tuple(map(jnp.float64, x))
        value, gradient, entries = (of(scalars) for of in ours)
        expected = [of(x) for of in theirs]
        np.testing.assert_allclose(value, expected[0], rtol=1e-13)
        np.testing.assert_allclose(gradient, expected[1], rtol=1e-12, atol=1e-12)
        H = np.zeros((n, n))
        for (i, j), entry in entries.items():
            H[i, j] = H[j, i] = entry
        np.testing.assert_allclose(H, expected[2], rtol=1e-11, atol=1e-11)


def test_the_hessian_of_rosenbrock_is_found_to_be_tridiagonal():
    entries = jax.eval_shape(lambda x: sparse_hessian(scalarise(rosenbrock, 9, jnp.float64), x), (jnp.float64(1),) * 9)
    assert set(entries) == {(i, j) for i in range(9) for j in (i - 1, i) if j >= 0}


def test_a_large_function_stays_a_vector_function():
    assert scalarise(rosenbrock, 1000, jnp.float64) is None


def test_a_primitive_without_a_rule_is_named_and_the_vector_form_kept():
    assert scalarise(lambda x: jnp.sort(x)[0], 3, jnp.float64) is None
    closed = jax.make_jaxpr(jnp.sort)(jnp.ones(3))
    with pytest.raises(NoRule, match='no rule for the primitive "sort"'):
        walk(closed, RULES.get, np.asarray, [np.array([1.0, 2.0, 3.0], object)])


def test_float32_stays_float32():
    small = scalarise(kitchen_sink, 3, jnp.float32, most_operations=500)
    assert small((jnp.float32(1), jnp.float32(2), jnp.float32(3))).dtype == jnp.float32


@pytest.mark.parametrize(
    ("fn", "expected"),
    [
        (himmelblau, False),
        (lambda x: jnp.sum(x**3) / 3, False),  # a multiplication
        (lambda x: x[0] / x[1], True),
        (lambda x: jnp.linalg.norm(x), True),
        (lambda x: jnp.logaddexp(x[0], x[1]), True),
    ],
)
def test_divisions_and_elementary_functions_are_long(fn, expected):
    assert has_long_operations(scalarise(fn, 2, jnp.float64), tuple(jnp.ones(2))) == expected
