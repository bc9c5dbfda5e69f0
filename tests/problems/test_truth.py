"""Every stated answer is checked: value, gradient and kind at each known point, of every entry."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import problems
from problems import get

NAMES = problems.names()
# A second start of NIST's shares function and truth with the first.
WITH_POINTS = [name for name in NAMES if get(name).truth.points is not None and not name.endswith("-s2")]
SMALL = [name for name in NAMES if get(name).dim <= 100]

# minima, saddles, maxima: the published counts.
COUNTS = {
    "himmelblau": (4, 4, 1),
    "six-hump-camel": (6, 7, 2),
    "beale": (1, 2, 0),
    "branin": (3, 2, 0),
    "styblinski-tang-n2": (4, 4, 1),
    "styblinski-tang-n5": (32, 210, 1),
    "rastrigin-n2": (121, 220, 100),
}


@cache
def at_known_points(name):
    """F, gradient and Hessian at the known points: compiled once for the tests that read them."""
    problem = get(name)

    def derivatives(x):
        fn = lambda x: problem.fn(x, problem.data)  # noqa: E731
        return *jax.value_and_grad(fn)(x), jax.hessian(fn)(x)

    return [np.asarray(part) for part in jax.jit(jax.vmap(derivatives))(problem.truth.points)]


@pytest.mark.parametrize("name", NAMES)
def test_the_record_is_consistent(name):
    problem = get(name)
    assert problem.name == name
    assert problem.lower.shape == problem.upper.shape == (problem.dim,)
    assert (problem.lower < problem.upper).all()
    assert problem.truth.source
    assert problem.reference
    if problem.start is not None:
        assert problem.start.shape == (problem.dim,)
        assert ((problem.lower <= problem.start) & (problem.start <= problem.upper)).all()
    if problem.truth.points is not None:
        inside = (problem.truth.points >= problem.lower) & (problem.truth.points <= problem.upper)
        # A nonlinear NIST box surrounds the published start, not the answer.
        assert inside.all() or "nist" in problem.tags
    assert (problem.truth.standing == "unknown") == (problem.truth.minimum is None)


@pytest.mark.parametrize("name", WITH_POINTS)
def test_known_answers_hold(name):
    """The minimum is taken at the minimisers, all of them known points, where the gradient vanishes."""
    problem, truth = get(name), get(name).truth
    values, slopes, H = at_known_points(name)
    lowest = (truth.points[:, None] == truth.minimisers).all(axis=2).any(axis=1)
    assert lowest.sum() == len(truth.minimisers)
    # NIST's parameters are printed to 11 or 15 digits, and float64 cancels: on Filip terms of 1e5 sum up to 1.
    scale = float(jnp.sum(problem.data[1] ** 2)) * 1e-12 if "nist" in problem.tags else 0.0
    np.testing.assert_allclose(values[lowest], truth.minimum, rtol=1e-9, atol=scale + 1e-12)
    if truth.complete:
        assert (values >= truth.minimum - scale - 1e-12 * max(1, abs(truth.minimum))).all()
    # An error of the stated digits in x moves the gradient by |H| |x| 10^-digits: nothing beyond that is allowed.
    allowed = np.einsum("pij,pj->pi", np.abs(H), np.abs(truth.points)) * 10.0 ** -(truth.digits - 1)
    assert (np.abs(slopes) <= allowed + 1e-10).all()


@pytest.mark.parametrize(("name", "counts"), COUNTS.items())
def test_the_kinds_of_the_complete_lists_are_the_published_ones(name, counts):
    problem = get(name)
    assert problem.truth.complete
    eigenvalues = np.linalg.eigvalsh(at_known_points(name)[2])
    positive = (eigenvalues > 0).sum(axis=1)
    minima, maxima = int((positive == problem.dim).sum()), int((positive == 0).sum())
    assert (minima, len(positive) - minima - maxima, maxima) == counts
    distances = np.linalg.norm(problem.truth.points[:, None] - problem.truth.points, axis=2)
    assert distances[~np.eye(len(positive), dtype=bool)].min() > 1e-3  # no point is listed twice


@pytest.mark.parametrize("name", [name for name in NAMES if get(name).truth.standing == "proved"])
def test_f_is_nowhere_below_a_proved_minimum(name):
    problem = get(name)
    lanes = 200 if problem.dim > 100 else 10_000
    x = np.random.default_rng(0).uniform(problem.lower, problem.upper, (lanes, problem.dim))
    values = jax.jit(jax.vmap(lambda x: problem.fn(x, problem.data)))(x)
    assert values.min() >= problem.truth.minimum - 1e-12 * max(1, abs(problem.truth.minimum))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SMALL)
def test_value_gradient_and_hessian_are_finite_and_keep_their_dtype(name, dtype):
    problem = get(name)
    data = jax.tree.map(lambda leaf: leaf.astype(dtype) if leaf.dtype == np.float64 else leaf, problem.data)
    x = jnp.asarray(middle(problem), dtype)
    derivatives = jax.jit(lambda x, data: (*jax.value_and_grad(problem.fn)(x, data), jax.hessian(problem.fn)(x, data)))
    for result in derivatives(x, data):
        assert result.dtype == dtype
        assert np.isfinite(result).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_the_slope(name):
    problem = get(name)
    fn = jax.jit(jax.value_and_grad(lambda x: problem.fn(x, problem.data)))
    x = middle(problem)
    direction = (problem.upper - problem.lower) * np.random.default_rng(1).standard_normal(problem.dim)
    h = 1e-5
    value, gradient = fn(x)
    slope = (fn(x + h * direction)[0] - fn(x - h * direction)[0]) / (2 * h)
    noise = 1e-15 * abs(value) / h
    np.testing.assert_allclose(slope, gradient @ direction, rtol=1e-4, atol=10 * noise + 1e-6 * abs(value))


def middle(problem):
    return (problem.lower + 0.9 * problem.upper) / 2 if problem.start is None else problem.start
