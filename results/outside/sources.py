"""Files from outside, opened as what they are: told by content, read as data, nothing of them run or unpacked."""

import io
from pathlib import Path

import pandas as pd

from results.outside.archives import gathered, unpacked
from results.outside.benchopt import BENCHOPT_COLUMNS, read_benchopt
from results.outside.coco import ENDINGS, is_info, read_coco
from results.outside.foreign import Foreign
from results.outside.optimagic import OPTIMAGIC_COLUMNS, read_optimagic
from results.outside.pytest_json import read_pytest_benchmark

OUTSIDE = ("benchopt", "pytest-benchmark", "optimagic", "coco")
MOST_BYTES = 100_000_000
"""Of a file; what a folder or an archive may hold is more."""
_FRAMES = {"benchopt": (BENCHOPT_COLUMNS, read_benchopt), "optimagic": (OPTIMAGIC_COLUMNS, read_optimagic)}


def read_outside(path: Path, kind: str | None = None) -> list[Foreign]:
    """What a file, an archive or a folder holds.

    Args:
        path: what to read.
        kind: one of `OUTSIDE`; None: what the content says.

    Raises:
        ValueError: it is none of these, torn, empty or too large; the message says which.
        ImportError: parquet needs a package that is not there.
    """
    if not path.exists():
        raise ValueError(f"{path} does not exist")
    if path.is_dir():
        _expected(path, "coco", kind)
        return list(read_coco(gathered(path, ENDINGS), path))
    content = _content(path)
    members = unpacked(content, path, ENDINGS)
    if members is not None:
        _expected(path, "coco", kind)
        return list(read_coco(members, path))
    if is_info(content):
        raise ValueError(f"{path} is one file of COCO's; give the folder or the archive that it is in")
    if content.lstrip()[:1] == b"{":
        _expected(path, "pytest-benchmark", kind)
        return list(read_pytest_benchmark(content, path))
    return _of_table(_table(content, path), path, kind)


def _expected(path: Path, found: str, kind: str | None) -> None:
    if kind not in (None, found):
        raise ValueError(f"{path} is not of {kind}: its content is as {found}'s, or nothing known")


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise ValueError(f"{path} is no regular file")
    size = path.stat().st_size
    if size == 0:
        raise ValueError(f"{path} is empty")
    if size > MOST_BYTES:
        raise ValueError(f"{path} has {size / 1e6:.0f} MB; at most {MOST_BYTES // 10**6} are read: give it in parts")
    return path.read_bytes()


def _of_table(table: pd.DataFrame, path: Path, kind: str | None) -> list[Foreign]:
    fitting = [name for name, (marks, _) in _FRAMES.items() if set(marks) <= set(table.columns)]
    if kind is None and not fitting:
        needs = "; ".join(f"{name}: {', '.join(marks)}" for name, (marks, _) in _FRAMES.items())
        raise ValueError(f"{path} is a table of nothing known; needed are the columns of {needs}")
    chosen = kind or fitting[0]
    if chosen not in _FRAMES:
        raise ValueError(f"{path} is not of {chosen}: it is a table")
    return list(_FRAMES[chosen][1](table, path))


def _table(content: bytes, path: Path) -> pd.DataFrame:
    if content.startswith(b"\x80"):
        raise ValueError(f"{path} is a pickle, which may run code when it is opened; save the frame as CSV or parquet")
    if content.startswith(b"PAR1"):
        try:
            return pd.read_parquet(io.BytesIO(content))
        except (ValueError, OSError) as damage:
            raise ValueError(f"{path} is no whole parquet file ({str(damage).splitlines()[0]})") from None
    try:
        return pd.read_csv(io.BytesIO(content), low_memory=False, keep_default_na=False, na_values=[""])
    except (ValueError, UnicodeDecodeError) as damage:  # also pandas' own
        why = str(damage).strip().splitlines()[0]
        raise ValueError(f"{path} is no archive, JSON, parquet or CSV ({why})") from None
