"""A few sentences of reading under each table, derived from its rows: no claim without a figure behind it."""

import re
from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

import pandas as pd

from results.analysis.costs import Cost, Row, cost, level
from results.analysis.expected import ORDER_OF_WAYS, way_of
from results.format import duration, factor, listed, missing, percent, several, significant
from results.schema import ENDS, STOPS


class _Goal(NamedTuple):
    """What starts are for."""

    share: str
    """The column that says how many get there."""
    one: str
    many: str


_GOALS = (
    _Goal("frac_minimum", "minimum", "minima"),
    _Goal("frac_stationary", "stationary point", "stationary points"),
)
"""The best first."""
_OTHERS = {
    "saddle": "saddles",
    "maximum": "maxima",
    "singular": "too flat to tell (singular)",
    "flat": "flat, with no stationary point shown to be near",
}


def reading(rows: pd.DataFrame) -> str:
    """What the rows of one problem say about "solve or descend?"; empty where they say nothing."""
    ok = [row for row in rows.itertuples() if row.status == "ok"]
    lanes = [row for row in ok if row.solver_kind != "exact" and _is_told(row)]
    champions = _champions(lanes)
    able = [row for row in champions if _goal_of(row)]
    unable = [row for row in champions if not _goal_of(row)]
    sentences = [text for pair in _pairs([*able, *unable]) for text in _duel(*pair)] if able else _nobody(unable)
    sentences += [text for row in champions for text in _no_minima(row)]
    sentences += _calls(ok, min(champions, key=_standing, default=None))
    return " ".join([*sentences, *_published_start(lanes), *_limits(ok)])


def _is_told(row: Row) -> bool:
    return not any(map(missing, (row.time_median_s, row.frac_minimum, row.frac_stationary))) and row.time_median_s > 0


def _champions(lanes: Sequence[Row]) -> list[Row]:
    """The best of each way, root-finding first and the peers last; of a single way its two best."""
    there = {way_of(row) for row in lanes}
    ranked = sorted(lanes, key=_standing)
    if len(there) == 1:
        return ranked[:2]
    return [next(row for row in ranked if way_of(row) == way) for way in ORDER_OF_WAYS if way in there]


def _standing(row: Row) -> tuple[float, ...]:
    """The cheapest minimum, failures charged; where there is none the cheapest stationary point, then the time."""
    costs = [cost(row, goal.share) for goal in _GOALS]
    return *(inf if each is None else each.seconds for each in costs), row.time_median_s


def _goal_of(row: Row) -> _Goal | None:
    """The best that some of its starts reach."""
    return next((goal for goal in _GOALS if cost(row, goal.share) is not None), None)


def _pairs(champions: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """The first two, and every other against the best of those before it; some of them reach something."""
    for number in range(1, len(champions)):
        yield min(champions[:number], key=_standing), champions[number]


def _duel(a: Row, b: Row) -> Iterator[str]:
    for goal in _GOALS:
        able = [(found, row) for row in (a, b) if (found := cost(row, goal.share)) is not None]
        if len(able) == 2:
            yield _race(able, goal)
            return
        if able:
            [(_, winner)] = able
            loser = b if winner is a else a
            why = "" if loser.frac_stationary else f": {_why(loser)}"
            reached = percent(getattr(winner, goal.share))
            yield f"{winner.solver} reaches a {goal.one} from {reached} of the starts, {loser.solver} from none{why}."
            return


def _nobody(rows: Sequence[Row]) -> list[str]:
    """Where no solver of several reaches a stationary point from any start."""
    told = [f"{row.solver} ({_why(row)})" for row in rows]
    if len(told) < 2:
        return []
    names = f"Neither {told[0]} nor {told[1]} reaches" if len(told) == 2 else f"None of {listed(told)} reaches"
    return [f"{names} a stationary point from any start."]


def _race(both: Sequence[tuple[Cost, Row]], goal: _Goal) -> str:
    (cheap, fast), (dear, slow) = sorted(both, key=lambda pair: pair[0])
    if level(cheap, dear):
        (_, fast), (_, slow) = both
        text = f"{fast.solver} and {slow.solver} are about as fast per {goal.one}"
    else:
        text = f"{fast.solver} is {factor(dear.seconds / cheap.seconds)} faster per {goal.one} than {slow.solver}"
    shares = [percent(getattr(row, goal.share)) for row in (fast, slow)]
    if shares[0] != shares[1]:
        text += f" ({goal.many} from {shares[0]} and {shares[1]} of the starts)"
    return text + "."


def _why(row: Row) -> str:
    """Why the lanes of a solver stopped, or most of them."""
    stops = {stop: count for stop in STOPS if not missing(count := getattr(row, f"n_{stop}"))}
    if not sum(stops.values()):
        return "it does not say why it stops"
    stop = max(stops, key=lambda stop: stops[stop])
    steps = "its steps" if missing(row.max_steps) else several(row.max_steps, "step")
    cause = f"{steps} did not suffice" if stop == "max_steps" else _CAUSES.get(stop, f"it stops as {stop}")
    share = stops[stop] / sum(stops.values())
    return cause if share == 1 else f"{'mostly' if share > 0.5 else 'most often'} {cause}"


_CAUSES = {
    "stalled": "it makes no more progress",
    "diverged": "it diverges",
    "nonfinite": "it meets values that are not finite",
    "singular_step": "its linear system is singular",
    "done": "it stops by its own rule",
    "converged": "it stops where the referee finds no stationary point",
}


def _no_minima(row: Row) -> Iterator[str]:
    """Ends that look like minima from afar, or from the minima's share, and are none, or none of the box."""
    known = {end: getattr(row, f"n_{end}") for end in ENDS}
    counts = {end: count for end, count in known.items() if not missing(count)}  # older tables know no flat ends
    present = [end for end in counts if end not in ("minimum", "not_stationary") and counts[end]]
    if present:
        share = percent(sum(counts[end] for end in present) / sum(counts.values()))
        yield f"{share} of {row.solver}'s ends are {' or '.join(_OTHERS.get(end, end) for end in present)}."
    if row.frac_stationary and not missing(row.frac_global) and not missing(row.n_outside) and row.n_outside:
        share = percent(row.n_outside / sum(counts.values()))
        yield f"{share} of {row.solver}'s ends lie outside the box, where no minimum counts as global."


def _calls(ok: Sequence[Row], rival: Row | None) -> Iterator[str]:
    """What calls of exact solvers take beside a call of the best iteration: calls, never a start of a batch."""
    exact = [row for row in ok if row.solver_kind == "exact" and not missing(row.digits_median)]
    if not exact:
        return
    calls = [f"{row.solver} takes {duration(row.time_median_s)} for {_digits(row)} digits" for row in exact[:1]]
    calls += [f"one of {row.solver} {duration(row.time_median_s)} for {_digits(row)}" for row in exact[1:]]
    if rival is not None and not missing(rival.digits_median):
        starts = several(rival.batch, "start")
        calls.append(f"one of {rival.solver} with {starts} {duration(rival.time_median_s)} for {_digits(rival)}")
    yield f"A call of {', '.join(calls)}."


def _limits(ok: Sequence[Row]) -> Iterator[str]:
    """What limits the figures: remarks, which rows of a problem share, and an f* that is none."""
    remarks = (row.remark for row in ok if not missing(row.remark))
    yield from dict.fromkeys(sentence for remark in remarks for sentence in _SENTENCES.split(remark))
    for row in ok:
        if not missing(row.n_below) and row.n_below:
            ends = "An end" if row.n_below == 1 else several(row.n_below, "end")
            lies = "lies" if row.n_below == 1 else "lie"
            standing = row.truth_standing.replace("_", " ")
            yield f"{ends} of {row.solver} {lies} in the box below f* ({standing}), which is not the minimum."


_SENTENCES = re.compile(r"(?<=[.]) (?=[A-Z])")


def _digits(row: Row) -> str:
    return significant(row.digits_median, 3)


def _published_start(lanes: Sequence[Row]) -> Iterator[str]:
    for end in ("saddle", "maximum"):
        names = [row.solver for row in lanes if not missing(row.start_kind) and row.start_kind == end]
        if names:
            yield f"From the problem's start {listed(names)} end{'s' if len(names) == 1 else ''} on a {end}."
