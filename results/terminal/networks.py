"""Networks: who comes to the loss fixed beforehand, how soon, and what is right there of the examples held out."""

from collections.abc import Iterator

import pandas as pd
from rich.console import Console

from results.analysis.learners import Learner, learners, memory_told
from results.format import duration, percent, print_columns, significant

_TITLES = (
    "network",
    "solver",
    "starts",
    "reached in",
    "tuned in",
    "lowest f",
    "right",
    "a step",
    "memory",
    "not measured",
)


def render_networks(frame: pd.DataFrame, out: Console) -> None:
    """Prints a line for every solver on every network of the study `networks`; nothing where there is none."""
    if found := learners(frame):
        title = f"networks, to a loss fixed beforehand within {found[0].budget_s:g} s from each start"
        print_columns(out, title, _TITLES, [tuple(_line(each)) for each in found], (*_TITLES[:2], _TITLES[-1]))


def _line(each: Learner) -> Iterator[str]:
    yield from (each.problem, each.solver)
    yield "" if each.target is None else f"{round(each.share * each.starts)} of {each.starts}"
    yield from ("" if seconds is None else duration(seconds) for seconds in (each.reached_s, each.tune_s))
    yield "" if each.f is None else significant(each.f, 3)
    yield "" if each.accuracy is None else percent(each.accuracy)
    yield "" if each.step_s is None else duration(each.step_s)
    yield "" if each.memory is None else memory_told(each.memory)
    yield each.why
