"""Races: one of our solvers against another library's, in rounds taken in turns."""

import pandas as pd
from rich.console import Console

from results.analysis.costs import Row
from results.format import duration, factor, percent, print_columns

_HEAD = ("solver", "problem", "starts", "time", "peer", "its time", "ratio", "stationary", "its own")
_TEXTS = ("solver", "problem", "peer")


def render_races(frame: pd.DataFrame, out: Console) -> None:
    """Prints how many times faster than each peer; nothing where there was no race."""
    races = frame[frame["peer"].notna() & (frame["status"] == "ok")]
    if races.empty:
        return
    title = "against the peers, on the same starts, in turns: ratio = the peer's time over ours"
    print_columns(out, title, _HEAD, [_line(row) for row in races.itertuples()], _TEXTS)


def _line(row: Row) -> tuple[str, ...]:
    times = duration(row.time_median_s), duration(row.peer_time_median_s)
    shares = percent(row.frac_stationary), percent(row.peer_frac_stationary)
    return row.solver, row.problem, str(row.batch), times[0], row.peer, times[1], factor(row.ratio_to_peer), *shares
