"""Every method of ours: a contract on small problems, and what theory or another implementation says of it."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from bench.measuring import measure
from bench.plan.cell import Cell
from problems import get
from results.schema import ENDS, STOPS
from solvers import SOLVERS, Status, exists, find
from solvers.methods.armijo import ArmijoDescent
from solvers.methods.descent import Descent
from solvers.methods.globalised import DampedNewton, ModifiedNewton
from solvers.methods.lbfgs import LBFGS
from solvers.methods.least_squares import GaussNewton, LevenbergMarquardt
from solvers.methods.trust_region import NewtonCG
from tests.solvers.helpers import himmelblau, rosenbrock, run

OWN = [name for name, solver in SOLVERS.items() if solver.iterative]
CELL = Cell("himmelblau", "newton", 5, "float64", 0, 1e-8, 300, rounds=1, timed_s=0.0)
GRID = np.stack([axis.ravel() for axis in np.meshgrid(np.linspace(-4.7, 4.6, 5), np.linspace(-4.4, 4.8, 5))])
MINIMISERS = [ModifiedNewton(), NewtonCG(), LBFGS(), ArmijoDescent()]


SMALL = ["beale"]
MORE = ["nist-danwood-s2", "quadratic-n2", "six-hump-camel", "nist-misra1a-s2", "mgh-powell-singular", "gamma-proline"]


@pytest.mark.parametrize(
    ("problem", "dtype"),
    [
        *((problem, "float64") for problem in SMALL),
        *(pytest.param(problem, "float32", marks=pytest.mark.heavy) for problem in (*SMALL, "nist-danwood-s2")),
        *(pytest.param(problem, "float64", marks=pytest.mark.heavy) for problem in MORE),
    ],
)
@pytest.mark.parametrize("solver", OWN)
def test_every_method_keeps_the_contract(solver, problem, dtype):
    gtol = {"float64": 1e-8, "float32": 1e-3}[dtype]
    try:
        row = measure.measure(replace(CELL, solver=solver, problem=problem, dtype=dtype, gtol=gtol)).figures
    except measure.Unsupported:
        assert get(problem).residuals is None
        return
    assert sum(row[f"n_{stop}"] for stop in STOPS) == 5
    assert sum(row[f"n_{end}"] for end in ENDS) == 5
    assert row["n_g"] >= row["steps_sum"] + 5
    assert row["n_f"] >= row["steps_sum"] + 5
    assert row["steps_max"] <= 300
    # A lane that says it converged is stationary to the referee, too; but far out beale's function is flat.
    assert row["frac_stationary"] * 5 + row["n_flat"] >= row["n_converged"]
    assert row["n_flat"] <= row["n_outside"]


@pytest.mark.parametrize("method", [DampedNewton(), *MINIMISERS], ids=lambda m: type(m).__name__)
def test_a_lane_equals_its_single_run(method):
    starts = np.concatenate([GRID[:, ::6], [[np.nan, 3.0], [0.0, 2.0]]], axis=1)
    together = run(method, himmelblau, starts, scalars=method.scalars, max_steps=30)
    for lane in range(4):
        alone = run(method, himmelblau, starts[:, [lane]], scalars=method.scalars, max_steps=30)
        assert (alone.steps[0], alone.status[0]) == (together.steps[lane], together.status[lane])
        np.testing.assert_allclose(alone.x[:, 0], together.x[:, lane], rtol=1e-9)
    assert together.status[-2] == Status.NONFINITE
    assert (together.status[-1], together.steps[-1]) == (Status.CONVERGED, 0)


@pytest.mark.parametrize("method", MINIMISERS, ids=lambda m: type(m).__name__)
def test_minimisers_end_on_minima_and_root_finders_do_not_care(method):
    ends = run(method, himmelblau, GRID, max_steps=3000)
    assert (ends.status == Status.CONVERGED).all()
    assert (np.linalg.eigvalsh(jax.vmap(jax.hessian(himmelblau))(ends.x.T)) > 0).all()
    roots = run(DampedNewton(), himmelblau, GRID, scalars=True)
    assert (roots.status == Status.CONVERGED).mean() > 0.9
    assert (np.linalg.eigvalsh(jax.vmap(jax.hessian(himmelblau))(roots.x.T)) < 0).any()


@pytest.mark.parametrize(("kappa", "steps"), [(10.0, 40), (100.0, 200)])
def test_gradient_descent_converges_at_its_linear_rate(kappa, steps):
    # With rate 2 / (1 + kappa) both coordinates shrink by (kappa - 1) / (kappa + 1) per step.
    bowl = lambda x: (x[0] ** 2 + kappa * x[1] ** 2) / 2  # noqa: E731
    end = run(Descent(optax.sgd), bowl, [[1.0], [1.0]], 2 / (1 + kappa), max_steps=steps, gtol=1e-300)
    np.testing.assert_allclose(np.abs(end.x[:, 0]), ((kappa - 1) / (kappa + 1)) ** steps, rtol=1e-10)


def test_armijo_counts_and_steps_worked_by_hand():
    # f = 2 x^2 from x = 1, g = 4: length 1 goes to -3 (f = 18), 1/2 to -1 (f = 2, no fall), 1/4 to 0: three trials.
    end = run(ArmijoDescent(), lambda x: 2 * jnp.sum(x**2), [[1.0]])
    assert (end.steps[0], end.x[0, 0], end.status[0]) == (3, 0.0, Status.CONVERGED)


@pytest.mark.heavy
def test_lbfgs_lanes_are_single_optax_runs_step_for_step():
    def alone(x, steps):
        rule = optax.lbfgs()
        state = rule.init(x)
        for _ in range(steps):
            value, g = jax.value_and_grad(rosenbrock)(x)
            update, state = rule.update(g, state, x, value=value, grad=g, value_fn=rosenbrock)
            x = optax.apply_updates(x, update)
        return x

    starts = np.random.default_rng(0).uniform(-2, 2, (4, 3))
    lanes = run(LBFGS(), rosenbrock, starts, max_steps=3)
    expected = jax.jit(jax.vmap(lambda x: alone(x, 3), in_axes=1, out_axes=1))(jnp.asarray(starts))
    np.testing.assert_allclose(lanes.x, expected, rtol=1e-7)


def test_lbfgs_charges_its_line_searches():
    row = measure.measure(replace(CELL, solver="lbfgs")).figures
    assert row["n_g"] > 1.5 * (row["steps_sum"] + 5)
    assert row["n_f"] == row["n_g"]


def test_newton_cg_needs_no_matrix():
    row = measure.measure(replace(CELL, solver="newton-cg", problem="rosenbrock-n2000", batch=2, max_steps=20)).figures
    assert row["n_h"] == 0
    assert row["n_hvp"] > row["steps_sum"]
    assert row["f_gap_min"] is not None


@pytest.mark.parametrize("method", [GaussNewton, LevenbergMarquardt])
@pytest.mark.parametrize("start", ["s1", "s2"])
def test_least_squares_methods_certify_misra1a(method, start):
    problem = get(f"nist-misra1a-{start}")
    own = method(lambda x: problem.residuals(x, problem.data))
    end = run(own, lambda x: problem.fn(x, problem.data), problem.start[:, None], gtol=1e-4)
    np.testing.assert_allclose(end.x[:, 0], problem.truth.minimisers[0], rtol=1e-8)


def test_gauss_newton_solves_a_linear_problem_in_one_step():
    A, b = np.random.default_rng(1).normal(size=(7, 3)), np.arange(7.0)
    residuals = lambda x: A @ x - b  # noqa: E731
    end = run(GaussNewton(residuals), lambda x: jnp.sum(residuals(x) ** 2), np.ones((3, 1)))
    assert end.steps[0] == 1
    np.testing.assert_allclose(end.x[:, 0], np.linalg.lstsq(A, b, rcond=None)[0], rtol=1e-12)


def test_any_rule_of_optax_is_a_solver():
    row = measure.measure(replace(CELL, solver="optax:adabelief", max_steps=3000)).figures
    assert row["frac_minimum"] == 1.0
    assert find("optax:lion").kind == "descend"
    assert not any(map(exists, ("optax:nonsense", "optax:chain", "optax:apply_updates", "lion", "optax:")))
