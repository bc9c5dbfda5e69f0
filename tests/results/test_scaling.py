"""Crossovers are read off the rows, and only rows that arrived count."""

import io

import pandas as pd

from results import console, to_frame
from results.scaling import crossovers, render_scaling
from tests.results.test_summary import row


def cell(solver, n, time, **figures):
    return row(solver, "solve", problem=f"bowl-n{n}", n_dim=n, batch=1, time_median_s=time, **figures)


def test_the_lead_changes_hands_between_two_sizes():
    times = pd.DataFrame({"newton": [1.0, 2.0, 9.0], "gd": [3.0, 3.0, 3.0]}, index=[2, 10, 100])
    assert crossovers(times) == ["newton is fastest up to n = 10, gd from n = 100."]
    assert crossovers(times[["gd"]]) == ["gd is fastest at every n from 2 to 100."]


def test_the_table_leaves_out_who_did_not_arrive():
    rows = [cell("newton", n, n * 1e-6) for n in (100, 2, 10)]
    rows += [cell("gd", n, 5e-6, frac_stationary=1.0 if n < 100 else 0.5) for n in (2, 10, 100)]
    out = io.StringIO()
    render_scaling(to_frame(rows), console(out))
    assert [line.rstrip() for line in out.getvalue().splitlines()] == [
        "",
        "bowl (float64): time per start against n",
        "       n        newton            gd",
        "       2          2 us          5 us",
        "      10         10 us          5 us",
        "     100        100 us             -",
        "  -> newton is fastest up to n = 2, gd from n = 10.",
        "  -> gd is fastest up to n = 10, newton from n = 100.",
    ]


def test_two_sizes_say_nothing():
    out = io.StringIO()
    render_scaling(to_frame([cell("newton", 2, 1.0), cell("newton", 3, 1.0), cell("gd", 2, 1.0)]), console(out))
    assert out.getvalue() == ""
