"""The way to a loss fixed beforehand: rows are whole runs of so many steps, and what is late has not arrived."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bench import bench_networks
from bench.measuring import measure
from bench.measuring.aims import learning
from bench.measuring.aims.learning import Seen
from bench.measuring.honesty import FalseTruth
from bench.measuring.starts import draw
from bench.plan.cell import Cell
from bench.plan.options import resolve
from problems import HeldOut, Problem, random_rows
from problems.registry import register
from results import schema
from results.bounds import contradictions
from results.rows import blank_row, check_values
from solvers import Solution, find

RNG = np.random.default_rng(0)
A = RNG.standard_normal((40, 2))
Y = A @ np.array([1.0, -2.0]) + 0.1 * RNG.standard_normal(40)
LOWEST = float(np.sum((Y - A @ np.linalg.lstsq(A, Y, rcond=None)[0]) ** 2) / 40)
LINE = Problem.from_loss(
    lambda w, data: jnp.mean((data[0] @ w - data[1]) ** 2),
    np.zeros(2),
    (A, Y),
    name="learning-line",
    target=1.01 * LOWEST,
    sample=random_rows(10),
    held_out=HeldOut(lambda: (A[:4], Y[:4]), lambda w, told: jnp.mean((told[0] @ w > 0) == (told[1] > 0))),
)
CELL = Cell(
    *("learning-line", "gd:learning_rate=0.1", 2, "float64", 0, 1e-12, 10_000),
    rounds=1, timed_s=0.0, study="networks", budget_s=20.0, learning=True,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _registered(own_problems):
    register("learning-line", lambda: LINE)


def measured(cell):
    found = measure.measure(cell)
    row = blank_row() | cell.identity() | {"solver_kind": find(cell.solver).kind} | found.figures
    assert list(contradictions(row)) == []
    for each in found.series["learning"]:
        check_values(each, schema.TABLES["learning"])
    return row, found.series["learning"]


def test_gradient_descent_on_a_line_as_a_loop_in_numpy():
    """w <- w - 0.1 * 2 A'(A w - y) / 40 from the starts that the seed draws: f, accuracy and work of every row."""
    row, rows = measured(CELL)
    for start, w in enumerate(draw(LINE, 2, 0).T):
        of_start, path = [each for each in rows if each["start"] == start], [w]
        for _ in range(max(each["step"] for each in of_start)):
            path.append(path[-1] - 0.1 * 2 * A.T @ (A @ path[-1] - Y) / 40)
        f = np.array([np.mean((A @ w - Y) ** 2) for w in path])
        for each in of_start:
            assert each["f"] == pytest.approx(f[each["step"]], rel=1e-9)
            assert each["accuracy"] == np.mean((A[:4] @ path[each["step"]] > 0) == (Y[:4] > 0))
            assert each["n_gradients"] == each["step"] + 1
        first = np.argmax(f <= LINE.target)
        arrived = min(each["step"] for each in of_start if each["f"] <= LINE.target)
        assert first <= arrived <= max(first + 1, 1.1 * first)
    assert (row["frac_target"], row["remark"], row["batch"]) == (1.0, None, 2)
    assert 0 < row["reached_s"] <= row["time_median_s"]


def test_a_minibatch_is_judged_by_f_and_counted_by_its_rows():
    row, rows = measured(replace(CELL, solver="minibatch:gd:learning_rate=0.01", batch=1, budget_s=0.2))
    for each in rows:
        assert each["n_gradients"] == pytest.approx((each["step"] + 1) * 10 / 40)
    assert row["n_g"] == np.ceil((row["steps_sum"] + 1) / 4)
    assert min(each["f"] for each in rows) >= LOWEST
    assert row["flops"] is None


def test_what_the_budget_does_not_reach_says_so_and_work_is_in_gradients():
    row, rows = measured(replace(CELL, solver="newton", batch=1, problem="rastrigin-n20", budget_s=0.05))
    assert (row["frac_target"], row["reached_s"]) == (0.0, None)
    assert row["remark"].startswith("1 of 1 starts did not come to f = ")
    assert rows[-1]["n_gradients"] == rows[-1]["step"] + 1 + 20 * rows[-1]["step"]
    assert rows[-1]["accuracy"] is None
    assert row["program_bytes"] > 0


def runs(f_of, seconds_a_step=1.0, most=10**6, target=1.0):
    made = []

    def run(steps):
        steps = min(steps, most)
        made.append(steps)
        ended = Solution(np.zeros((1, 1)), np.zeros(1, int), np.array([steps]))
        return Seen(ended, seconds_a_step * steps or 1e-9, f_of(steps), f_of(steps) <= target)

    return run, made


def test_calls_double_and_part_the_steps_in_which_the_aim_was_reached():
    run, made = runs(lambda steps: 100 / (1 + steps))
    way = learning._way(run, 1e6, 10**6)
    assert made == [0, 1, 2, 4, 8, 16, 32, 64, 128, 91, 108, 99]
    assert learning._end(way, 1e6).steps == 99


def test_the_budget_the_step_limit_and_a_lane_that_stops_end_a_way():
    never = lambda steps: 2.0  # noqa: E731
    assert runs_of(never, budget_s=50.0) == [0, 1, 2, 4, 8, 16, 32, 50]
    assert runs_of(never, budget_s=70.0) == [0, 1, 2, 4, 8, 16, 32, 64]
    assert runs_of(never, steps=5) == [0, 1, 2, 4, 5]
    assert runs_of(never, most=3) == [0, 1, 2, 3]
    assert runs_of(lambda steps: 0.5) == [0]


def runs_of(f_of, budget_s=1e6, steps=10**6, **words):
    run, made = runs(f_of, **words)
    learning._way(run, budget_s, steps)
    return made


def test_what_arrives_after_the_budget_has_not_arrived():
    run, _ = runs(lambda steps: 2.0 / max(1, steps))
    late = [run(0), run(2)]
    assert learning._end(late, 1.0).steps == 2
    figures = learning._told([False], 1.0, 1.0)
    assert figures == "1 of 1 starts did not come to f = 1 in 1 s."


def test_samples_that_are_no_estimate_and_accuracies_that_are_no_share_are_refused(monkeypatch):
    twice = replace(LINE, sample=lambda key, data: jax.tree.map(lambda leaf: 2 * leaf[:10], data))
    monkeypatch.setattr(measure, "get", lambda name: twice)
    with pytest.raises(FalseTruth, match=r"the samples of learning-line are refused: .* biased"):
        measure.measure(replace(CELL, solver="minibatch:gd"))
    percent = replace(LINE, held_out=HeldOut(tuple, lambda w, told: 100.0 + 0 * w[0]))
    with pytest.raises(FalseTruth, match="accuracy of 100"):
        learning._accuracy(percent, np.zeros(2))


def test_the_study_follows_every_solver_on_every_network(tmp_path):
    cells = list(bench_networks.cells(resolve({"size": "quick", "budget": "3"}, tmp_path, {})))
    assert len(cells) == len({cell.id for cell in cells}) == 2 * len(bench_networks.SOLVERS_LEARNING)
    assert {(cell.budget_s, cell.batch, cell.study, cell.learning) for cell in cells} == {(3.0, 3, "networks", True)}
    assert {find(cell.solver).way for cell in cells} == {"root-finding", "second order", "first order"}
    one = list(bench_networks.cells(resolve({"size": "smoke", "solvers": "adam"}, tmp_path, {})))
    assert [(cell.problem, cell.batch) for cell in one] == [("digits-64-3-10", 1)]
