"""Two versions of the suite measured in one job, in turns: what remains between them is the code."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench.ending import UsageError
from results.compare import Comparison, compare
from results.merge import merge

_ORDER = ("base", "head", "head", "base")
"""A machine that warms up or slows down treats both alike."""


def ab(
    base: str, words: Sequence[str], root: Path, allowed: Sequence[str] = (), tell: Callable[[str], None] = print
) -> Comparison:
    """Measures commit `base` and the working tree in turns and compares them; what is found must be found twice.

    Args:
        base: a git revision.
        words: options of `pytest bench` for both.
        root: the working tree.
        allowed: patterns of expected changes, as in `compare`.
        tell: takes lines of progress.

    Raises:
        UsageError: no such revision, or a version that measured nothing.
    """
    with tempfile.TemporaryDirectory() as scratch, _worktree(base, root, Path(scratch)) as tree:
        measured = partial(_measured, {"base": tree, "head": root}, words, allowed=allowed, tell=tell)
        first = measured(Path(scratch) / "first")
        if not first.failed:
            return first
        tell("once more, to confirm")
        second = measured(Path(scratch) / "second")
    seen = {(finding.cell_id, finding.column) for finding in second.findings}
    return first._replace(findings=[found for found in first.findings if (found.cell_id, found.column) in seen])


def _measured(
    trees: dict[str, Path], words: Sequence[str], folder: Path, allowed: Sequence[str], tell: Callable[[str], None]
) -> Comparison:
    runs: dict[str, list[Path]] = {"base": [], "head": []}
    for number, side in enumerate(_ORDER):
        tell(f"measuring {side} ({number + 1} of {len(_ORDER)})")
        runs[side].append(_run(trees[side], words, folder / f"{number}-{side}"))
    for side, parts in runs.items():
        merge(parts, folder / side)
    return compare(folder / "base", folder / "head", allowed)


def _run(tree: Path, words: Sequence[str], out: Path) -> Path:
    out.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pytest", "bench", *words, "--out", str(out)]
    environment = os.environ | {"PYTHONPATH": str(tree)}
    out_text, err_text = _ended(command, tree, environment)
    if not (out / "results.csv").exists():
        last = (err_text.strip() or out_text.strip()).splitlines()[-1:]
        raise UsageError(f"{tree} measured nothing: {''.join(last)}")
    return out


def _ended(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[str, str]:
    """What a command has printed; if this process is told to end, so is the command, and tidies up first."""
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8", "errors": "replace"}
    with subprocess.Popen(command, cwd=folder, env=environment, **pipes) as running:
        try:
            return running.communicate()
        except BaseException:
            running.terminate()
            running.communicate()
            raise


@contextmanager
def _worktree(revision: str, root: Path, scratch: Path) -> Iterator[Path]:
    """The files of a revision in a folder of their own, as long as this lasts."""
    tree = scratch / "tree"
    try:
        _git(root, "worktree", "add", "--detach", str(tree), revision)
        yield tree
    finally:
        if tree.exists():
            _git(root, "worktree", "remove", "--force", str(tree))


def _git(root: Path, *words: str) -> None:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise UsageError(f"git {words[0]} {words[1]}: {done.stderr.strip().splitlines()[-1]}")
