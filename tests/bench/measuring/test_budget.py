"""Seconds become a step limit: by pilots whose times are worked by hand, and in a row."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from bench.measuring import budget
from bench.measuring.measure import Unsupported, measure
from bench.plan.cell import Cell
from solvers import CannotSolve

CELL = Cell("himmelblau", "gd:learning_rate=1e-7", 4, "float64", 0, 1e-8, 10**6, rounds=1, timed_s=0.0, budget_s=1.0)


def affordable(monkeypatch, seconds_of, ends_after=10**9, seconds=1.0, most=10**6):
    asked = []

    def pilot(program, rate, limit, most_s):
        asked.append(limit)
        return seconds_of(limit), limit < ends_after

    monkeypatch.setattr(budget, "_pilot", pilot)
    limit = budget._affordable(replace(CELL, max_steps=most), SimpleNamespace(), 1.0, seconds)
    return limit, sum(map(seconds_of, asked))


def test_steps_that_cost_the_same_fill_the_seconds(monkeypatch):
    limit, spent_s = affordable(monkeypatch, lambda limit: 0.01 + 1e-3 * limit)
    assert 980 <= limit <= 990  # 0.01 + 0.99
    assert spent_s < 2.0


def test_steps_that_become_cheaper_stay_within_the_seconds(monkeypatch):
    """Half of the lanes stop after 100 steps: what the last steps cost is an upper bound of what the next do."""

    def seconds(limit):
        return 1e-3 * min(limit, 100) + 5e-4 * max(0, limit - 100)

    limit, _ = affordable(monkeypatch, seconds)
    assert 0.8 < seconds(limit) <= 1.0


def test_steps_that_become_dearer_are_interpolated(monkeypatch):
    limit, _ = affordable(monkeypatch, lambda limit: 1e-6 * limit**2)
    assert 500 < limit <= 1000


def test_lanes_that_end_by_themselves_keep_their_limit(monkeypatch):
    assert affordable(monkeypatch, lambda limit: 1e-3 * limit, ends_after=60)[0] == 10**6
    assert affordable(monkeypatch, lambda limit: 1e-3, most=50)[0] == 50


def test_a_step_beyond_the_seconds_is_refused(monkeypatch):
    with pytest.raises(CannotSolve, match=r"a step of 4 starts takes 2 s; it had 1 s"):
        affordable(monkeypatch, lambda limit: 2.0)


def test_a_row_names_the_limit_that_its_seconds_allow():
    """A step size of 1e-7 gets nowhere in a tenth of a second, on a busy machine in a few steps."""
    row = measure(replace(CELL, budget_s=0.1, max_steps=10**8)).figures
    assert 0 < row["max_steps"] < 10**8
    assert row["steps_max"] == row["max_steps"]
    assert row["n_max_steps"] > 0
    assert row["time_min_s"] < 1.0
    assert f"The step limit is what 0.1 s allow, {row['max_steps']} of 100000000." in row["remark"]


def test_what_has_no_steps_of_ours_is_refused_if_it_is_late():
    formula = replace(CELL, solver="closed-form", problem="quadratic-n2", batch=1, max_steps=None)
    row = measure(formula).figures
    assert (row["max_steps"], row["remark"]) == (None, None)
    with pytest.raises(Unsupported, match=r"a call takes .* s and has no step limit of ours; it had 1e-09 s"):
        measure(replace(formula, budget_s=1e-9))
