"""What the rows of a race say: who reached what, at what price, and what stood in the way of the others."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from results.format import duration, percent

_Row = dict[str, Any]
_SAME = 1e-6
"""Two values of f are the same that differ by less than this part of 1 + |f|."""
_KINDS = {
    "n_saddle": ("saddles", "a saddle satisfies grad f = 0, too: newton-modified, newton-cg or lbfgs go on downhill"),
    "n_maximum": ("maxima", "the same"),
    "n_singular": (
        "degenerate points",
        "the Hessian is singular there: the answer is not unique, or hardly determined",
    ),
    "n_flat": ("plateaus", "the gradient is small and no root of it is near: start nearer, or use another form of f"),
}
_STOPS = {
    "n_nonfinite": "lost where f or a derivative is not finite",
    "n_diverged": "ran more than 1e6 boxes away: f may fall without end",
    "n_max_steps": "used up their steps",
    "n_stalled": "made no progress any more",
    "n_done": "stopped by the solver's own rule",
    "n_singular_step": "stopped at a singular Hessian, where no Newton step exists",
}


def best_f(rows: Sequence[_Row]) -> float | None:
    """The lowest f at the end of any lane of any solver."""
    found = [row["f_best"] for row in _ok(rows) if row["f_best"] is not None]
    return min(found, default=None)


def is_lowest(f: float | None, rows: Sequence[_Row]) -> bool:
    """Is f, but for its last digits, the lowest at any end?"""
    lowest = best_f(rows)
    return f is not None and lowest is not None and f <= lowest + _SAME * (1 + abs(lowest))


class Prize(NamedTuple):
    """The kind of end for which prices are compared."""

    name: str
    counts: tuple[str, ...]

    def won(self, row: _Row) -> int:
        """How many starts ended so."""
        return sum(row[count] or 0 for count in self.counts)

    def includes(self, kind: str, lowest: bool) -> bool:
        """Is an end of that kind, `PointKind`'s word, one of them? A degenerate point only if none has a lower f."""
        return f"n_{kind}" in self.counts and (lowest or kind == "minimum")

    def price(self, row: _Row) -> float:
        """Seconds for each such start."""
        return float(row["time_median_s"]) / self.won(row)


def prize(rows: Sequence[_Row]) -> Prize:
    """Minima; where most solvers end on degenerate points, as in a valley or at a fourth power, these count, too."""
    there = _there(rows)
    degenerate, proper = (sum(row[count] or 0 for row in there) for count in ("n_singular", "n_minimum"))
    if degenerate > proper:
        return Prize("minimum or a degenerate point", ("n_minimum", "n_singular"))
    return Prize("minimum", ("n_minimum",))


def ranked(rows: Sequence[_Row]) -> list[_Row]:
    """Those that reached the lowest f and won the prize, the least price first."""
    wanted = prize(rows)
    return sorted((row for row in _there(rows) if wanted.won(row)), key=wanted.price)


def sentences(rows: Sequence[_Row], boxed: bool = True) -> Iterator[str]:
    """The verdict; each sentence is about rows of the table above it. `boxed`: does the box mean anything?"""
    lowest, first = best_f(rows), ranked(rows)
    if lowest is None:
        yield "no solver ended at a finite f; the reasons are in the table and above it"
        return
    there = [row["solver"] for row in _there(rows)]
    yield f"the lowest f at any end is {lowest:.10g}, reached by {', '.join(there)}"
    if first:
        yield from _first(first, prize(rows))
    else:
        yield "no solver ended on a minimum there: see what the ends are"
    for row in _ok(rows):
        yield from _troubles(row, boxed)
    for row in rows:
        if row["status"] != "ok":
            yield f"{row['solver']}: {row['status']}: {row['status_detail']}"


def _first(ranked: Sequence[_Row], prize: Prize) -> Iterator[str]:
    best, *others = ranked
    won, price = prize.won(best), prize.price(best)
    told = f"{best['solver']} pays least for a {prize.name}: {duration(price)}, {percent(won / best['batch'])} of "
    told += f"{best['batch']} starts"
    if others:
        second = others[0]
        factor = prize.price(second) / price
        spread = 1 + best["time_iqr_s"] / best["time_median_s"] + second["time_iqr_s"] / second["time_median_s"]
        than = "level with it within the spread of the rounds" if factor < spread else f"{factor:.2g} times dearer"
        told += f"; next is {second['solver']}, {than}"
    yield told
    if best["start_kind"]:
        yield f"from your start {best['solver']} ended on: {best['start_kind'].replace('_', ' ')}"


def _troubles(row: _Row, boxed: bool) -> Iterator[str]:
    """Only what happened to a tenth of the starts or more."""
    few = row["batch"] / 10
    told = [f"{row[name]} on {what}" for name, (what, _) in _KINDS.items() if (row[name] or 0) >= few]
    told += [f"{row[name]} {what}" for name, what in _STOPS.items() if (row[name] or 0) >= few]
    told += [f"{row['n_outside']} outside the box"] if boxed and (row["n_outside"] or 0) >= few else []
    if told:
        yield f"{row['solver']}: of {row['batch']} ends {'; '.join(told)}"


def advice(rows: Sequence[_Row], boxed: bool = True) -> Iterator[str]:
    """What to do about kinds of ends that some solver met on a tenth of its starts."""
    for name, (what, do) in _KINDS.items():
        if do != "the same" and any((row[name] or 0) >= row["batch"] / 10 for row in _ok(rows)):
            yield f"{what}: {do}"
    if boxed and _ok(rows) and all((row["n_outside"] or 0) == row["batch"] for row in _ok(rows)):
        yield "no end lies in the box: its lowest point may be on an edge; SciPy's L-BFGS-B keeps a box that is a bound"


def _ok(rows: Sequence[_Row]) -> list[_Row]:
    return [row for row in rows if row["status"] == "ok"]


def _there(rows: Sequence[_Row]) -> list[_Row]:
    return [row for row in _ok(rows) if is_lowest(row["f_best"], rows)]
