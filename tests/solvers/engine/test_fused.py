"""The fused kernel, run operation by operation on the CPU, against the loop: the same ends, statuses and steps."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from problems import get, names
from solvers import Status, find
from solvers.engine import fused
from solvers.engine.blocks import Blocks
from solvers.engine.forms import SCALARS
from solvers.engine.schedule import CannotFuse, schedule_for
from solvers.engine.sizing import form_for
from solvers.transforms.jaxpr import NoRule, primitives
from solvers.transforms.kernels.kernel_objective import kernel_objective
from solvers.transforms.kernels.pallas import interpreting, no_pallas
from solvers.transforms.target import made_for
from tests.solvers.helpers import budget, run

QUEUED, OWN = Blocks(8, 1, queued=3), Blocks(8)


def kernel(method, fn, starts, rate=1.0, blocks=OWN, data=(), wanted=None, **limits):
    """The kernel's ends from `starts` [n, lanes], as NumPy; `fn` of (x, data)."""
    starts = jnp.asarray(starts)
    n, lanes = starts.shape
    rates = jnp.full(lanes, rate, starts.dtype)

    def solve(starts, rates, budget, data):
        objective = kernel_objective(fn, n, starts.dtype, data)
        return fused.solve_fused(method, objective, starts, rates, budget, wanted=wanted, blocks=blocks)

    with interpreting():
        ends = jax.jit(solve)(starts, rates, budget(n, dtype=str(starts.dtype), **limits), data)
    return jax.tree.map(np.asarray, ends)


def starts_of(problem, lanes, dtype="float64"):
    inside = np.random.default_rng(0).uniform(problem.lower, problem.upper, (lanes, problem.dim))
    return inside.T.astype(dtype)


def same(ours, theirs, close=True):
    np.testing.assert_array_equal(ours.status, theirs.status)
    np.testing.assert_array_equal(ours.steps, theirs.steps)
    compare = partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-9) if close else np.testing.assert_array_equal
    compare(ours.x, theirs.x)


CASES = [
    ("newton", "rosenbrock-n2", 1.0),
    ("newton", "mgh-wood", 1.0),
    ("gd", "himmelblau", 0.01),
    ("adam", "himmelblau", 0.1),
    ("gd-armijo", "rosenbrock-n2", 1.0),
]


@pytest.mark.parametrize("blocks", [OWN, QUEUED], ids=["own", "queued"])
@pytest.mark.parametrize(("solver", "name", "rate"), CASES)
def test_ends_where_the_loop_ends(solver, name, rate, blocks):
    problem, method = get(name), find(solver).method
    starts = starts_of(problem, 37)  # fills no block
    limits = {"max_steps": 150, "patience": 100, "box": 10.0}
    ours = kernel(method, problem.fn, starts, rate, blocks, **limits)
    theirs = run(method, lambda x: problem.fn(x, ()), starts, rate, form=SCALARS, **limits)
    # A long way of Newton's makes much of a rounding, and not every version of XLA rounds the two alike.
    alike = theirs.steps <= _FAITHFUL if solver == "newton" else np.full(37, True)
    assert alike.sum() >= 30
    same(*(jax.tree.map(lambda leaf: leaf[..., alike], ends) for ends in (ours, theirs)))
    np.testing.assert_array_equal(ours.status, theirs.status)


_FAITHFUL = 45


@pytest.mark.parametrize("name", ["nist-rat42-s2", "mgh-bard", "poisson-linnerud"])
def test_sums_over_data_are_loops_and_give_the_same_ends(name):
    problem = get(name)
    starts = problem.truth.minimisers[0][:, None] * np.random.default_rng(0).uniform(0.97, 1.03, (problem.dim, 11))
    ours = kernel(find("newton").method, problem.fn, starts, data=problem.data, max_steps=30, gtol=1e-4, box=1e9)
    theirs = run(find("newton").method, lambda x: problem.fn(x, problem.data), starts, max_steps=30, gtol=1e-4, box=1e9)
    np.testing.assert_array_equal(ours.status, theirs.status)
    arrived = ours.status == Status.CONVERGED
    assert arrived.any()
    np.testing.assert_allclose(ours.x[:, arrived], theirs.x[:, arrived], rtol=1e-6)


def test_a_lane_does_not_see_its_neighbours():
    """Beside lanes that are not a number, run out or are singular, a lane ends as it does alone."""
    problem, method = get("himmelblau"), find("newton").method
    starts = starts_of(problem, 16)
    starts[:, ::2] = np.array([np.nan, 1e300, np.inf, 0.0, 1e8, -1e8, 7.0, np.nan])
    together = kernel(method, problem.fn, starts, blocks=QUEUED, max_steps=40)
    alone = kernel(method, problem.fn, starts[:, 1::2], max_steps=40)
    same(jax.tree.map(lambda leaf: leaf[..., 1::2], together), alone, close=False)
    assert set(together.status[[0, 4, 14]]) == {Status.NONFINITE}


@pytest.mark.parametrize("blocks", [OWN, QUEUED], ids=["own", "queued"])
def test_no_steps_and_fewer_lanes_than_there_is_room_for(blocks):
    problem, method = get("himmelblau"), find("newton").method
    starts = starts_of(problem, 21)
    none = kernel(method, problem.fn, starts, blocks=blocks, max_steps=0)
    assert not none.steps.any()
    assert set(none.status) == {Status.MAX_STEPS}
    np.testing.assert_array_equal(none.x, starts)
    some, every = (kernel(method, problem.fn, starts, blocks=blocks, wanted=wanted) for wanted in (10, None))
    assert set(some.status[10:]) == {Status.RUNNING}
    same(jax.tree.map(lambda leaf: leaf[..., :10], some), jax.tree.map(lambda leaf: leaf[..., :10], every), close=False)


def test_a_pivot_that_vanishes_is_made_up_for_in_the_block():
    """The Hessian of x y + y z + z x at the start: no pivot on its diagonal."""
    starts = np.random.default_rng(1).standard_normal((3, 9))

    def fn(x, _):
        return x[0] * x[1] + x[1] * x[2] + x[2] * x[0] - x[0]

    ours = kernel(find("newton").method, fn, starts)
    assert set(ours.status) == {Status.CONVERGED}
    np.testing.assert_allclose(ours.x, np.tile([[-0.5], [0.5], [0.5]], 9), atol=1e-12)


def test_what_a_kernel_cannot_run_is_left_to_the_loop_with_a_reason():
    newton, lbfgs = find("newton").method, find("lbfgs").method
    small, large = get("himmelblau"), get("mlp-digits")
    assert schedule_for(newton, small, "float64", 100).text.endswith("(no GPU)")
    with made_for("gpu"):
        assert schedule_for(newton, small, "float64", 100).executor == "fused"
        assert "asked for" in schedule_for(newton, small, "float64", 100, executor="loop").text
        assert "too many for a kernel" in schedule_for(newton, large, "float64", 100).text
        assert "whole vectors" in schedule_for(lbfgs, small, "float64", 100).text
        with pytest.raises(CannotFuse, match="whole vectors"):
            schedule_for(lbfgs, small, "float64", 100, executor="fused")
        assert schedule_for(newton, small, "float64", 10**6).blocks.queued > 0
        assert schedule_for(newton, small, "float64", 1000).blocks.queued == 0


def test_without_pallas_the_loop_runs_and_says_why(monkeypatch):
    for name in ("solvers.engine.fused", "jax.experimental.pallas.triton"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "jax.experimental.pallas", None)
    no_pallas.cache_clear()
    try:
        with made_for("gpu"):
            found = schedule_for(find("newton").method, get("himmelblau"), "float64", 10)
        assert (found.executor, "no Pallas with Triton" in found.why) == ("loop", True)
    finally:
        no_pallas.cache_clear()


def test_an_elimination_too_long_to_be_written_out_is_refused():
    with pytest.raises(NoRule, match="10 unknowns"):
        kernel(find("newton").method, lambda x, _: jnp.sum(x) ** 4 + jnp.sum(x**4), np.ones((10, 8)))


def bit_for_bit(name, solver, dtype, rate, lanes):
    """Run in a process whose CPU joins no multiplication and addition, as a GPU joins none."""
    problem, method = get(name), find(solver).method
    starts = starts_of(problem, lanes, dtype)
    limits = {"max_steps": 60, "gtol": 1e-8 if dtype == "float64" else 1e-3, "box": 10.0}
    data = jax.tree.map(lambda leaf: np.asarray(leaf, dtype), problem.data)
    ours = kernel(method, problem.fn, starts, rate, Blocks(16), data, **limits)
    theirs = run(method, lambda x: problem.fn(x, data), starts, rate, form=SCALARS, **limits)
    equal = np.all((ours.x == theirs.x) | (np.isnan(ours.x) & np.isnan(theirs.x)), axis=0)
    equal &= (ours.status == theirs.status) & (ours.steps == theirs.steps)
    # XLA:CPU rounds exp otherwise in a vector than alone; a lane that wanders far then ends elsewhere.
    assert equal.mean() >= (0.9 if "exp" in primitives_of(problem) else 1.0), f"{name} {dtype}: {equal.mean()}"


def primitives_of(problem):
    return primitives(jax.make_jaxpr(problem.fn)(np.zeros(problem.dim), problem.data).jaxpr)


def scalar_problems():
    """Those that the loop runs on scalars, too, by the same arithmetic: constants in place of data would be folded."""
    newton = find("newton").method
    small = [get(name) for name in names() if get(name).dim < 9]
    scalar = [problem for problem in small if form_for(newton, problem) == SCALARS]
    return [p.name for p in scalar if not kernel_objective(p.fn, p.dim, "float64", p.data).arrays]


def _in_a_process(calls):
    environment = os.environ | {
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # each is compiled to run once; what is written is what is compared
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    code = "\n".join(
        [
            "import jax",
            'jax.config.update("jax_enable_x64", True)',
            "from tests.solvers.engine.test_fused import bit_for_bit",
            *(f"bit_for_bit{call!r}" for call in calls),
        ]
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.heavy
@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.heavy)])
def test_equals_the_loop_bit_for_bit(dtype):
    _in_a_process([(name, solver, dtype, rate, 41) for solver, name, rate in CASES[:3]])


@pytest.mark.heavy
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_the_loop_bit_for_bit_on_every_scalar_problem(dtype):
    _in_a_process([(name, "newton", dtype, 1.0, 21) for name in scalar_problems()])
