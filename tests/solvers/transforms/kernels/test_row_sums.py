"""A sum over rows as one operation: its value and derivatives are those of the written-out sum."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from problems import get
from solvers.linalg.derivatives import sparse_hessian
from solvers.transforms.jaxpr import NoRule
from solvers.transforms.kernels.folding import folded
from solvers.transforms.kernels.kernel_objective import kernel_objective

A = np.random.default_rng(0).standard_normal((40, 3))
Y = np.random.default_rng(1).standard_normal(40)


def least_squares(x, data):
    A, y = data
    return jnp.sum((y - A @ x) ** 2)


def logistic(x, data):
    A, y = data
    return jnp.sum(jax.nn.softplus(A @ x) - (y > 0) * (A @ x)) + 0.5 * jnp.sum(x[1:] ** 2)


def centred(x, data):
    """Data alone are prepared, whatever is done with them; the mean counts the rows."""
    A, y = data
    rank = jnp.argsort(jnp.argsort(y))
    return jnp.mean(jnp.exp(-((rank / 40.0 - jax.nn.sigmoid((A - A.mean(0)) @ x)) ** 2))) * jnp.log1p(x @ x)


def by_number(x, data):
    """The number of a row is a number of it."""
    A, _ = data
    t = jnp.arange(40) / 10.0
    return jnp.sum((x[0] * jnp.exp(-x[1] * t) + x[2] - A[:, 0]) ** 2) / jnp.sum(x**2 + t[:, None])


def in_a_kernel(fn, data):
    """`fn` as a kernel runs it: its data read from arrays, its sums loops."""
    objective = kernel_objective(fn, 3, jnp.float64, data)
    assert objective.rows == 40

    def run(of, x):
        return folded(of, lambda array, place: jnp.asarray(objective.arrays[array])[place])(x)

    return objective, run


@pytest.mark.parametrize("fn", [least_squares, logistic, centred, by_number])
def test_value_gradient_and_hessian_are_those_of_the_written_out_sum(fn):
    data = (A, Y)
    objective, run = in_a_kernel(fn, data)
    x = np.array([0.3, -0.7, 1.1])
    scalars = tuple(map(jnp.float64, x))
    np.testing.assert_allclose(run(objective, scalars), fn(x, data), rtol=1e-13)
    np.testing.assert_allclose(run(jax.grad(objective), scalars), jax.grad(fn)(x, data), rtol=1e-11, atol=1e-12)
    hessian = jax.hessian(fn)(x, data)
    found = run(lambda x: sparse_hessian(objective, x), scalars)
    assert {i for i, _ in found} == {0, 1, 2}
    for (i, j), entry in found.items():
        np.testing.assert_allclose(entry, hessian[i, j], rtol=1e-10, atol=1e-11)


def test_a_hessian_is_one_loop_whatever_the_rows():
    objective, _ = in_a_kernel(least_squares, (A, Y))
    text = str(jax.make_jaxpr(lambda x: sparse_hessian(objective, x))((jnp.float64(1),) * 3))
    assert text.count("row_sum[") <= 3  # the value and the gradient, of which nobody asks for more, and the Hessian


@pytest.mark.parametrize(
    ("fn", "reason"),
    [
        (lambda x, data: jnp.max(data[0] @ x), "reduce_max"),
        (lambda x, data: jnp.sum(jnp.diff(data[0] @ x) ** 2), "too many"),
        (lambda x, data: jnp.sum(jnp.sort(data[0] @ x)), "sort"),
        (lambda x, data: jnp.sum(jnp.cumsum(data[0] @ x)), "too many|cumsum"),
    ],
)
def test_what_sets_rows_against_each_other_is_refused(fn, reason):
    with pytest.raises(NoRule, match=reason):
        kernel_objective(fn, 3, jnp.float64, (np.tile(A, (10, 1)), np.tile(Y, 10)))


def test_data_may_be_traced():
    def at(x, data):
        objective = kernel_objective(least_squares, 3, jnp.float64, data)
        return folded(objective, lambda array, place: objective.arrays[array][place])(tuple(x))

    np.testing.assert_allclose(jax.jit(at)(np.ones(3), (A, Y)), least_squares(np.ones(3), (A, Y)), rtol=1e-13)


def test_more_than_a_hundred_problems_can_be_run_in_a_kernel():
    problem = get("nist-gauss1-s1")
    objective = kernel_objective(problem.fn, problem.dim, jnp.float64, problem.data)
    assert (objective.rows, len(objective.arrays)) == (250, 2)
