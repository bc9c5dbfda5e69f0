"""Elimination without pivoting against LAPACK: right, or in doubt."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from solvers.linalg.quick import MOST_DENSE, try_dense, try_tridiagonal
from solvers.transforms.columns import over_columns
from solvers.transforms.jaxpr import NoRule


def dense(H, b):
    """H [lanes, n, n], b [lanes, n]."""
    p, singular, doubt = jax.jit(over_columns(try_dense))(jnp.asarray(H.transpose(1, 2, 0)), jnp.asarray(b.T))
    assert not singular.any()
    return np.asarray(p).T, np.broadcast_to(doubt, len(H))


def tridiagonal(H, b):
    diagonals = np.diagonal(H, axis1=1, axis2=2), np.diagonal(H, 1, axis1=1, axis2=2)
    above = np.concatenate([diagonals[1], np.zeros((len(H), 1), H.dtype)], axis=1)
    p, _, doubt = jax.jit(over_columns(try_tridiagonal))(*(jnp.asarray(v.T) for v in (diagonals[0], above, b)))
    return np.asarray(p).T, np.asarray(doubt)


def systems(n, lanes=64, band=None):
    generator = np.random.default_rng(n)
    H = generator.standard_normal((lanes, n, n))
    H = H + H.transpose(0, 2, 1)
    if band is not None:
        H *= np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= band
    return H, generator.standard_normal((lanes, n))


@pytest.mark.parametrize(
    ("solve", "n"), [(dense, n) for n in (1, 2, 3, 4, 5, 13)] + [(tridiagonal, n) for n in (2, 3, 4, 51, 200)]
)
def test_indefinite_systems_are_solved_or_in_doubt(solve, n):
    H, b = systems(n, band=1 if solve is tridiagonal else None)
    p, doubt = solve(H, b)
    assert doubt.mean() < 0.05
    expected = np.linalg.solve(H, b[..., None])[..., 0]
    error = np.abs(p - expected).max(axis=1) / np.abs(expected).max(axis=1) / np.linalg.cond(H)
    assert np.median(error) < 1e-14
    assert error[~doubt].max() < 1e-7


@pytest.mark.parametrize("solve", [dense, tridiagonal])
@pytest.mark.parametrize("n", [4, 7])
def test_a_pivot_that_vanishes_is_in_doubt_and_disturbs_no_other_lane(solve, n):
    H, b = systems(n, lanes=3, band=1)
    H += 9 * np.eye(n)
    alone = solve(H, b)[0]
    H[1, 0, 0] = H[1, 1, 1] = H[1, 2, 2] = H[1, 0, 1] = H[1, 1, 0] = 0
    p, doubt = solve(H, b)
    assert doubt.tolist() == [False, True, False]
    np.testing.assert_array_equal(p[[0, 2]], alone[[0, 2]])


@pytest.mark.parametrize(("solve", "broken"), [(dense, np.nan), (dense, np.inf), (tridiagonal, np.nan)])
def test_what_is_not_finite_is_in_doubt(solve, broken):
    H, b = systems(5, lanes=3, band=1)
    H += 9 * np.eye(5)
    H[1, 4, 4] = broken
    assert solve(H, b)[1].tolist() == [False, True, False]


@pytest.mark.parametrize(("dtype", "harmless", "told"), [("float64", 4, 13), ("float32", 2, 6)])
def test_a_small_pivot_costs_digits_and_is_told(dtype, harmless, told):
    """[[e, 1], [1, 1]]: the smaller e, the more digits elimination loses (Golub & Van Loan, section 3.3)."""
    for exponent in (harmless, told):
        H = np.zeros((1, 6, 6), dtype) + np.eye(6, dtype=dtype) * 4
        H[0, 0, 0], H[0, 0, 1], H[0, 1, 0] = 10.0**-exponent, 1, 1
        assert tridiagonal(H, np.ones((1, 6), dtype))[1].tolist() == [exponent == told]


@pytest.mark.parametrize("solve", [dense, tridiagonal])
def test_float32_is_in_no_doubt_for_want_of_digits(solve):
    H, b = (part.astype(np.float32) for part in systems(6, lanes=400, band=1))
    p, doubt = solve(H, b)
    expected = np.linalg.solve(H.astype(float), b[..., None])[..., 0]
    error = np.abs(p - expected).max(axis=1) / np.abs(expected).max(axis=1) / np.linalg.cond(H.astype(float))
    assert doubt.mean() < 0.05
    assert error[~doubt].max() < 3e-4


def test_a_large_dense_system_is_left_to_lapack():
    with pytest.raises(NoRule, match="left to LAPACK"):
        try_dense(jnp.eye(MOST_DENSE + 1), jnp.ones(MOST_DENSE + 1))
