"""pytest-benchmark's JSON: a true_rounds test is a row."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from results.outside.foreign import Foreign, true_rounds
from results.text import legible

_SOLVER, _PROBLEM = ("solver", "algorithm", "method", "optimizer"), ("problem", "function", "objective", "dataset")
"""Parameters of a test, or entries of its extra_info, that say what it is of."""


def read_pytest_benchmark(content: bytes, path: object) -> Iterator[Foreign]:
    """Every benchmark of the file; who is the solver, and on what, its parameters or its extra_info say.

    Where they do not, the test's name is the problem, and its parameters the solver.

    Raises:
        ValueError: it is torn, no JSON, or none of pytest-benchmark.
    """
    try:
        whole = legible(json.loads(content))  # half a character is none in UTF-8
    except (ValueError, RecursionError) as damage:
        why = getattr(damage, "msg", None) or type(damage).__name__
        raise ValueError(f"{path} is no whole JSON ({why}); write it again with --benchmark-json") from None
    entries = whole.get("benchmarks") if isinstance(whole, dict) else None
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise ValueError(f"{path} is no JSON of pytest-benchmark: it lacks the list benchmarks")
    if not entries:
        raise ValueError(f"{path} holds no benchmark")
    common = _common(whole)
    origin = f"pytest-benchmark {whole['version']}" if isinstance(whole.get("version"), str) else "pytest-benchmark"
    for number, entry in enumerate(entries, 1):
        yield _one(entry, origin, common, f"{path}, benchmark {number}")


def _one(entry: Mapping[str, Any], origin: str, common: Mapping[str, Any], where: str) -> Foreign:
    stats, name = entry.get("stats"), entry.get("name")
    if not isinstance(stats, dict) or not isinstance(name, str):
        raise ValueError(f"{where} is none of pytest-benchmark: it lacks name or stats")
    test, _, rest = name.partition("[")
    told = _mapping(entry.get("params")) | _mapping(entry.get("extra_info"))
    problem = _first(told, _PROBLEM) or test
    solver = _first(told, _SOLVER) or rest.removesuffix("]") or test
    try:
        samples = true_rounds(stats.get("data") or ())
        figures = {} if samples else _summary(stats)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{where} holds a time that is no number") from None
    figures |= {"batch": 1, "solver_detail": entry.get("fullname"), **common}
    return Foreign(origin, problem, solver, figures, samples)


def _summary(stats: Mapping[str, Any]) -> dict[str, Any]:
    """Of a file without the rounds themselves."""
    names = {"time_min_s": "min", "time_median_s": "median", "time_iqr_s": "iqr"}
    times = {ours: true_rounds([stats.get(theirs) or 0]) for ours, theirs in names.items()}
    rounds = int(stats.get("rounds") or 0)
    return {name: time[0] for name, time in times.items() if time} | ({"n_rounds": rounds} if rounds > 0 else {})


def _common(whole: Mapping[str, Any]) -> dict[str, Any]:
    machine = _mapping(whole.get("machine_info"))
    told = {
        "started_utc": whole.get("datetime"),
        "python_version": machine.get("python_version"),
        "cpu_model": _mapping(machine.get("cpu")).get("brand_raw"),
    }
    return {name: value for name, value in told.items() if isinstance(value, str)}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(told: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((str(told[name]) for name in names if isinstance(told.get(name), str | int | float)), None)
