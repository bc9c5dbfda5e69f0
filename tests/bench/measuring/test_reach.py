"""A budget of seconds: starts are drawn until one has reached the lowest f, what comes too late has not arrived."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from bench import bench_reach, pytest_hooks
from bench.measuring import measure
from bench.measuring.aims import reach
from bench.measuring.referee import referee
from bench.plan.cell import Cell
from bench.plan.options import resolve
from problems import Problem, Truth, get
from results.bounds import contradictions
from results.rows import blank_row
from solvers import CannotSolve, find

CELL = Cell(
    "styblinski-tang-n5", "newton", 16, "float64", 0, 1e-8, 200, rounds=1, timed_s=0.0, study="reach", budget_s=20.0
)


def of_cell(cell):
    figures = measure.measure(cell).figures
    row = blank_row() | cell.identity() | {"solver_kind": find(cell.solver).kind} | figures
    assert list(contradictions(row)) == []
    return row


def test_starts_are_drawn_until_one_reaches_the_minimum():
    """Newton's method ends on the lowest of 243 points from about one start in 243 or more: one call is not enough."""
    row = of_cell(CELL)
    assert 0 < row["reached_s"] <= CELL.budget_s
    assert row["batch"] > CELL.batch
    assert 1 <= round(row["frac_target"] * row["batch"]) <= CELL.batch
    assert row["f_gap_min"] <= row["f_target"] - get(CELL.problem).truth.minimum
    assert row["n_g"] == row["steps_sum"] + row["batch"]


def test_what_never_gets_there_says_how_far_it_came():
    row = of_cell(replace(CELL, problem="rastrigin-n20", batch=4, budget_s=0.2))
    assert row["reached_s"] is None
    assert row["frac_target"] == 0
    assert row["remark"].startswith("Did not reach it in 0.2 s: ")
    assert row["f_best"] > row["f_target"]


def test_a_formula_takes_one_call_and_what_is_late_has_not_arrived(monkeypatch):
    formula = replace(CELL, solver="closed-form", batch=1, max_steps=None)
    assert of_cell(formula)["batch"] == 1
    assert of_cell(formula)["reached_s"] < 20
    late = of_cell(replace(formula, budget_s=1e-9))
    assert late["reached_s"] is None
    assert late["frac_target"] > 0
    assert late["remark"].startswith("Reached it after ")


def test_the_step_size_is_tuned_within_the_budget_and_charged():
    row = of_cell(replace(CELL, problem="quadratic-n2", solver="adam", batch=4, max_steps=2000, budget_s=9.0))
    assert row["reached_s"] == pytest.approx(row["tune_s"] + row["time_median_s"])


def test_ends_outside_the_box_have_not_reached_the_minimum_over_it():
    """Styblinski and Tang's function is lowest at -2.9 in the box; far outside nothing is."""
    problem = get("rosenbrock-n2")
    judge = referee(replace_box(problem, lower=-2.0, upper=0.5, minimum=0.0))
    ends = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert reach.there(judge, 1e-6, ends, "float64").tolist() == [False, False]
    assert reach.there(referee(problem), 1e-6, ends, "float64").tolist() == [True, False]


def replace_box(problem, lower, upper, minimum):
    return replace(
        problem,
        lower=np.full(2, lower),
        upper=np.full(2, upper),
        truth=Truth("best_known", "for the test", minimum),
        start=None,
    )


def test_without_a_minimum_a_target_is_the_aim_and_without_both_there_is_none():
    plain = Problem("p", lambda x, data: x @ x, -np.ones(2), np.ones(2), Truth("unknown", "nobody"), "test")
    assert reach.goal_of(replace(plain, target=0.25)) == 0.25
    with pytest.raises(CannotSolve, match="neither its minimum nor a target value of f is known"):
        reach.goal_of(plain)


def test_a_step_beyond_the_budget_is_refused_with_its_seconds_and_memory():
    slow = replace(CELL, budget_s=1e-9)
    with pytest.raises(measure.Unsupported, match=r"a step takes .* s and .* GiB of memory; it had 1e-09 s"):
        measure.measure(slow)


def named(words, root):
    """The options where the file is named."""
    return replace(resolve(words, root, {}), named=True)


def test_every_rung_knows_the_one_below_it(tmp_path):
    cells = list(bench_reach.cells(named({"size": "quick", "budget": "3"}, tmp_path)))
    assert len({cell.id for cell in cells}) == len(cells)
    assert {cell.budget_s for cell in cells} == {3.0}
    ids = {cell.id: place for place, cell in enumerate(cells)}
    lowest = [cell for cell in cells if cell.after is None]
    assert len(lowest) == len(bench_reach.WAYS) * (len(bench_reach._FAMILIES) + 1)
    for cell in cells:
        if cell.after:
            below = cells[ids[cell.after]]
            assert ids[below.id] == ids[cell.id] - 1
            assert (below.solver, get(below.problem).dim < get(cell.problem).dim) == (cell.solver, True)


def test_named_rungs_are_climbed_in_order_and_by_the_named_ways(tmp_path):
    words = {"problems": "rosenbrock-n20,rosenbrock-n3,mlp-digits-small", "solvers": "newton"}
    cells = list(bench_reach.cells(named(words, tmp_path)))
    assert [(cell.problem, cell.after is None) for cell in cells] == [
        ("mlp-digits-small", True),
        ("rosenbrock-n3", True),
        ("rosenbrock-n20", False),
    ]


def test_a_quick_run_of_everything_shows_the_study_at_a_glance(tmp_path):
    """Each family up in order; nothing beside problems or solvers that are named, nor in a smoke run."""
    shown = list(bench_reach.cells(resolve({"size": "quick"}, tmp_path, {})))
    assert {(cell.study, cell.budget_s) for cell in shown} == {("reach", 0.5)}
    assert [cell.after for cell in shown[:3]] == [None, shown[0].id, shown[1].id]
    assert {cell.id for cell in shown} < {cell.id for cell in bench_reach.cells(named({"size": "quick"}, tmp_path))}
    for words in ({"size": "smoke"}, {"problems": "beale"}, {"solvers": "newton"}):
        assert not [*bench_reach.cells(resolve({"size": "quick"} | words, tmp_path, {}))]
    assert len(list(bench_reach.cells(resolve({"size": "full"}, tmp_path, {})))) > 10 * len(shown)


def test_a_run_that_is_resumed_knows_which_files_were_named(tmp_path):
    facts = {"run_id": "r", "options": {}, "plan": {}, "files": ["x/bench_reach.py"]}
    (tmp_path / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    definition = SimpleNamespace(path=SimpleNamespace(name="bench_reach.py"))
    for resume, args, told in ((None, ["bench"], False), (None, ["bench_reach.py"], True), (tmp_path, ["bench"], True)):
        config = SimpleNamespace(stash={pytest_hooks.RESOLVED: SimpleNamespace(resume=resume)}, args=args)
        assert pytest_hooks._named(SimpleNamespace(definition=definition, config=config)) is told
