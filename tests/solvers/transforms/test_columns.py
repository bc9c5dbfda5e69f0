"""Lanes on the last axis give what `jax.vmap` gives, through derivatives, recurrences and products."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from problems import get
from solvers.linalg.derivatives import dense_hessian, tridiagonal_hessian
from solvers.transforms.columns import over_columns
from solvers.transforms.jaxpr import NoRule
from solvers.transforms.kernel import apart
from tests.solvers.helpers import himmelblau, rosenbrock

A = np.random.default_rng(0).standard_normal((6, 4))


def recurrence(x):
    """Something of every kind that has a rule."""
    total, path = jax.lax.scan(lambda carry, v: (0.5 * carry + v, carry * v), jnp.zeros(()), x)
    shifted = jnp.concatenate([x[1:], x[:1]]) * jnp.flip(x)
    table = jnp.outer(x, shifted).T + jnp.arange(4.0)
    parts = jnp.sum(table**2) + jnp.prod(x) + jnp.min(path) + jnp.cumsum(x)[2]
    parts += jnp.sum(jnp.split(x, 2)[1]) + jnp.sum(jnp.stack([x, shifted])[1])
    parts += jnp.where(jnp.all(x > 0), x[0], x[1] ** 3) + jnp.sum(jnp.clip(x, -0.5, 0.5))
    parts += apart(lambda x: jnp.sum(jnp.tanh(A @ x)))(x) + jnp.sum(x @ A.T) + x @ shifted
    return total + parts + jnp.sum(jnp.pad(x, (1, 2)).reshape(1, 7)[:, ::2])


def both(fn, lanes):
    return jax.jit(over_columns(fn))(lanes), jax.jit(jax.vmap(fn, in_axes=-1, out_axes=-1))(lanes)


def hessian(fn):
    return lambda x: dense_hessian(fn, x)


@pytest.mark.parametrize("of", [lambda f: f, jax.grad, jax.value_and_grad, hessian], ids=["f", "g", "fg", "H"])
@pytest.mark.parametrize(("fn", "n"), [(recurrence, 4), (rosenbrock, 40), (himmelblau, 2)])
def test_values_and_derivatives_are_those_of_vmap(of, fn, n):
    lanes = jnp.asarray(np.random.default_rng(n).standard_normal((n, 5)))
    ours, theirs = both(of(fn), lanes)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12), ours, theirs)


@pytest.mark.parametrize("name", ["nist-thurber-s1", "regression-n10", "styblinski-tang-n5", "branin"])
def test_problems_with_data_agree(name):
    problem = get(name)
    points = np.random.default_rng(1).uniform(problem.lower, problem.upper, (5, problem.dim)).T
    ours, theirs = both(jax.value_and_grad(lambda x: problem.fn(x, problem.data)), jnp.asarray(points))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9), ours, theirs)


@pytest.mark.parametrize("n", [2, 3, 4, 9, 20])
def test_the_bands_are_those_of_the_whole_hessian(n):
    lanes = jnp.asarray(np.random.default_rng(n).standard_normal((n, 3)))
    diagonal, above = jax.jit(over_columns(lambda x: tridiagonal_hessian(rosenbrock, x)))(lanes)
    for lane in range(3):
        H = jax.hessian(rosenbrock)(lanes[:, lane])
        np.testing.assert_allclose(diagonal[:, lane], jnp.diag(H), rtol=1e-13)
        np.testing.assert_allclose(above[:-1, lane], jnp.diag(H, 1), rtol=1e-13)
    assert not above[-1].any()


def test_what_no_lane_changes_is_computed_once():
    text = str(jax.make_jaxpr(over_columns(lambda x: x * jnp.sum(jnp.exp(jnp.arange(3.0)))))(jnp.ones((4, 7))))
    assert "exp" in text
    assert "f64[3,7] = exp" not in text


@pytest.mark.parametrize("length", [1, 2, 15, 16, 17, 50, 257])
def test_sums_along_the_vector_have_all_terms(length):
    lanes = jnp.asarray(np.random.default_rng(0).integers(-9, 9, (length, 3)).astype(float))
    np.testing.assert_array_equal(over_columns(jnp.sum)(lanes), lanes.sum(axis=0))
    np.testing.assert_array_equal(over_columns(jnp.max)(lanes), lanes.max(axis=0))


@pytest.mark.parametrize("shape", [(5, 3), (40, 3), (60, 40)])
def test_products_with_a_matrix_written_out_or_by_a_library(shape):
    matrix = np.random.default_rng(0).standard_normal(shape)
    vectors, others = (np.random.default_rng(1).standard_normal((n, 7)) for n in shape[::-1])
    np.testing.assert_allclose(over_columns(lambda x: matrix @ x)(vectors), matrix @ vectors, rtol=1e-12)
    np.testing.assert_allclose(over_columns(lambda x: x @ matrix)(others), matrix.T @ others, rtol=1e-12)
    tables = np.random.default_rng(2).standard_normal((2, shape[1], 7))
    expected = np.einsum("ij,kjl->kil", matrix, tables)
    np.testing.assert_allclose(over_columns(lambda x: x @ matrix.T)(tables), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "fn",
    [
        lambda x: jnp.sort(x)[0],
        lambda x: jnp.sum(jnp.outer(x, x) @ jnp.outer(x, x)),
        lambda x: jax.lax.bitcast_convert_type(x, jnp.int8)[0, 0],
    ],
)
def test_an_operation_without_a_rule_is_refused(fn):
    with pytest.raises(NoRule, match="lanes on the last axis"):
        over_columns(fn)(jnp.ones((3, 2)))
