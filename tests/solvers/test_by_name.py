"""Solvers of other libraries that nobody has listed: by the name of a method, or from an object."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import optax
import optimistix
import pytest

from bench.ending import UsageError
from bench.measuring.measure import measure
from bench.plan.cell import Cell
from bench.plan.options import resolve
from solvers import CannotSolve, exists, from_function, from_optax, from_optimistix
from solvers.peers.scipy import METHODS
from solvers.registry import register

CELL = Cell("himmelblau", "newton", 4, "float64", 0, 1e-8, 400, rounds=1, timed_s=0.0)


pytestmark = pytest.mark.usefixtures("own_solvers")


@pytest.mark.parametrize("method", ["trust-krylov", "bfgs", "nelder-mead", "tnc"])
def test_scipys_methods_are_there_by_name(method):
    figures = measure(replace(CELL, solver=f"scipy:{method}")).figures
    assert figures["f_best"] < 1e-6
    assert figures["n_saddle"] == figures["n_maximum"] == 0


def test_all_methods_of_scipy_are_known_and_no_others():
    assert all(exists(f"scipy:{method}") for method in METHODS)
    assert not exists("scipy:no-such-method")


OBJECTS = {
    "root": (optimistix.Newton(rtol=1e-10, atol=1e-10), "himmelblau", "frac_stationary"),
    "minimum": (optimistix.BFGS(rtol=1e-10, atol=1e-10), "himmelblau", "frac_minimum"),
    "squares": (optimistix.LevenbergMarquardt(rtol=1e-10, atol=1e-10), "nist-misra1a-s2", "frac_minimum"),
}


@pytest.mark.parametrize("kind", OBJECTS)
def test_an_object_of_optimistix_is_a_solver(kind):
    solver, problem, share = OBJECTS[kind]
    register(from_optimistix("theirs", solver))
    assert measure(replace(CELL, problem=problem, solver="theirs")).figures[share] >= 0.75


def test_what_is_no_solver_or_needs_residuals_is_said():
    with pytest.raises(TypeError, match="a solver object of optimistix is needed, got int"):
        from_optimistix("theirs", 1)
    register(from_optimistix("theirs", OBJECTS["squares"][0]))
    with pytest.raises(Exception, match="no residuals: not a sum of squares") as refused:
        measure(replace(CELL, solver="theirs"))
    assert isinstance(refused.value.__context__ or refused.value, CannotSolve) or "Unsupported" in refused.type.__name__


def test_a_chain_of_optax_with_a_schedule_is_a_solver():
    rule = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(optax.cosine_decay_schedule(0.3, 400)))
    register(from_optax("clipped", rule))
    figures = measure(replace(CELL, solver="clipped")).figures
    assert figures["f_best"] < 1e-3
    assert figures["n_g"] == figures["steps_sum"] + CELL.batch
    assert figures["solver_options"] == '{"patience": 1000}'


def test_a_function_is_told_what_it_asks_for():
    told = {}

    def shaken(fn, x0, *, gtol, max_steps, key):
        told.update(max_steps=max_steps)
        return x0 + jnp.where(gtol > 0, 1.0, jnp.nan) * jax.random.normal(key, x0.shape)

    register(from_function("shaken", shaken))
    assert measure(replace(CELL, solver="shaken", batch=8)).figures["f_best"] > 0
    assert told == {"max_steps": 400}


def options(tmp_path, **given):
    return resolve(given, tmp_path, {})


def test_a_race_parts_names_that_hold_colons(tmp_path):
    race = options(tmp_path, race="gd:newton,optax:lion:gd:learning_rate=0.1, scipy:bfgs:optax:adam").race
    assert race == (("gd", "newton"), ("optax:lion", "gd:learning_rate=0.1"), ("scipy:bfgs", "optax:adam"))
    with pytest.raises(UsageError, match='--race "gd" is not understood; give two solvers, A:B'):
        options(tmp_path, race="gd")
    with pytest.raises(UsageError, match="certified has no starts"):
        options(tmp_path, race="gd:certified")


def test_races_are_run_where_they_are_asked_for(tmp_path):
    from bench import bench_peers

    asked = options(tmp_path, race="gd:adam", problems="beale,himmelblau", size="smoke")
    cells = list(bench_peers.cells(asked))
    assert [(cell.problem, cell.solver, cell.peer, cell.peer_tuned) for cell in cells] == [
        ("himmelblau", "gd", "adam", True),
        ("beale", "gd", "adam", True),
    ]
    assert {cell.problem for cell in bench_peers.cells(options(tmp_path, problems="beale", size="smoke"))} == {"beale"}
    assert len(list(bench_peers.cells(options(tmp_path, size="smoke")))) == len(bench_peers._RACES)


def test_each_of_a_race_has_its_own_step_size():
    own = replace(CELL, solver="adam:learning_rate=1.0", peer="gd", peer_tuned=True, batch=8)
    assert measure(own).figures["peer_frac_stationary"] == 1.0
    lent = replace(own, peer_tuned=False)
    assert measure(lent).figures["peer_frac_stationary"] == 0.0  # gd with the step size 1 leaves the box


def test_evaluations_become_steps_where_a_steps_are_known(tmp_path):
    from bench.plan import matrix

    given = options(tmp_path, size="smoke", **{"max_evaluations": "30"})
    limits = {cell.solver: cell.max_steps for cell in matrix.cells(given, ["beale"], ["gd", "newton", "adam"])}
    assert limits["gd"] == limits["adam"] == 30
    assert limits["newton"] == 15
