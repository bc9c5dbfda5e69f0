"""What no row may say: figures beyond their limits, parts that do not add up, figures that contradict each other."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pandas as pd

from results.schema import ACCURACIES, COLUMNS, ENDS, GOALS, KEY, QUANTILES, STATIONARY, STOPS, UNJUDGED, arrivals_of

Figures = Mapping[str, Any]
"""A row; None where there is no figure."""

_POSITIVE = ("compile_s", "first_call_s", "time_min_s", "time_median_s", "peer_time_median_s")
"""What takes time takes some."""
_ORDERED = (
    ("time_min_s", "time_median_s"),
    ("steps_median", "steps_p90", "steps_max", "steps_sum"),
    ("grad_norm_median", "grad_norm_max"),
    ("f_gap_min", "f_gap_median"),
    ("frac_minimum", "frac_stationary"),
    ("frac_global", "frac_stationary"),
    ("n_points_found", "n_points_known"),
    ("n_minimum", arrivals_of("minimum", ACCURACIES[-1])[0]),
    *(tuple(arrivals_of(goal, digits)[0] for goal in GOALS) for digits in ACCURACIES),
    *(tuple(arrivals_of(goal, digits)[1] for goal in reversed(GOALS)) for digits in ACCURACIES),
    *(tuple(arrivals_of(goal, digits)[0] for digits in reversed(ACCURACIES)) for goal in GOALS),
    *(tuple(arrivals_of(goal, digits)[1] for digits in ACCURACIES) for goal in GOALS),
)
"""None is larger than the next: who is at the global minimum is at one, and who has eight digits had five before."""
_REFEREES = (
    *(f"n_{end}" for end in ENDS),
    *(f"frac_{share}" for share in (*GOALS, "target")),
    *(arrivals_of(goal, digits)[0] for goal in GOALS for digits in ACCURACIES),
    *("n_outside", "n_below", "n_points_found", "grad_norm_median", "grad_norm_max", "x_error_median", "digits_median"),
)
"""What only the referee can say, of end points that it saw."""
_SPREAD = ("steps", "f_gap", "grad_norm")
"""Of what targets and traces have columns _p10 to _p90."""
_EQUAL = 1e-6
"""What is computed of the same figures differs by less."""


def contradictions(row: Figures) -> Iterator[str]:
    """What is wrong with the figures of a row, a line each; nothing is said of figures that are missing."""
    yield from _beyond_limits(row)
    yield from _unseen(row)
    yield from (f"{name} is 0; it takes time" for name in _POSITIVE if row[name] == 0)
    yield from _disordered(row)
    yield from _parts(row)
    yield from _computed(row)


def _beyond_limits(row: Figures) -> Iterator[str]:
    for column in COLUMNS:
        value = row[column.name]
        if value is not None and column.least is not None and value < column.least:
            yield f"{column.name} is {value:g}; it cannot be less than {column.least:g}"
        if value is not None and column.most is not None and value > column.most:
            yield f"{column.name} is {value:g}; it cannot be more than {column.most:g}"


def _unseen(row: Figures) -> Iterator[str]:
    """Rows that another tool measured claim no more than that."""
    if row["origin"] is None:
        if row["status"] == UNJUDGED:
            yield f"status is {UNJUDGED}, but origin does not say which tool measured it"
        return
    if row["status"] == "ok":
        yield f"status is ok, but the row is of {row['origin']}: {UNJUDGED} is what such rows are"
    for name in _REFEREES:
        if row[name] is not None:
            yield f"{name} is {row[name]:g}; of a row of {row['origin']} the referee saw no end point"


def _disordered(row: Figures) -> Iterator[str]:
    for names in _ORDERED:
        known = [(name, row[name]) for name in names if row[name] is not None]
        for (name, value), (larger, most) in pairwise(known):
            if value > most + _EQUAL * abs(most):
                yield f"{name} is {value:g}, more than {larger}, which is {most:g}"


def _parts(row: Figures) -> Iterator[str]:
    """Every lane has ended on something, and for a reason; an exact solver's are the points that it returns."""
    ends = _total(row, ENDS)
    lanes = ends if row["solver_kind"] == "exact" else row["batch"]
    for what, total in (("ends", ends), ("stops", _total(row, STOPS))):
        if None not in (total, lanes) and total != lanes:
            yield f"the {what} add up to {total} of {lanes} lanes"
    for column in (
        "n_outside",
        "n_below",
        "n_target",
        *(arrivals_of("stationary", digits)[0] for digits in ACCURACIES),
    ):
        if None not in (row[column], lanes) and row[column] > lanes:
            yield f"{column} is {row[column]} of {lanes} lanes"
    stationary = _total(row, STATIONARY)
    for share, count in (("frac_stationary", stationary), ("frac_minimum", row["n_minimum"])):
        if None not in (row[share], count, ends) and ends and abs(row[share] * ends - count) > 0.5:
            yield f"{share} is {row[share]:g}, but {count} of {ends} lanes ended so"


def _total(row: Figures, parts: tuple[str, ...]) -> int | None:
    """None unless all are there; rows older than `n_done` had no lanes that stopped so."""
    counts = [row[f"n_{part}"] for part in parts if part != "done" or row["n_done"] is not None]
    return None if None in counts else sum(counts)


def _computed(row: Figures) -> Iterator[str]:
    time_s = row["time_median_s"]
    formulas = {
        "starts_per_s": (row["batch"], time_s),
        "ratio_to_peer": (row["peer_time_median_s"], time_s),
        "roofline_frac": (row["flops"], time_s, row["peak_flops_per_s"]),
    }
    for name, (above, *below) in formulas.items():
        if None in (row[name], above, *below) or 0 in below:
            continue
        expected = above
        for each in below:
            expected /= each
        if abs(row[name] - expected) > _EQUAL * abs(expected):
            yield f"{name} is {row[name]:g}; its other figures say {expected:g}"


def of_lanes(name: str, frame: pd.DataFrame) -> Iterator[str]:
    """What is wrong with targets or traces: quantiles out of their order, more lanes than there are."""
    orders = [[f"{of}_{quantile}" for quantile in QUANTILES] for of in _SPREAD]
    orders += [[count, "n_lanes"] for count in ("n_reached", "n_running")]
    for names in orders:
        for smaller, larger in pairwise(column for column in names if column in frame):
            wrong = frame[smaller] > frame[larger]
            for cell in frame.loc[wrong.fillna(False), "cell_id"].unique():
                yield f"{cell}: in {name}.csv {smaller} is more than {larger}"


def of_learning(frame: pd.DataFrame) -> Iterator[str]:
    """What is wrong with the ways of networks: calls without time, shares that are none, steps that are no work."""
    for cell in frame.loc[~frame["time_s"].gt(0), "cell_id"].unique():
        yield f"{cell}: in learning.csv a call took no time"
    for cell in frame.loc[frame["accuracy"].lt(0) | frame["accuracy"].gt(1), "cell_id"].unique():
        yield f"{cell}: in learning.csv accuracy is no share"
    ordered = frame.sort_values("step", kind="stable")
    ways = ordered.groupby([*KEY, "start"], sort=False)
    wrong = ways["n_gradients"].diff().le(0) | ways["step"].diff().eq(0).fillna(False)
    for cell in ordered.loc[wrong, "cell_id"].unique():
        yield f"{cell}: in learning.csv more steps are no more work"


def of_rounds(frame: pd.DataFrame, samples: pd.DataFrame) -> Iterator[str]:
    """What the timed rounds say against the rows: a round without time, others in number, another fastest one."""
    rounds = samples.groupby(list(KEY))["time_s"].agg(["count", "min"])
    for row in frame.merge(rounds, left_on=list(KEY), right_index=True).itertuples():
        if not row.min > 0:
            yield f"{row.cell_id}: a round took {row.min:g} s"
        if pd.notna(row.n_rounds) and row.n_rounds != row.count:
            yield f"{row.cell_id}: n_rounds is {row.n_rounds}, samples.csv has {row.count}"
        if pd.notna(row.time_min_s) and abs(row.time_min_s - row.min) > _EQUAL * row.min:
            yield f"{row.cell_id}: time_min_s is not the fastest of its rounds in samples.csv"
