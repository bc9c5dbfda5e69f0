"""The straight-line elimination against LAPACK, on the matrices that break it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from solvers.linalg.linear import solve_by_selects, solve_dense, solve_in_block, solve_sparse
from solvers.linalg.sparse import try_sparse


def symmetric(n, lanes=50, band=None):
    generator = np.random.default_rng(n)
    H = generator.standard_normal((lanes, n, n))
    H = H + H.transpose(0, 2, 1)
    if band is not None:
        H *= np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= band
    return H, generator.standard_normal((lanes, n))


def sparse(H, b):
    """H [lanes, n, n] given by those entries of the lower triangle that are not all zero; what is in doubt by LU."""
    n = b.shape[1]
    entries = {(i, j): H[:, i, j] for i in range(n) for j in range(i + 1) if H[:, i, j].any()}

    def solve(H, b):
        *quick, doubt = try_sparse(H, b)
        return jax.tree.map(lambda quick, sure: jnp.where(doubt, sure, quick), tuple(quick), solve_sparse(H, b)), doubt

    (p, singular), doubt = jax.jit(jax.vmap(solve))(entries, tuple(b.T))
    return np.stack(p, axis=1), np.asarray(singular), np.asarray(doubt)


def relative_error(H, b, p):
    expected = np.linalg.solve(H, b[..., None])[..., 0]
    return np.abs(p - expected).max(axis=1) / np.abs(expected).max(axis=1) / np.linalg.cond(H)


@pytest.mark.parametrize(("n", "band"), [(1, None), (2, None), (3, None), (6, None), (12, None), (9, 1), (20, 2)])
def test_indefinite_matrices(n, band):
    H, b = symmetric(n, band=band)
    p, singular, _ = sparse(H, b)
    # Without pivoting a lane may lose digits to a small pivot, but never more than the residual test allows.
    assert np.median(relative_error(H, b, p)) < 1e-14
    assert relative_error(H, b, p).max() < 1e-7
    assert not singular.any()


def test_a_zero_pivot_is_solved_again_with_pivoting():
    H = np.tile(np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]]), (40, 1, 1))
    b = np.random.default_rng(0).standard_normal((40, 3))
    H[::2] += np.eye(3) * 9  # every other lane needs no pivot
    p, singular, doubt = sparse(H, b)
    assert doubt.tolist() == [False, True] * 20
    np.testing.assert_allclose(p, np.linalg.solve(H, b[..., None])[..., 0], rtol=1e-13)
    assert not singular.any()


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_singular_matrix_is_named_beside_regular_ones(n):
    H, b = symmetric(n, lanes=4)
    H[1] = 0
    H[2] = np.ones((n, n)) if n > 1 else 0
    p, singular, _ = sparse(H, b)
    assert singular.tolist() == [False, True, True, False]
    assert np.isfinite(p[[0, 3]]).all()
    assert bool(solve_dense(jnp.zeros((n, n)), jnp.ones(n))[1])


@pytest.mark.parametrize(("n", "band"), [(3, None), (6, None), (9, 1)])
def test_float32_is_in_no_doubt_for_want_of_digits(n, band):
    H, b = (part.astype(np.float32) for part in symmetric(n, lanes=400, band=band))
    p, _, doubt = sparse(H, b)
    assert doubt.mean() < 0.02
    assert relative_error(H.astype(float), b, p)[~doubt].max() < 3e-4


def entries(H):
    return {(i, j): H[:, i, j] for i in range(H.shape[1]) for j in range(i + 1) if H[:, i, j].any()}


@pytest.mark.parametrize("solve", [solve_by_selects, solve_in_block])
@pytest.mark.parametrize(
    ("n", "band"), [(1, None), (2, None), (3, None), pytest.param(7, None, marks=pytest.mark.heavy), (9, 1)]
)
def test_what_kernels_solve_with_pivots_each_lane_its_own(solve, n, band):
    H, b = symmetric(n, lanes=300, band=band)
    if n > 2:
        H[::3, 0, 0] = H[::3, 1, 1] = 0
        H[1] = 0
    p, singular = jax.jit(jax.vmap(solve))(entries(H), tuple(b.T))
    regular = np.linalg.cond(H) < 1e12
    assert (~np.asarray(singular))[regular].all()
    error = relative_error(H[regular], b[regular], np.stack(p, axis=1)[regular])
    assert np.median(error) < 1e-14
    assert error.max() < 1e-7
    assert n <= 2 or bool(singular[1])
