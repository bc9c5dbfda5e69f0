"""Every primitive that functions are made of is said to be something."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from problems import entries, get
from solvers.transforms import columns, objects, scalars
from solvers.transforms.primitives import CALLS, ELEMENTWISE, PRIMITIVES, TELLING
from solvers.transforms.version import CALLED, parts

X = np.array([0.1, 0.2, 0.3])
OF_A_VECTOR = (
    *("abs", "exp", "expm1", "log", "log1p", "log2", "exp2", "sin", "cos", "tan", "arcsin", "arccos", "arctan"),
    *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "sqrt", "cbrt", "square", "reciprocal", "sign", "floor"),
    *("ceil", "round", "trunc", "sinc", "nan_to_num", "sum", "prod", "mean", "var", "std", "max", "min", "argmax"),
    *("argmin", "cumsum", "cumprod", "sort", "argsort", "median", "diff", "flip", "ravel", "diag", "isfinite", "any"),
    *("all", "ptp", "average", "deg2rad", "real", "imag"),
)
OF_TWO = (
    *("maximum", "minimum", "power", "hypot", "arctan2", "logaddexp", "remainder", "floor_divide", "dot", "outer"),
    *("convolve", "heaviside", "vdot", "inner", "kron", "searchsorted"),
)
OTHERS = (
    lambda x: jax.scipy.special.gammaln(x) + jax.scipy.special.digamma(x),
    lambda x: jax.scipy.special.erf(x) + jax.scipy.special.erfc(x) + jax.scipy.special.erfinv(x),
    lambda x: jax.scipy.special.logsumexp(x) + jax.nn.softplus(x) + jax.nn.relu(x) + jax.nn.gelu(x),
    lambda x: x[1:] + x[np.array([0, 2])] + x.at[0].set(1.0)[:2] + x.at[0].add(1.0)[:2] + jnp.roll(x, 1)[:2],
    lambda x: jnp.where(x > 0, x, 0.0) + jnp.clip(x, 0.0, 1.0),
    lambda x: jax.lax.fori_loop(0, 3, lambda _, v: v + 1, x),
    lambda x: jax.lax.while_loop(lambda v: v[0] < 2, lambda v: v + 1, x),
    lambda x: jax.lax.cond(x[0] > 0, lambda v: v, lambda v: -v, x),
    lambda x: [jnp.linalg.solve(jnp.eye(3), x), jnp.linalg.inv(jnp.eye(3)), jnp.linalg.slogdet(jnp.eye(3))],
    lambda x: [f(jnp.eye(3)) for f in (jnp.linalg.cholesky, jnp.linalg.eigh, jnp.linalg.qr, jnp.linalg.svd)],
    lambda x: jnp.fft.rfft(x).real,
)


def names(jaxpr):
    """The primitives of a jaxpr and of all that it holds."""
    return {eqn.primitive.name for eqn in jaxpr.eqns}.union(*(names(part) for eqn in jaxpr.eqns for part in parts(eqn)))


def without_a_row(fn, *args):
    return names(jax.make_jaxpr(fn)(*args).jaxpr) - PRIMITIVES.keys()


def test_the_functions_of_all_problems_have_rows():
    known = [get(row.name) for row in entries() if not row.name.startswith(("cutest-", "bbob-"))]
    found = [without_a_row(p.fn, p.lower, jax.tree.map(np.asarray, p.data)) for p in known]
    assert set().union(*found) == set()


def test_what_people_write_has_rows():
    missing = {name: without_a_row(getattr(jnp, name), X) for name in OF_A_VECTOR}
    missing |= {name: without_a_row(getattr(jnp, name), X, X) for name in OF_TWO}
    missing |= {f"the other of number {k}": without_a_row(fn, X) for k, fn in enumerate(OTHERS)}
    assert {name: found for name, found in missing.items() if found} == {}


def test_whatever_has_a_rule_has_a_row():
    assert scalars.RULES.keys() | columns._RULES.keys() <= PRIMITIVES.keys()
    assert CALLED <= CALLS
    assert objects.STRUCTURE.keys() <= TELLING  # what moves numbers has a value where they have
    assert scalars.RULES.keys() & columns._RULES.keys() >= ELEMENTWISE


@pytest.mark.parametrize(("fn", "shift"), [(jnp.arcsinh, 0), (jnp.arccosh, 2), (jnp.arctanh, 0)])
def test_inverse_hyperbolic_functions_are_rewritten_as_scalars(fn, shift):
    small = scalars.scalarise(lambda x: jnp.sum(fn(x + shift)), 3, jnp.float64)
    np.testing.assert_allclose(small(tuple(map(jnp.asarray, X))), np.sum(fn(X + shift)), rtol=1e-14)
