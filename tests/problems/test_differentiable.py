"""Functions that JAX differentiates in one direction only, or not everywhere, are measured like any others."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bench.measuring import measure
from bench.plan.cell import Cell
from problems import NotDifferentiable, Problem, Truth, get, registry
from problems.differentiable import BothModes, differentiable
from results import schema

UNKNOWN = Truth("unknown", "none")
CELL = Cell("one-way", "newton", 8, "float64", 0, 1e-8, 200, rounds=1, timed_s=0.0)
AT = np.array([0.4, -0.7])


@jax.custom_vjp
def times(a, b):
    return jnp.sin(a) * b


times.defvjp(lambda a, b: (times(a, b), (a, b)), lambda kept, t: (jnp.cos(kept[0]) * kept[1] * t, jnp.sin(kept[0]) * t))


def halved(x, steps):
    """X by so many halvings and doublings, in a loop that has no reverse mode."""
    state = jax.lax.while_loop(lambda s: s[1] < steps, lambda s: (2 * jnp.sin(s[0] / 2), s[1] + 1), (x, 0))
    return state[0]


def backward_only(x, scale):
    return scale * times(x[0], x[1]) + x[1] ** 2 / 2


def forward_only(x, scale):
    return scale * jnp.sum(halved(x, 3) ** 2) + jnp.cos(x[0] * x[1])


def plain(x, scale):
    return scale * jnp.sum(x**4) + x[0] * x[1]


def untouchable(x, scale):
    return (
        jax.pure_callback(lambda x: np.sum(x**2), jax.ShapeDtypeStruct((), x.dtype), x, vmap_method="sequential")
        * scale
    )


TWINS = {  # the same functions, of operations that have both modes
    backward_only: lambda x, scale: scale * jnp.sin(x[0]) * x[1] + x[1] ** 2 / 2,
    forward_only: lambda x, scale: (
        scale * jnp.sum((2 * jnp.sin(jnp.sin(jnp.sin(x / 2))))[..., None] ** 2) + jnp.cos(x[0] * x[1])
    ),
    plain: plain,
}


def one_way(fn, **more):
    return Problem(
        "one-way", fn, np.full(2, -1.5), np.full(2, 1.5), UNKNOWN, "own", load=lambda: np.float64(2.0), **more
    )


@pytest.mark.parametrize("fn", TWINS, ids=lambda fn: fn.__name__)
def test_value_gradient_and_hessian_are_those_of_the_same_function_in_other_operations(fn):
    ours, theirs = differentiable(one_way(fn)).fn, TWINS[fn]
    points = np.random.default_rng(0).uniform(-1, 1, (3, 2))
    for of in (lambda f: f, jax.grad, jax.hessian):
        mine, known = (jax.jit(jax.vmap(of(f), (0, None)))(points, 2.0) for f in (ours, theirs))
        np.testing.assert_allclose(mine, known, rtol=1e-12, atol=1e-14)


def test_what_has_both_modes_is_called_as_it_is():
    made = differentiable(one_way(plain)).fn
    assert str(jax.make_jaxpr(made)(AT, 2.0)) == str(jax.make_jaxpr(plain)(AT, 2.0))


def test_what_has_none_is_told_with_jaxs_reason():
    with pytest.raises(NotDifferentiable, match="JAX gives no second derivatives of f: Pure callbacks do not support"):
        differentiable(one_way(untouchable)).fn(AT, 2.0)


def test_a_mistake_in_the_function_is_no_matter_of_derivatives():
    with pytest.raises(NameError, match="nowhere"):
        differentiable(one_way(lambda x, _: nowhere(x))).fn(AT, 2.0)  # noqa: F821


def test_residuals_have_a_jacobian_by_forward_mode():
    made = differentiable(one_way(plain, residuals=lambda x, scale: jnp.stack([times(x[0], x[1]), scale * x[0]])))
    jacobian = jax.jacfwd(made.residuals)(AT, 2.0)
    np.testing.assert_allclose(jacobian, [[np.cos(0.4) * -0.7, np.sin(0.4)], [2, 0]], rtol=1e-14)


@pytest.fixture
def plugged():
    """Adds a problem as a plug-in does, and takes it away."""

    def add(fn, **more):
        registry.register("one-way", lambda: one_way(fn, **more))
        return get("one-way")

    yield add
    del registry._SINGLE["one-way"]
    registry._PLUGGED.remove("one-way")
    get.cache_clear()


@pytest.mark.parametrize("solver", ["newton", "newton-modified", "newton-cg", "gd:learning_rate=0.1", "lbfgs"])
@pytest.mark.parametrize("fn", [backward_only, forward_only], ids=lambda fn: fn.__name__)
def test_a_plug_in_with_one_mode_is_solved_and_judged(fn, solver, plugged):
    assert isinstance(plugged(fn).fn, BothModes)
    figures = measure.measure(replace(CELL, solver=solver)).figures
    assert figures["frac_stationary"] == 1.0
    if solver.startswith("newton-") or not solver.startswith("newton"):
        assert figures["n_minimum"] + figures["n_singular"] == 8


def test_what_cannot_be_judged_is_unsupported(plugged):
    plugged(untouchable)
    with pytest.raises(measure.Unsupported, match="JAX gives no second derivatives of f"):
        measure.measure(CELL)


def no_root(x):
    """Its square root is looked at by the derivative alone."""
    return jnp.sum(jnp.where(x > 0.3, jnp.sqrt(x), x - 0.2) ** 2)


def of_singular_values(x):
    u, s, v = jnp.linalg.svd(jnp.diag(x))
    return jnp.sum(((u * s) @ v - jnp.diag(jnp.array([3.0, 3.0, 1.0]))) ** 2)


@pytest.mark.parametrize(
    ("fn", "n", "more", "told"),
    [
        (lambda x: jnp.linalg.norm(x) + jnp.sum(x**2), 2, {}, "The gradient of f is not finite at the centre"),
        (lambda x: jnp.sum(jnp.abs(x) ** 1.5 + x**4), 2, {}, "The Hessian of f is not finite at the centre"),
        (no_root, 2, {"start": np.array([-0.5, 0.2])}, "The gradient of f is not finite at the problem's start"),
        (
            of_singular_values,
            3,
            {"truth": Truth("proved", "none", 0.0, np.array([[3.0, 3.0, 1.0]])), "start": np.array([2.0, 2.0, 1.5])},
            "The gradient of f is not finite at the first known minimiser",
        ),
    ],
    ids=["gradient at the centre", "Hessian at the centre", "start", "minimiser"],
)
def test_a_derivative_that_is_not_finite_costs_no_cell(fn, n, more, told, monkeypatch):
    """The tolerance was not a number, and no row of the problem could be written."""
    own = {"truth": UNKNOWN} | more
    holed = Problem("holed", lambda x, _: fn(x), np.full(n, -4.0), np.full(n, 4.0), reference="own", **own)
    monkeypatch.setattr(measure, "get", lambda _: holed)
    figures = measure.measure(replace(CELL, problem="holed", solver="gd:learning_rate=0.01")).figures
    assert figures["gtol_effective"] == 1e-8
    assert figures["remark"].startswith(told)
    assert sum(figures[f"n_{end}"] for end in schema.ENDS) == 8
