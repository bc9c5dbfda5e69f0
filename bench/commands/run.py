"""The verb that measures: the suite's benchmark files under pytest, in whatever folder it is called.

Neither the folder's own pytest settings nor its conftest.py have a say, and nothing of it comes to stand on Python's
path: a `results/` or `solvers/` folder there is not the suite's. `docs/decisions.md` says why it is so.
"""

import os
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import SUITE
from bench.ending import Exit, UsageError
from bench.plan.declared import DECLARED

_ALONE = (
    *("-c", os.devnull, "--noconftest", "--disable-plugin-autoload", "--assert=plain", "--import-mode=importlib"),
    *("-p", "pytest_benchmark.plugin", "-p", "bench.pytest_hooks", "-p", "no:cacheprovider", "-p", "no:warnings"),
    *("--no-header", "--tb=short"),
)
"""Words of pytest by which a run is the same in every folder."""


def run(words: Namespace) -> Iterator[str]:
    """Measures; all that is printed is printed by the run itself.

    Raises:
        UsageError: there is no such study, or no cell has such a name.
        Exit: with pytest's exit code, which is the run's.
    """
    code = pytest.main([*_ALONE, f"--rootdir={Path.cwd()}", *_given(words), *_files(words.studies)])
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise UsageError("no cell is asked for: a study measures its own problems and solvers; see zerograd list cells")
    if code:
        raise Exit(int(code))
    return iter(())


def studies() -> dict[str, Path]:
    """The benchmark files by what they are asked for as: problems, scaling, batch and so on."""
    return {path.stem.removeprefix("bench_"): path for path in sorted(SUITE.glob("bench_*.py"))}


def _files(names: list[str]) -> list[str]:
    known = studies()
    if strange := [name for name in names if name not in known]:
        raise UsageError(f'there is no study "{strange[0]}"; there are: {", ".join(known)}')
    return [str(known[name]) for name in names] or [str(SUITE)]


def _given(words: Namespace) -> Iterator[str]:
    for option in DECLARED:
        if (text := getattr(words, option.field)) is not None:
            yield f"--{option.name}={text}"
    yield from ["-k", words.keyword] if words.keyword else []
    yield from [f"--benchmark-json={words.benchmark_json}"] if words.benchmark_json else []
    yield from ["--in-process"] if words.in_process else []
    yield from ["--collect-only", "-q"] if words.collect_only else []
