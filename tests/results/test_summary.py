"""What a person reads at the end of a run: figures that stand in the rows, sentences that follow from them."""

import io

import pytest

from results import console, render, render_footer, schema, to_frame
from results.format import duration, percent, significant
from results.reading import reading


def row(solver, kind, **figures):
    known = {
        "schema_version": "1.0", "run_id": "r", "cell_id": f"{solver}-himmelblau", "attempt": 1, "status": "ok",
        "problem": "himmelblau", "n_dim": 2, "solver": solver, "solver_kind": kind, "batch": 100, "dtype": "float64",
        "device": "cpu", "seed": 0, "max_steps": 500, "truth_standing": "proved", "truth_complete": True,
        "n_points_known": 9, "n_minimum": 100, "n_saddle": 0, "n_maximum": 0, "n_singular": 0, "n_not_stationary": 0,
        "n_converged": 100, "n_max_steps": 0, "n_stalled": 0, "n_diverged": 0, "n_nonfinite": 0, "n_singular_step": 0,
        "frac_stationary": 1.0, "frac_minimum": 1.0, "frac_global": 1.0, "digits_median": 15.0, "steps_median": 6.0,
        "time_median_s": 1e-4, "compile_s": 1.1,
    }  # fmt: skip
    return schema.blank_row() | known | figures


NEWTON = row("newton", "solve", n_minimum=57, n_saddle=43, frac_minimum=0.57, frac_global=0.57)
GD = row("gd", "descend", time_median_s=9e-4, digits_median=9.1, steps_median=310.0)
NOWHERE = {"frac_stationary": 0.0, "frac_minimum": 0.0, "n_minimum": 0, "n_not_stationary": 100, "n_converged": 0}


def read_rows(*rows):
    return reading(to_frame(rows))


def test_newton_is_faster_but_finds_saddles():
    assert read_rows(NEWTON, GD) == "newton is 9x faster per start than gd. 43 % of newton's ends are saddles."


def test_a_slower_newton_that_finds_minima():
    slow = row("newton", "solve", time_median_s=1.8e-3)
    assert read_rows(slow, GD) == "gd is 2x faster per start than newton."
    wrong = slow | {"n_minimum": 90, "n_saddle": 10, "frac_minimum": 0.9}
    assert read_rows(wrong, GD) == "gd is 2x faster per start than newton. 10 % of newton's ends are saddles."


def test_a_plateau_is_no_minimum():
    flat = {"n_minimum": 0, "n_saddle": 0, "n_singular": 100, "frac_minimum": 0.0}
    text = read_rows(NEWTON | flat, GD)
    assert text.endswith("100 % of newton's ends are too flat to tell (singular).")
    # The descent that finds minima speaks for its kind, however fast another one leaps to the plateau.
    leaping = row("leap", "descend", time_median_s=1e-9) | flat
    assert "leap" not in read_rows(NEWTON, GD, leaping)


def test_speed_is_never_compared_without_saying_who_arrived():
    half = GD | {"frac_stationary": 0.5, "n_not_stationary": 50, "n_minimum": 50}
    assert "(stationary from 100 % and 50 % of the starts)" in read_rows(NEWTON, half)


@pytest.mark.parametrize(
    ("stop", "why"),
    [
        ({"n_max_steps": 100}, "it needs more than 500 steps"),
        ({"n_diverged": 60, "n_max_steps": 40}, "it diverges"),
        ({"n_nonfinite": 100}, "it leaves the domain of f"),
        ({"n_stalled": 100}, "its gradient stops shrinking"),
    ],
)
def test_why_a_solver_never_arrives(stop, why):
    lost = GD | NOWHERE | stop
    expected = f"newton reaches a stationary point from 100 % of the starts, gd from none: {why}."
    assert read_rows(row("newton", "solve"), lost) == expected


def test_nobody_arrives():
    lost = NOWHERE | {"n_max_steps": 100}
    why = "it needs more than 500 steps"
    text = f"Neither newton ({why}) nor gd ({why}) reaches a stationary point from any start."
    assert read_rows(NEWTON | lost, GD | lost) == text


def test_the_best_descent_speaks_for_its_kind():
    adam = row("adam", "descend", time_median_s=2e-4, frac_stationary=0.9, n_minimum=90, n_not_stationary=10)
    assert "than gd" in read_rows(NEWTON, GD, adam)


def test_the_closed_form_is_set_beside_the_iteration():
    exact = row("closed-form", "exact", batch=1, time_median_s=1.2e-5, digits_median=10.9)
    newton = row("newton", "solve", digits_median=9.8)
    assert read_rows(exact, newton) == "closed-form takes 12 us for 10.9 digits, newton 1 us for 9.8."


def test_the_published_start_that_ends_on_a_saddle():
    assert read_rows(NEWTON | {"start_kind": "saddle"}).endswith("From the published start newton ends on a saddle.")


def test_rows_that_failed_say_nothing():
    assert read_rows(NEWTON | {"status": "timeout"}, GD | {"status": "crash"}) == ""


def test_the_table():
    exact = row("closed-form", "exact", batch=1, status="unsupported", status_detail="no formula known")
    out = io.StringIO()
    render(to_frame([exact, NEWTON, GD]), console(out))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert lines == [
        "",
        "himmelblau   n=2   100 starts   float64   cpu   truth: proved, 9 known points, complete",
        "  solver       kind     time/start  steps  stationary  minimum  global  digits  compile",
        "  closed-form  unsupported: no formula known",
        "  newton       solve          1 us      6       100 %     57 %    57 %    15.0    1.1 s",
        "  gd           descend        9 us    310       100 %    100 %   100 %     9.1    1.1 s",
        "  -> newton is 9x faster per start than gd. 43 % of newton's ends are saddles.",
    ]


def test_the_footer_counts_and_explains():
    out = io.StringIO()
    bad = NEWTON | {
        "status": "timeout",
        "status_detail": "did not finish within 1 s [of its compile]",
        "cell_id": "slow",
    }
    render_footer(to_frame([GD, bad]), "results.csv", "report.html", "pytest bench", console(out))
    assert out.getvalue().splitlines() == [
        "",
        "1 of 2 cells ok; 1 timeout",
        "  timeout: slow: did not finish within 1 s [of its compile]",
        "rows: results.csv",
        "report: report.html",
        "again: pytest bench",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1.94, "1.9 s"), (0.0046, "4.6 ms"), (4.56e-6, "4.6 us"), (1e-10, "0.1 ns"), (123.4, "123 s"), (None, "")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100 %"), (0.9999, "> 99 %"), (0.0, "0 %"), (0.0001, "< 1 %"), (0.57, "57 %")]
)
def test_percentages_round_neither_to_all_nor_to_none(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (19084, "19084"), (0.0123, "0.012"), (62.5, "62"), (6.25, "6.2")]
)
def test_significant_digits(value, text):
    assert significant(value) == text
