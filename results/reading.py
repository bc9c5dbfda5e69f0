"""One line of reading under each table, derived from its rows: no claim without a figure behind it."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from results.format import duration, factor, missing, percent, significant

Row = Any
"""A row of the frame, as itertuples gives it."""


def without_root(row: Row) -> int:
    """Ends that are no stationary points; tables of an older schema do not know flat ones."""
    return row.n_not_stationary + (0 if missing(row.n_flat) else row.n_flat)


def time_per_start(row: Row) -> float:
    """Seconds per start."""
    return row.time_median_s / row.batch


def reading(rows: pd.DataFrame) -> str:
    """What the rows of one problem say about "solve or descend?"; empty where they say nothing."""
    ok = [row for row in rows.itertuples() if row.status == "ok"]
    solve, descend = _champion(ok, "solve"), _champion(ok, "descend")
    rival = min(filter(None, (solve, descend)), key=_standing, default=None)
    sentences = [*_duel(solve, descend), *_exact(ok, rival), *_published_start(ok), *_limits(ok)]
    return " ".join(sentences)


def _champion(ok: list[Row], kind: str) -> Row | None:
    """Of one kind, the solver that reaches minima most often, then stationary points; the faster of two equals."""
    rivals = [row for row in ok if row.solver_kind == kind]
    return min(rivals, key=_standing, default=None)


def _standing(row: Row) -> tuple[float, float, float]:
    return -row.frac_minimum, -row.frac_stationary, time_per_start(row)


def _duel(solve: Row | None, descend: Row | None) -> Iterator[str]:
    if solve is None or descend is None:
        return
    reached = {row.solver: row.frac_stationary for row in (solve, descend)}
    if not any(reached.values()):
        yield (
            f"Neither {solve.solver} ({_why(solve)}) nor {descend.solver} ({_why(descend)}) "
            "reaches a stationary point from any start."
        )
    elif not all(reached.values()):
        able, unable = (solve, descend) if reached[solve.solver] else (descend, solve)
        yield (
            f"{able.solver} reaches a stationary point from {percent(reached[able.solver])} of the starts, "
            f"{unable.solver} from none: {_why(unable)}."
        )
        yield from _no_minima(able)
    else:
        yield _race(solve, descend)
        yield from _no_minima(solve)
        yield from _no_minima(descend)


def _why(row: Row) -> str:
    """Why most lanes of a solver stopped."""
    causes = {
        f"it needs more than {row.max_steps} steps": row.n_max_steps,
        "its gradient stops shrinking": row.n_stalled,
        "it diverges": row.n_diverged,
        "it leaves the domain of f": row.n_nonfinite,
        "its Hessian is singular": row.n_singular_step,
        "its gradient vanishes on a plateau, where no stationary point is near": _flat(row),
        "the referee finds its ends not stationary": row.n_converged - _flat(row),
    }
    return max(causes, key=lambda cause: causes[cause])


def _race(solve: Row, descend: Row) -> str:
    fast, slow = sorted((solve, descend), key=time_per_start)
    text = f"{fast.solver} is {factor(time_per_start(slow) / time_per_start(fast))} faster per start than {slow.solver}"
    if min(solve.frac_stationary, descend.frac_stationary) < 1:
        text += f" (stationary from {percent(fast.frac_stationary)} and {percent(slow.frac_stationary)} of the starts)"
    return text + "."


def _no_minima(row: Row) -> Iterator[str]:
    """Stationary ends that are no minima, by what they are."""
    others = {"saddles": row.n_saddle, "maxima": row.n_maximum, "too flat to tell (singular)": row.n_singular}
    present = [name for name, count in others.items() if count]
    if present:
        lanes = sum(others.values()) + row.n_minimum + without_root(row)
        yield f"{percent(sum(others.values()) / lanes)} of {row.solver}'s ends are {' or '.join(present)}."


def _exact(ok: list[Row], rival: Row | None) -> Iterator[str]:
    exact = next((row for row in ok if row.solver_kind == "exact"), None)
    if exact is None or missing(exact.digits_median):
        return
    text = f"{exact.solver} takes {duration(exact.time_median_s)} for {significant(exact.digits_median, 3)} digits"
    if rival is not None and not missing(rival.digits_median):
        text += f", {rival.solver} {duration(time_per_start(rival))} for {significant(rival.digits_median, 3)}"
    yield text + "."


def _flat(row: Row) -> int:
    return without_root(row) - row.n_not_stationary


def _limits(ok: list[Row]) -> Iterator[str]:
    """What limits the figures: remarks, which rows of a problem share, and an f* that is none."""
    yield from dict.fromkeys(row.remark for row in ok if not missing(row.remark))
    for row in ok:
        if not missing(row.n_below) and row.n_below:
            ends = f"{row.n_below} of {row.solver}'s ends lie" if row.n_below > 1 else f"An end of {row.solver} lies"
            yield f"{ends} in the box below f* ({row.truth_standing.replace('_', ' ')}), which is not the minimum."


def _published_start(ok: list[Row]) -> Iterator[str]:
    for row in ok:
        if row.solver_kind == "solve" and not missing(row.start_kind) and row.start_kind in ("saddle", "maximum"):
            yield f"From the published start {row.solver} ends on a {row.start_kind}."
