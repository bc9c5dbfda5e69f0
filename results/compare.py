"""Two runs side by side: exact on what has no noise, cautious on time.

Counts, kinds and statuses are a function of the code alone on one kind of machine, so any difference is a finding. A
time is one only if the ratio of medians, its bootstrap interval, the rank test of Mann & Whitney and an absolute floor
all say so: whole runs differ by a quarter between jobs on a shared machine.
"""

import json
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu

from results.columns import Use, used
from results.format import duration, factor, missing, several
from results.outside.apart import foreign_rows, own_rows_of
from results.schema import COLUMNS
from results.table import has, read

_RATIO, _INTERVAL, _RANK, _FLOOR_S = 1.4, 1.25, 0.002, 50e-6
"""A time is worse if the medians' ratio passes the first, its interval lies above the second, the p of the rank test
is below the third, and the medians differ by more than the last."""


class Finding(NamedTuple):
    """One difference between two rows of the same cell."""

    cell_id: str
    column: str
    old: Any
    new: Any
    grave: bool
    """Does it make the comparison fail? Gains, new cells and what other machines explain do not."""
    text: str


class Comparison(NamedTuple):
    """The outcome."""

    common: int
    timed: int
    """Cells whose times could be judged."""
    findings: list[Finding]
    outside: int = 0
    """Rows of either run that are from outside, unjudged: they are not compared."""

    @property
    def failed(self) -> bool:
        """Is there a finding that counts?"""
        return any(finding.grave for finding in self.findings)


def compare(old: Path, new: Path, allowed: Sequence[str] = ()) -> Comparison:
    """Compares two runs, folders or CSV files.

    Args:
        old: the run before.
        new: the run after.
        allowed: patterns "CELL COLUMN" of expected changes, globs both; they are dropped.

    Raises:
        ValueError: one of them has no results, or none but from outside.
    """
    frames = [(path, read(path)) for path in (old, new)]
    before, after = (_latest(own_rows_of(frame, path)) for path, frame in frames)
    both = before.index.intersection(after.index, sort=False)
    samples = _samples(old), _samples(new)
    findings = [*_missing(before, after)]
    ratios = []
    for cell in both:
        a, b = before.loc[cell], after.loc[cell]
        same = all(_equal(a[name], b[name]) for name in used(COLUMNS, Use.CONDITION))
        findings += _counts(cell, a, b, same)
        if same and {a["status"], b["status"]} == {"ok"}:
            rounds = [table.get(cell, {}) for table in samples]
            for row, of in zip((a, b), rounds, strict=True):
                findings += _disagreeing(cell, row, of.get(row["run_id"]))
            old_s, new_s = (_pooled(row, of) for row, of in zip((a, b), rounds, strict=True))
            findings += _times(cell, old_s, new_s)
            ratios.append(float(np.median(new_s) / np.median(old_s)))
    findings += _overall(ratios)
    rules = [rule.split() for rule in allowed]
    counted = [finding for finding in findings if not _is_allowed(finding, rules)]
    return Comparison(len(both), len(ratios), counted, sum(len(foreign_rows(frame)) for _, frame in frames))


def read_allowed(path: Path) -> list[str]:
    """The patterns of a file: CELL COLUMN on a line, # begins a comment.

    Raises:
        ValueError: a line that is not two words.
    """
    lines = [line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    for number, line in enumerate(lines, 1):
        if line and len(line.split()) != 2:
            raise ValueError(f'{path} line {number}: "{line}" is not understood; give CELL COLUMN, globs both')
    return [line for line in lines if line]


def _is_allowed(finding: Finding, rules: Sequence[Sequence[str]]) -> bool:
    return any(fnmatchcase(finding.cell_id, cell) and fnmatchcase(finding.column, column) for cell, column in rules)


def _latest(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("attempt", kind="stable").drop_duplicates("cell_id", keep="last").set_index("cell_id")


def _samples(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """By cell, then by run: the rounds in seconds."""
    folder = path if path.is_dir() else path.parent
    if not has(folder, "samples"):
        return {}
    table = read(folder, "samples")
    found: dict[str, dict[str, np.ndarray]] = {}
    for (cell, run), rows in table.groupby(["cell_id", "run_id"]):
        found.setdefault(str(cell), {})[str(run)] = rows["time_s"].to_numpy()
    return found


def _pooled(row: pd.Series, rounds: dict[str, np.ndarray]) -> np.ndarray:
    """The rounds of all runs of a merged folder; without samples the row's median alone."""
    return np.concatenate(list(rounds.values())) if rounds else np.array([row["time_median_s"]])


def _missing(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[Finding]:
    for cell in before.index.difference(after.index, sort=False):
        yield Finding(cell, "status", before.loc[cell, "status"], None, False, "is not in the new run")
    for cell in after.index.difference(before.index, sort=False):
        yield Finding(cell, "status", None, after.loc[cell, "status"], False, "is new")


def _counts(cell: str, a: pd.Series, b: pd.Series, same: bool) -> Iterator[Finding]:
    same_status = _equal(a["status"], b["status"])
    names = used(COLUMNS, Use.EXACT) if same_status else ("status",)
    grown = not _equal(a["schema_version"], b["schema_version"])
    for name in names:
        if grown and missing(a[name]) != missing(b[name]):
            continue  # a column that the older schema lacks
        if not _equal(a[name], b[name]):
            yield _finding(cell, name, a, b, same)
    if not same_status:
        return
    drifting = {column.name: column.slack for column in COLUMNS if Use.DRIFT in (column.use or Use.NONE)}
    for name, slack in drifting.items():
        if missing(a[name]) != missing(b[name]) or (not missing(a[name]) and abs(a[name] - b[name]) > slack):
            yield _finding(cell, name, a, b, same)


def _finding(cell: str, name: str, a: pd.Series, b: pd.Series, same: bool) -> Finding:
    elsewhere = "" if same else " (on another machine or jaxlib: rounding may explain it)"
    return Finding(cell, name, a[name], b[name], same, f"{_shown(a[name])} became {_shown(b[name])}{elsewhere}")


def _shown(value: Any) -> str:
    return "nothing" if missing(value) else f"{value:g}" if isinstance(value, float) else str(value)


def _disagreeing(cell: str, row: pd.Series, rounds: np.ndarray | None) -> Iterator[Finding]:
    """The row's median must be that of its own rounds."""
    if rounds is None or missing(row["time_median_s"]):
        return
    said, median = row["time_median_s"], float(np.median(rounds))
    if abs(median - said) > 1e-6 * said:
        text = f"results.csv says {duration(said)}, the rounds in samples.csv {duration(median)}"
        yield Finding(cell, "time_median_s", said, median, True, text)


def _times(cell: str, old: np.ndarray, new: np.ndarray) -> Iterator[Finding]:
    before, after = float(np.median(old)), float(np.median(new))
    if max(after / before, before / after) < _RATIO or abs(after - before) < _FLOOR_S:
        return
    low, high = _interval(old, new)
    slower, faster = low > _INTERVAL, high < 1 / _INTERVAL
    # Five rounds each can never pass the rank test: they have 252 orders.
    if (slower or faster) and mannwhitneyu(old, new).pvalue < _RANK:
        text = (
            f"{duration(before)} became {duration(after)}: {factor(after / before)} the time ({low:.2f} to {high:.2f})"
        )
        yield Finding(cell, "time_median_s", before, after, slower, text)


def _overall(ratios: Sequence[float]) -> Iterator[Finding]:
    """Many cells with few rounds each say together what none of them may say alone."""
    if len(ratios) >= _MANY and not 1 / _RATIO < (middle := float(np.median(ratios))) < _RATIO:
        text = f"half of the {len(ratios)} cells take {factor(middle)} the time or {'more' if middle > 1 else 'less'}"
        yield Finding("all", "time_median_s", 1.0, middle, middle > 1, text)


_MANY = 10


def _interval(old: np.ndarray, new: np.ndarray) -> tuple[float, float]:
    """99 % bootstrap interval of the ratio of medians."""
    rng = np.random.default_rng(0)
    medians = [np.median(rng.choice(times, (2000, len(times))), axis=1) for times in (old, new)]
    low, high = np.quantile(medians[1] / medians[0], [0.005, 0.995])
    return float(low), float(high)


def _equal(a: Any, b: Any) -> bool:
    return (missing(a) and missing(b)) or (not missing(a) and not missing(b) and bool(a == b))


def as_text(outcome: Comparison) -> Iterator[str]:
    """For a terminal."""
    for finding in sorted(outcome.findings, key=lambda finding: not finding.grave):
        yield f"{'!' if finding.grave else ' '} {finding.cell_id}  {finding.column}: {finding.text}"
    grave = sum(finding.grave for finding in outcome.findings)
    verdict = f"{grave} finding{'s' if grave != 1 else ''}" if grave else "clean"
    outside = f"; left out: {several(outcome.outside, 'row')} from outside, unjudged" if outcome.outside else ""
    yield f"{verdict}: {outcome.common} cells in both runs, times of {outcome.timed} compared{outside}"


def as_markdown(outcome: Comparison) -> Iterator[str]:
    """For a step summary or a comment."""
    *_, verdict = as_text(outcome)
    yield f"**{verdict}**"
    if outcome.findings:
        yield "\n| | cell | column | what |\n|---|---|---|---|"
    for finding in sorted(outcome.findings, key=lambda finding: not finding.grave)[:200]:
        text = finding.text.replace("|", "\\|").replace("`", "'")
        yield f"| {'!' if finding.grave else ''} | `{finding.cell_id}` | {finding.column} | {text} |"


def as_json(outcome: Comparison) -> Iterator[str]:
    """For a program."""
    listed = [found._asdict() | {"old": _plain(found.old), "new": _plain(found.new)} for found in outcome.findings]
    counts = {"common": outcome.common, "timed": outcome.timed, "failed": outcome.failed, "outside": outcome.outside}
    yield json.dumps(counts | {"findings": listed}, indent=2)


def _plain(value: Any) -> Any:
    return None if missing(value) else value.item() if hasattr(value, "item") else value
