"""How solvers get on with networks: who comes to the loss fixed beforehand, how soon, and what is right there."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from results.analysis.climbs import one_of_each
from results.analysis.expected import LEARNING, way_of
from results.format import duration, missing, percent, significant


class Learner(NamedTuple):
    """One solver on one network; None where its row does not tell."""

    problem: str
    n: int
    solver: str
    way: str
    budget_s: float
    starts: int
    target: float | None
    """The loss fixed beforehand."""
    share: float
    """Of the starts that came to it in time."""
    reached_s: float | None
    """In which half of the starts came to it, choosing the step size included."""
    tune_s: float | None
    f: float | None
    """The lowest at the end of a start."""
    accuracy: float | None
    step_s: float | None
    """Seconds of a step."""
    memory: float | None
    """Bytes that the program needs."""
    why: str
    """Why there are no figures; empty where there are."""


def learners(frame: pd.DataFrame) -> list[Learner]:
    """Every solver on every network of the study, in the order of the rows."""
    rows = one_of_each(frame, LEARNING).dropna(subset=["n_dim", "budget_s", "batch"])  # where a row is damaged
    return [_learner(row) for row in rows.itertuples()]


def _learner(row: Any) -> Learner:
    ran = row.status == "ok" and not missing(row.steps_sum) and row.steps_sum > 0
    return Learner(
        problem=str(row.problem),
        n=int(row.n_dim),
        solver=str(row.solver),
        way=way_of(row),
        budget_s=float(row.budget_s),
        starts=int(row.batch),
        target=_number(row.f_target),
        share=_number(row.frac_target) or 0.0,
        reached_s=_number(row.reached_s),
        tune_s=_number(row.tune_s),
        f=_number(row.f_best),
        accuracy=_number(row.accuracy_median),
        step_s=row.time_median_s / row.steps_sum if ran else None,
        memory=_number(row.program_bytes) if ran else None,
        why="" if row.status == "ok" else _why(row),
    )


def _number(value: Any) -> float | None:
    return None if missing(value) else float(value)


def _why(row: Any) -> str:
    """The row's own words: of a step that takes longer than the budget its seconds and memory."""
    detail = "" if missing(row.status_detail) else row.status_detail.split("; ")[0]
    return detail.removeprefix("predicted: ") or str(row.status)


def networks_told(found: list[Learner]) -> list[str]:
    """Of every network a sentence on who comes to the loss, soonest first, who does not, and what Newton costs."""
    return [_told([each for each in found if each.problem == name]) for name in dict.fromkeys(x.problem for x in found)]


def _told(of: list[Learner]) -> str:
    first = of[0]
    target = _target(of)
    aim = "" if target is None else f" to f = {significant(target, 3)}"
    parts = [*_arrived(of), *_missed(of), *(f"{each.solver}: {each.why}" for each in of if each.why), *_newton(of)]
    return f"{first.problem} (n = {first.n}){aim} within {first.budget_s:g} s: {'; '.join(parts)}"


def _target(of: list[Learner]) -> float | None:
    """The loss that all of them are after; only rows with figures tell it."""
    return next((each.target for each in of if each.target is not None), None)


def _arrived(of: list[Learner]) -> Iterator[str]:
    got = sorted((each for each in of if each.reached_s is not None), key=lambda each: each.reached_s or 0.0)
    if got:
        yield ", ".join(map(_arrival, got))
    elif any(not each.why and each.target is not None for each in of):
        yield "nobody from half of the starts"


def _arrival(each: Learner) -> str:
    tuning = f", {duration(each.tune_s)} of it for the step size" if each.tune_s else ""
    right = "" if each.accuracy is None else f" ({percent(each.accuracy)} right)"
    return f"{each.solver} in {duration(each.reached_s or 0.0)}{_some(each)}{tuning}{right}"


def _some(each: Learner) -> str:
    return "" if each.share in (0, 1) else f" from {round(each.share * each.starts)} of {each.starts} starts"


def _missed(of: list[Learner]) -> Iterator[str]:
    ends = [f"{each.solver}{_some(each)} ({_end(each)})" for each in of if each.reached_s is None and not each.why]
    if ends:
        yield f"{'not' if _target(of) is not None else 'ended'}: {', '.join(ends)}"


def _end(each: Learner) -> str:
    lowest = "no finite f" if each.f is None else f"f = {significant(each.f, 3)} at best"
    return lowest if each.accuracy is None else f"{lowest}, {percent(each.accuracy)} right"


def _newton(of: list[Learner]) -> Iterator[str]:
    """What a step by the whole Hessian takes, where it was made, beside the cheapest step of all."""
    cheapest = min((each for each in of if each.step_s), key=lambda each: each.step_s or 0.0, default=None)
    for each in of:
        if each.way == "root-finding" and each.step_s and cheapest and each is not cheapest:
            yield f"a step of {each.solver} takes {_step(each)}, one of {cheapest.solver} {_step(cheapest)}"


def _step(each: Learner) -> str:
    return duration(each.step_s or 0.0) + ("" if each.memory is None else f" and {memory_told(each.memory)}")


def memory_told(size: float) -> str:
    """Bytes in a unit that leaves a tenth of it at least: 0.23 GiB, 12 MiB, 30 KiB."""
    scale, unit = next(((s, u) for s, u in _UNITS if size >= 0.1 * s), _UNITS[-1])
    return f"{significant(size / scale)} {unit}"


_UNITS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def costs_told(found: list[Learner]) -> list[str]:
    """A line for every network on which root-finding was tried: what a step of it takes, or why there is none."""
    lines = []
    for each in found:
        if each.way == "root-finding" and (each.why or each.step_s):
            told = f"a step takes {duration(each.step_s or 0.0)}" if each.step_s else each.why
            memory = f" and {memory_told(each.memory)} of memory" if each.step_s and each.memory else ""
            lines.append(f"{each.solver} on {each.problem}: {told}{memory}")
    return lines
