"""The growth and race tables: fitted from rows, and absent where there is nothing to say."""

import io

import pandas as pd
import pytest
from rich.console import Console

from results.table import to_frame
from results.terminal.growth import exponent, render_growth
from results.terminal.races import render_races
from tests.results.terminal.test_summary import NEWTON


def printed(render, rows):
    out = io.StringIO()
    render(to_frame(rows), Console(file=out, width=200, no_color=True))
    return out.getvalue()


@pytest.mark.parametrize("power", [0.5, 1.0, 1.3])
def test_the_exponent_of_a_power_law_is_found(power):
    sizes = pd.Series([1e3, 1e4, 1e6])
    assert exponent(sizes, 3e-7 * sizes**power) == pytest.approx(power)


def test_growth_wants_three_batches():
    rows = [
        NEWTON | {"cell_id": f"b{batch}", "batch": batch, "time_median_s": batch * 1e-6} for batch in (1000, 10_000)
    ]
    assert printed(render_growth, rows) == ""
    rows.append(NEWTON | {"cell_id": "b5", "batch": 100_000, "time_median_s": 0.1})
    assert "exponent 1.00   1 us a start at 1000, 1 us at 100000" in printed(render_growth, rows)


def test_a_race_shows_both_times_and_what_both_reached():
    race = {"peer": "optimistix-newton", "peer_time_median_s": 1.2, "peer_frac_stationary": 0.5, "ratio_to_peer": 60.0}
    assert printed(render_races, [NEWTON]) == ""
    line = printed(render_races, [NEWTON | race | {"time_median_s": 0.02}]).splitlines()[-1]
    for part in ("newton", "optimistix-newton", "20 ms", "1.2 s", "60x", "50 %"):
        assert part in line
