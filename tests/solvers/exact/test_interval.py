"""Interval arithmetic encloses: every operation against 40 digits, and whole expressions against exact algebra."""

from functools import cache

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax, nn

from problems import Problem, Truth, get
from solvers.exact.algebra import expression
from solvers.exact.certified import interval
from solvers.exact.certified.enclosures import derivatives
from solvers.exact.certified.interval import ULPS, Interval

WIDE, POSITIVE = (-700.0, 700.0), (1e-300, 1e300)
# jax's function, 40 digits, where it is sampled
FUNCTIONS = {
    "sqrt": (jnp.sqrt, mp.sqrt, POSITIVE),
    "rsqrt": (lax.rsqrt, lambda x: 1 / mp.sqrt(x), POSITIVE),
    "cbrt": (jnp.cbrt, mp.cbrt, POSITIVE),
    "exp": (jnp.exp, mp.exp, WIDE),
    "expm1": (jnp.expm1, mp.expm1, WIDE),
    "log": (jnp.log, mp.log, POSITIVE),
    "log1p": (jnp.log1p, mp.log1p, (-0.999, 1e6)),
    "tan": (jnp.tan, mp.tan, (-1e3, 1e3)),
    "atan": (jnp.arctan, mp.atan, WIDE),
    "sinh": (jnp.sinh, mp.sinh, WIDE),
    "cosh": (jnp.cosh, mp.cosh, WIDE),
    "tanh": (jnp.tanh, mp.tanh, WIDE),
    "logistic": (nn.sigmoid, lambda x: 1 / (1 + mp.exp(-x)), WIDE),
    "erf": (lax.erf, mp.erf, (-6.0, 6.0)),
}


def samples(low, high, size, seed=0):
    """Over the range and, where it holds 0, near 0 on all scales."""
    rng = np.random.default_rng(seed)
    spread = rng.uniform(low, high, size)
    if low > 0:
        return np.exp(rng.uniform(np.log(low), np.log(high), size))
    near = rng.choice([-1, 1], size) * 10.0 ** rng.uniform(-12, 0, size)
    return np.concatenate([spread, near[(near >= low) & (near <= high)]])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_bound_is_twice_the_error_of_the_installed_jaxlib(name):
    function, exact, box = FUNCTIONS[name]
    x = samples(*box, 1000)
    found = np.asarray(jax.jit(function)(x))
    with mp.workdps(40):
        error = max(
            float(abs(mp.mpf(float(r)) / t - 1)) for r, t in zip(found, map(exact, map(mp.mpf, x)), strict=True)
        )
    assert 2 * error <= ULPS[name] * 2.0**-52


@pytest.mark.parametrize(("name", "function", "exact"), [("sin", jnp.sin, mp.sin), ("cos", jnp.cos, mp.cos)])
def test_of_sine_and_cosine_the_absolute_error_is_bounded(name, function, exact):
    x = np.concatenate([samples(-1e6, 1e6, 1000), np.pi / 2 * np.arange(-50, 50)])
    found = np.asarray(jax.jit(function)(x))
    with mp.workdps(40):
        error = max(float(abs(mp.mpf(float(r)) - exact(mp.mpf(v)))) for r, v in zip(found, x, strict=True))
    assert 2 * error <= ULPS[name] * 2.0**-52


def test_of_powers_too():
    rng = np.random.default_rng(0)
    x, y = 10.0 ** rng.uniform(-20, 20, 1000), rng.uniform(-15, 15, 1000)
    found = np.asarray(jax.jit(lax.pow)(x, y))
    with mp.workdps(60):
        truth = [mp.mpf(p) ** mp.mpf(q) for p, q in zip(x, y, strict=True)]
        error = max(float(abs(mp.mpf(float(r)) / t - 1)) for r, t in zip(found, truth, strict=True))
    assert 2 * error <= ULPS["pow"] * 2.0**-52


@pytest.mark.parametrize("exponent", [2, 3, 7, -2, -3])
def test_whole_powers_are_enclosed(exponent):
    x = samples(-20.0, 20.0, 500)
    x = x[np.abs(x) > 1e-9]
    found = jax.jit(lambda x: interval.integer_pow(interval.point(x), exponent))(x)
    with mp.workdps(60):
        for lo, hi, v in zip(*found, x, strict=True):
            assert mp.mpf(float(lo)) <= mp.mpf(v) ** exponent <= mp.mpf(float(hi))


@cache
def compiled(operation):
    return jax.jit(lambda *arguments: operation(*arguments))


def enclosed(operation, exact, *arguments):
    """Is the operation's value at a grid of points inside of its enclosure? And the enclosure."""
    lo, hi = compiled(operation)(*(Interval(np.float64(a), np.float64(b)) for a, b in arguments))
    grid = np.stack(np.meshgrid(*(np.linspace(*a, 9) for a in arguments)), -1).reshape(-1, len(arguments))
    values = [exact(*at) for at in grid]
    return float(lo) <= min(values) and max(values) <= float(hi), float(lo), float(hi)


BOUND = st.floats(-1e3, 1e3).map(lambda v: round(v, 3))
PAIR = st.tuples(BOUND, BOUND).map(sorted)


@settings(max_examples=60, deadline=None)
@given(PAIR, PAIR)
def test_sums_products_and_quotients_are_enclosed(a, b):
    assert enclosed(interval.add, lambda p, q: p + q, a, b)[0]
    assert enclosed(interval.sub, lambda p, q: p - q, a, b)[0]
    assert enclosed(interval.mul, lambda p, q: p * q, a, b)[0]
    if b[0] > 0 or b[1] < 0:
        assert enclosed(interval.div, lambda p, q: p / q, a, b)[0]


@settings(max_examples=60, deadline=None)
@given(PAIR)
def test_waves_and_powers_are_enclosed_over_intervals(a):
    assert enclosed(interval.sin, np.sin, a)[0]
    assert enclosed(interval.cos, np.cos, a)[0]
    assert enclosed(interval.square, lambda p: p * p, a)[0]
    assert enclosed(interval.absolute, abs, a)[0]


def test_a_wave_s_crest_inside_is_its_bound():
    contained, lo, hi = enclosed(interval.cos, np.cos, (-0.5, 0.5))
    assert contained
    assert (lo, hi) == (pytest.approx(np.cos(0.5)), 1.0)
    assert enclosed(interval.sin, np.sin, (0.0, 7.0))[1:] == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        (interval.div, ((1.0, 2.0), (-1.0, 1.0))),
        (interval.div, ((1.0, 2.0), (0.0, 0.0))),
        (interval.RISING["log"], ((-1.0, 1.0),)),
        (interval.RISING["sqrt"], ((-1.0, 1.0),)),
        (interval.tan, ((1.0, 2.0),)),
        (interval.power, ((-1.0, 1.0), (0.5, 0.5))),
        (interval.cos, ((np.nan, 1.0),)),
    ],
)
def test_what_is_not_defined_on_all_of_it_is_unknown(operation, arguments):
    lo, hi = operation(*(Interval(jnp.float64(a), jnp.float64(b)) for a, b in arguments))
    assert np.isnan(lo) or np.isnan(hi)


def test_a_divisor_that_ends_at_zero_bounds_one_side():
    lo, hi = interval.div(Interval(jnp.float64(1), jnp.float64(2)), Interval(jnp.float64(-0.0), jnp.float64(0.5)))
    assert (float(lo), float(hi)) == (pytest.approx(2.0), np.inf)


# Constants are binary fractions: exact algebra and float64 then mean the same function.
UNARY = (
    lambda m, a: m.sin(a),
    lambda m, a: m.cos(a),
    lambda m, a: m.exp(a / 8),
    lambda m, a: m.log(1 + a * a),
    lambda m, a: m.sqrt(1 + a**2),
    lambda m, a: m.tanh(a),
    lambda m, a: 1 / (2 + a * a),
    lambda m, a: a**3 - 1.75 * a,
)
BINARY = (lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - 0.25 * b, lambda a, b: a / (1 + b * b))
TREES = st.recursive(
    st.integers(0, 1),
    lambda inner: st.one_of(st.tuples(st.sampled_from(UNARY), inner), st.tuples(st.sampled_from(BINARY), inner, inner)),
    max_leaves=5,
)


def grown(tree, x):
    if isinstance(tree, int):
        return x[tree]
    operation, *parts = tree
    values = [grown(part, x) for part in parts]
    return operation(*values) if len(values) == 2 else operation(jnp, *values)


@pytest.mark.heavy
@settings(max_examples=15, deadline=None)
@given(TREES, st.tuples(st.floats(-3, 3), st.floats(-3, 3)), st.floats(0, 1))
def test_f_gradient_and_hessian_of_any_expression_are_enclosed(tree, corner, side):
    problem = of(lambda x, data: grown(tree, x) + 0.0 * x[0], 2)
    lo = np.array(corner)
    hi = lo + side
    enclosure = enclosing(problem, lo[:, None], hi[:, None])
    f, variables = expression(problem)
    for share in ((0, 0), (1, 1), (0.25, 0.75), (1, 0)):
        at = dict(zip(variables, map(between, lo, hi, share), strict=True))
        assert holds(enclosure.f, (0,), f.subs(at))
        for i, one in enumerate(variables):
            assert holds(enclosure.g, (i, 0), sp.diff(f, one).subs(at))
            for j, other in enumerate(variables):
                assert holds(enclosure.H, (i, j, 0), sp.diff(f, one, other).subs(at))


def of(fn, n):
    return Problem("p", fn, np.full(n, -4.0), np.full(n, 4.0), Truth("unknown", "none"), "none")


def between(low, high, share):
    """Exactly, so that the point is inside."""
    low, high = sp.Rational(float(low)), sp.Rational(float(high))
    return low + sp.Rational(share) * (high - low)


def enclosing(problem, lo, hi):
    function, data = derivatives(problem)
    run = jax.jit(lambda lo, hi, data, zero: function.enclose(Interval(lo, hi), data, zero))
    return jax.tree.map(np.asarray, run(lo, hi, data, np.float64(0)))


def holds(found, index, value):
    """Is the value inside? Nothing is claimed by bounds that are unknown."""
    lo, hi = float(found.lo[index]), float(found.hi[index])
    if np.isnan(lo) or np.isnan(hi):
        return True
    below = lo == -np.inf or sp.Rational(lo) <= value
    return bool(below and (hi == np.inf or value <= sp.Rational(hi)))


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["himmelblau", "nist-danwood-s2", "poisson-linnerud"])
def test_the_derivatives_of_a_problem_are_enclosed_and_tight_at_a_point(name):
    problem = get(name)
    at = np.random.default_rng(0).uniform(problem.lower, problem.upper, (20, problem.dim)).T
    enclosure = enclosing(problem, at, at)

    def values(x):
        f = lambda x: problem.fn(x, problem.data)  # noqa: E731
        return f(x), jax.grad(f)(x), jax.hessian(f)(x)

    for found, value in zip(enclosure, jax.vmap(values, in_axes=1, out_axes=-1)(at), strict=True):
        size = np.max(np.abs(value))
        assert np.all((found.lo - 1e-12 * size <= value) & (value <= found.hi + 1e-12 * size))
        assert np.max(found.hi - found.lo) <= 1e-9 * size


def test_a_kink_is_unknown_and_elsewhere_the_sign_is_known():
    problem = of(lambda x, data: jnp.abs(x[0]) + x[0] ** 2, 1)
    enclosure = enclosing(problem, np.array([[-0.1, 0.2]]), np.array([[0.1, 0.3]]))
    assert np.isnan(enclosure.g.lo[0, 0])
    assert enclosure.g.lo[0, 1] == pytest.approx(1.4)
