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
ONCE = [name for name in NAMES if not name.endswith("-s2")]
WITH_POINTS = [name for name in ONCE if get(name).truth.points is not None]

# minima, saddles, maxima: the published counts.
COUNTS = {
    "himmelblau": (4, 4, 1),
    "six-hump-camel": (6, 7, 2),
    "beale": (1, 2, 0),
    "branin": (3, 2, 0),
    "styblinski-tang-n2": (4, 4, 1),
    "styblinski-tang-n5": (32, 210, 1),
    "rastrigin-n2": (121, 220, 100),
    "egg-crate-n2": (9, 24, 16),
    "goldstein-price": (4, 4, 1),
    "mccormick": (2, 1, 0),
    "three-hump-camel": (3, 2, 0),
    "two-cubics": (9, 9, 1),
    "localisation": (2, 1, 0),
    "deep-linear-n3": (5, 4, 0),
    "deep-linear-n5": (17, 16, 0),
    "linear-network-n4": (2, 3, 0),
    "linear-network-n8": (2, 7, 0),
    "rosenbrock-n4": (2, 1, 0),
    "rosenbrock-n6": (2, 1, 0),
    "rayleigh-n3": (2, 4, 0),
    "rayleigh-n10": (2, 18, 0),
    "low-rank-n3": (2, 3, 0),
    "low-rank-n6": (2, 9, 0),
    "low-rank-n10": (2, 17, 0),
}


STEP = 1e-5


def middle(problem):
    """The start, or a point of the box without symmetry."""
    share = np.random.default_rng(7).uniform(0.25, 0.75, problem.dim)
    return problem.lower + share * (problem.upper - problem.lower) if problem.start is None else problem.start


def direction(problem):
    size = np.minimum(problem.upper - problem.lower, np.maximum(np.abs(middle(problem)), 0.1))
    return size * np.random.default_rng(1).standard_normal(problem.dim)


@cache
def derivatives(name):
    """F, gradient and Hessian at the start, a step to either side of it, and at the known points: compiled once."""
    problem = get(name)
    x, aside = middle(problem), STEP * direction(problem)
    known = problem.truth.points if problem.truth.points is not None else np.zeros((0, problem.dim))
    points = np.vstack([x, x + aside, x - aside, known])

    def both(x, data):
        return *jax.value_and_grad(problem.fn)(x, data), jax.hessian(problem.fn)(x, data)

    compiled = jax.jit(jax.vmap(both if problem.dim <= 1000 else lambda *at: (*both(*at)[:2], 0.0), in_axes=(0, None)))
    return [np.asarray(part) for part in compiled(points, problem.data)]


def at_known_points(name):
    return [part[3:] for part in derivatives(name)]


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


@pytest.mark.parametrize("name", ONCE)
def test_derivatives_are_finite_and_agree_with_differences(name):
    """The gradient along a line against differences of f, the Hessian against differences of the gradient."""
    problem = get(name)
    f, g, H = (part[:3] for part in derivatives(name))
    assert np.isfinite(f).all()
    assert np.isfinite(g).all()
    assert np.isfinite(H).all()
    along = direction(problem)
    noise = 1e-14 * np.abs(f).max() / STEP
    np.testing.assert_allclose((f[1] - f[2]) / (2 * STEP), g[0] @ along, rtol=1e-4, atol=noise + 1e-6 * np.abs(f[0]))
    if H.ndim == 3:
        size = np.abs(H[0]) @ np.abs(along) + np.abs(g).max(axis=0) * 1e-8 / STEP
        assert (np.abs((g[1] - g[2]) / (2 * STEP) - H[0] @ along) <= 1e-3 * size + 1e-12).all()


@pytest.mark.heavy
@pytest.mark.parametrize("name", [name for name in ONCE if get(name).dim <= 100])
def test_in_float32_everything_is_float32_and_finite(name):
    problem = get(name)
    data = jax.tree.map(lambda leaf: leaf.astype("float32") if leaf.dtype == np.float64 else leaf, problem.data)
    both = jax.jit(lambda x, data: (*jax.value_and_grad(problem.fn)(x, data), jax.hessian(problem.fn)(x, data)))
    for result in both(jnp.asarray(middle(problem), "float32"), data):
        assert result.dtype == "float32"
        assert np.isfinite(result).all()


@pytest.mark.parametrize("name", [name for name in ONCE if get(name).bandwidth is not None])
def test_a_stated_bandwidth_is_true(name):
    """By probing: the Hessian at the start has nothing beyond it, and something on its edge."""
    H = derivatives(name)[2][0]
    distance = np.abs(np.subtract.outer(np.arange(len(H)), np.arange(len(H))))
    width = get(name).bandwidth
    assert np.abs(H[distance > width]).max(initial=0) == 0
    assert np.abs(H[distance == width]).max() > 0


@pytest.mark.parametrize("name", ["himmelblau", "nist-misra1a-s1", "mgh-bard", "quadratic-n10"])
def test_data_is_no_constant_of_the_kernel(name):
    """With other data the same program gives another value: nothing was closed over."""
    problem = get(name)
    compiled = jax.jit(problem.fn).lower(middle(problem), problem.data).compile()
    other = jax.tree.map(lambda leaf: leaf * 1.5, problem.data)
    if jax.tree.leaves(problem.data):
        assert compiled(middle(problem), other) != compiled(middle(problem), problem.data)
