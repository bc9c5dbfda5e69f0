"""Newton against theory and against SciPy."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from solvers import Status
from solvers.methods.newton import Newton
from tests.solvers.helpers import himmelblau, rosenbrock, run


def test_one_step_on_a_quadratic():
    A = np.array([[3.0, 1.0, 0.0], [1.0, -2.0, 0.5], [0.0, 0.5, 1.0]])  # indefinite: a saddle
    b = np.array([1.0, 2.0, 3.0])
    solution = run(Newton(), lambda x: 0.5 * x @ A @ x - b @ x, [[5.0], [5.0], [5.0]])
    assert solution.steps[0] == 1
    np.testing.assert_allclose(solution.x[:, 0], np.linalg.solve(A, b), rtol=1e-13)


def test_error_is_squared_by_each_step():
    errors = [abs(run(Newton(), lambda x: jnp.sum(jnp.exp(x) - x), [[1.0]], max_steps=k).x[0, 0]) for k in range(1, 5)]
    # For e^x - x the error constant is f'''/(2 f'') = 1/2 at the root 0.
    ratios = [after / before**2 for before, after in pairwise(errors)]
    assert ratios == pytest.approx([0.5] * len(ratios), rel=0.25)


@pytest.mark.parametrize("n", [3, 4, 14, 30])
def test_structure_changes_the_cost_and_not_the_steps(n):
    starts = np.random.default_rng(n).uniform(-2, 2, (n, 5))
    told, untold = (run(method, rosenbrock, starts, max_steps=4) for method in (Newton(bandwidth=1), Newton()))
    np.testing.assert_allclose(told.x, untold.x, rtol=1e-8)
    np.testing.assert_array_equal(told.status, untold.status)


def test_ends_where_scipy_ends_from_a_grid():
    grid = np.stack([axis.ravel() for axis in np.meshgrid(np.linspace(-4.7, 4.6, 7), np.linspace(-4.4, 4.8, 7))])
    ours = run(Newton(), himmelblau, grid)
    converged = ours.status == Status.CONVERGED
    assert converged.mean() > 0.9
    gradient, hessian = jax.jit(jax.grad(himmelblau)), jax.jit(jax.hessian(himmelblau))
    for x in ours.x.T[converged]:
        # From our end SciPy finds nothing left to do.
        np.testing.assert_allclose(scipy.optimize.root(gradient, x, jac=hessian).x, x, rtol=1e-9, atol=1e-9)
