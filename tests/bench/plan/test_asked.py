"""Every benchmark file obeys the options that say what is measured, or says in a line why not."""

from importlib import import_module

import pytest

from bench import SUITE
from bench.plan.asked import left_out
from bench.plan.options import resolve
from bench.plan.parsers import LONGEST_S
from solvers import find

FILES = {path.stem: import_module(f"bench.{path.stem}") for path in sorted(SUITE.glob("bench_*.py"))}
GIVEN = {
    "problems": "himmelblau,quadratic-n2",
    "solvers": "newton,gd-armijo,certified",
    "batch": "7",
    "max_steps": "33",
    "dtype": "float32",
    "budget": "500ms",
    "target": "1e-3",
}


def cells(tmp_path, file, **given):
    options = resolve({"size": "smoke"} | given, tmp_path, {})
    named = options.__class__(**{**vars(options), "named": True})
    return named, list(file.cells(named))


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_named_obeys_the_options(name, tmp_path):
    file = FILES[name]
    options, planned = cells(tmp_path, file, **GIVEN)
    assert planned
    assert {cell.problem for cell in planned} == set(options.problems)
    assert {cell.solver for cell in planned} <= {*options.solvers}
    assert {cell.dtype for cell in planned} == {"float32"}
    for cell in planned:
        assert cell.batch == (7 if find(cell.solver).from_starts else 1)
        assert cell.max_steps == (33 if find(cell.solver).from_starts else None)
    missing = list(left_out(options, planned))
    assert bool(missing) == hasattr(file, "WHY_NOT")
    if not missing:
        assert {cell.solver for cell in planned} == set(options.solvers)
        assert {(cell.budget_s, cell.target) for cell in planned} == {(0.5, 1e-3)}


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("bench_peers", ["--budget 500ms", "--solvers certified,gd-armijo"]),
        ("bench_scaling_devices", ["--budget 500ms", "--target 1e-3", "--solvers certified"]),
    ],
)
def test_what_is_not_obeyed_is_named(name, missing, tmp_path):
    options, planned = cells(tmp_path, FILES[name], **GIVEN)
    assert list(left_out(options, planned)) == missing


def test_a_deadline_grows_with_the_budget_and_can_still_be_waited_for(tmp_path):
    def deadlines(**given):
        solvers = {"size": "smoke", "solvers": "newton,certified", "problems": "himmelblau"}
        planned = FILES["bench_problems"].cells(resolve(solvers | given, tmp_path, {}))
        return {cell.solver: cell.timeout_s for cell in planned}

    assert deadlines(budget="2s") == {"newton": 180.0, "certified": 62.0}
    assert deadlines(budget="1e6") == {"newton": LONGEST_S, "certified": LONGEST_S}
    assert deadlines(budget="2s", cell_timeout="5") == {"newton": 5.0, "certified": 5.0}


@pytest.mark.parametrize("name", FILES)
def test_without_options_a_file_measures_its_own(name, tmp_path):
    options, planned = cells(tmp_path, FILES[name])
    assert planned
    assert list(left_out(options, planned)) == []


def test_in_a_run_of_the_suite_a_study_measures_those_of_its_own_that_are_asked_for(tmp_path):
    options = resolve({"size": "smoke", "solvers": "newton,lbfgs"}, tmp_path, {})
    for name in ("bench_batch", "bench_scaling", "bench_growth", "bench_symbolic"):
        assert {cell.solver for cell in FILES[name].cells(options)} == {"newton"}
    assert {cell.solver for cell in FILES["bench_problems"].cells(options)} == {"newton", "lbfgs"}
    assert list(FILES["bench_stationary"].cells(options)) == []
