"""Crossovers are read off the rows, and only rows that arrived count."""

import io

import pytest

from results import console, to_frame
from results.analysis.costs import Cost
from results.terminal.scaling import crossovers, render_scaling
from tests.results.terminal.test_summary import row


def cell(solver, n, time, **figures):
    return row(solver, "solve", problem=f"bowl-n{n}", n_dim=n, batch=1, time_median_s=time, **figures)


def costs(**seconds):
    """Of each solver at n = 2, 10 and 100; rounds lie within a tenth of their median."""
    return {
        n: {name: Cost(of[k], 0.95 * of[k], 1.05 * of[k]) for name, of in seconds.items() if of[k]}
        for k, n in enumerate((2, 10, 100))
    }


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        ({"newton": [1, 2, 9], "gd": [3, 3, 3]}, ["newton is fastest up to n = 10, gd from n = 100."]),
        ({"gd": [3, 3, 3]}, ["gd is fastest at every n from 2 to 100."]),
        ({"newton": [1, 2, 3], "gd": [1.2, 2, 3]}, ["gd and newton are fastest at every n from 2 to 100."]),
        (
            {"newton": [1, 2.9, 9], "gd": [3, 3, 3]},
            [
                "newton is fastest up to n = 2, gd and newton from n = 10.",
                "gd and newton are fastest up to n = 10, gd from n = 100.",
            ],
        ),
        ({"newton": [1, 2, None], "gd": [3, 3, 3]}, ["newton is fastest up to n = 10, gd from n = 100."]),
    ],
)
def test_the_lead_changes_hands_between_two_sizes(seconds, lines):
    assert crossovers(costs(**seconds)) == lines


def test_the_table_charges_failures_and_leaves_out_who_finds_no_minimum_or_has_no_starts():
    rows = [cell("newton", n, n * 1e-6) for n in (100, 2, 10)]
    rows += [cell("gd", n, 2.5e-6, frac_minimum=0.5 if n < 100 else 0.0) for n in (2, 10, 100)]
    rows += [cell("closed-form", n, 1e-9) | {"solver_kind": "exact"} for n in (2, 10, 100)]
    out = io.StringIO()
    render_scaling(to_frame(rows), console(out))
    assert [line.rstrip() for line in out.getvalue().splitlines()] == [
        "",
        "bowl (float64): time per minimum against n, failures charged",
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
