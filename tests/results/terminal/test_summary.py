"""What a person reads at the end of a run: figures that stand in the rows, sentences that follow from them."""

import io

import pytest

from results import console, render, render_footer, to_frame
from results.format import duration, percent, significant
from results.rows import blank_row
from results.terminal import summary


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
    return blank_row() | known | figures


NEWTON = row("newton", "solve", n_minimum=57, n_saddle=43, frac_minimum=0.57, frac_global=0.57, time_iqr_s=4e-6)
GD = row("gd", "descend", time_median_s=9e-4, digits_median=9.1, steps_median=310.0)


def test_the_table():
    exact = row("closed-form", "exact", batch=1, status="unsupported", status_detail="no formula for all points")
    out = io.StringIO()
    render(to_frame([exact, NEWTON, GD]), console(out))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert lines == [
        "",
        "himmelblau   n=2   100 starts   float64   cpu   truth: proved, 9 known points, complete",
        "  solver       way           time/start  spread  steps  stationary  minimum  global  digits  compile",
        "  closed-form  unsupported: no formula for all points",
        "  newton       root-finding        1 us     4 %      6       100 %     57 %    57 %    15.0    1.1 s",
        "  gd           first order         9 us            310       100 %    100 %   100 %     9.1    1.1 s",
        "  -> newton is 5.1x faster per minimum than gd (minima from 57 % and 100 % of the starts). 43 % of",
        "     newton's ends are saddles.",
    ]


def test_a_call_of_a_formula_is_called_one_and_does_not_race_starts_for_the_bold_figure():
    exact = row("closed-form", "exact", batch=1, time_median_s=1e-9, n_minimum=3, n_saddle=1, frac_minimum=0.75)
    out = io.StringIO()
    shown = console(out)
    shown.no_color, shown._color_system = False, None
    render(to_frame([exact, NEWTON, GD]), shown)
    line = next(line for line in out.getvalue().splitlines() if "closed-form" in line)
    assert line.split()[:9] == ["closed-form", "exact", "1", "ns", "a", "call", "6", "4", "of"]
    best = [summary._best(column, list(to_frame([exact, NEWTON, GD]).itertuples())) for column in summary._COLUMNS]
    assert best[0] == NEWTON["time_median_s"]


@pytest.mark.parametrize("others", [[], [NEWTON, GD]])
def test_a_table_is_printed_once(others):
    """Exact solvers of different batches, closed-form and all-newton, had a table each, with both of them in it."""
    exact = [row(name, "exact", batch=batch) for name, batch in (("closed-form", 1), ("all-newton", 4096))]
    out = io.StringIO()
    render(to_frame([*exact, *others]), console(out))
    assert out.getvalue().count("himmelblau") == 1
    assert out.getvalue().count("  closed-form ") == 1
    assert ("starts" in out.getvalue().splitlines()[1]) == bool(others)


def test_missing_figures_are_empty_fields():
    exact = row("certified", "exact", batch=1, n_singular=None, truth_complete=None, time_iqr_s=None)
    out = io.StringIO()
    render(to_frame([exact, GD | {"truth_complete": None, "time_median_s": None, "digits_median": None}]), console(out))
    assert "truth: proved, 9 known points\n" in out.getvalue()


def test_no_line_breaks_before_a_percent_sign():
    for width in range(60, 100):
        out = console(io.StringIO())
        out.width = width
        render(to_frame([NEWTON, GD]), out)
        assert not [line for line in out.file.getvalue().splitlines() if line.strip().startswith("%")]


def test_what_is_known_of_the_answer_without_a_point():
    out = io.StringIO()
    render(to_frame([NEWTON | {"n_points_known": None}, GD | {"n_points_known": None}]), console(out))
    assert out.getvalue().splitlines()[1].endswith("truth: proved")
    render(to_frame([NEWTON | {"n_points_known": None, "truth_standing": "unknown"}]), console(out))
    assert "truth: unknown" in out.getvalue()


def test_the_footer_counts_and_explains(tmp_path):
    out = io.StringIO()
    bad = NEWTON | {
        "status": "timeout",
        "status_detail": "did not finish within 1 s [of its compile]",
        "cell_id": "slow",
    }
    (tmp_path / "failures.log").write_text("slow, attempt 1")
    csv, page = tmp_path / "results.csv", tmp_path / "report.html"
    render_footer(to_frame([GD, bad]), csv, page, "pytest bench", console(out))
    assert out.getvalue().splitlines() == [
        "",
        "1 of 2 cells ok; 1 timeout",
        "  timeout: slow: did not finish within 1 s [of its compile]",
        f"tracebacks: {tmp_path / 'failures.log'}",
        f"rows: {csv}",
        f"report: {page}",
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
