"""COCO's archives: .info files that list runs, .dat and .tdat files with the lowest f so far at numbers of evaluations.

Hansen et al. 2021, COCO: a platform for comparing continuous optimizers in a black-box setting, Optimization Methods
and Software 36, 114; the loggers `bbob` and `bbob-new2`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from results.format import several
from results.outside.coco_curves import CocoCurve, curves_of, trace_of
from results.outside.foreign import Foreign

ENDINGS = (".info", ".dat", ".tdat")
_FACT = re.compile(r"(\w+)\s*=\s*(?:'([^']*)'|([^,\s]+))")
_RUN = re.compile(r"(\d+):(\d+)\|([-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|inf|nan))")


class _Run(NamedTuple):
    instance: int
    evaluations: int
    gap: float


class _Block(NamedTuple):
    """A function in a dimension."""

    facts: Mapping[str, str]
    runs: Sequence[_Run]
    curves: Sequence[CocoCurve]
    unfinished: int
    """Runs that were begun: the logger adds what they came to when they end."""


def is_info(content: bytes) -> bool:
    """Does it begin as an .info file of single-objective functions does?"""
    facts = _facts(content[:2000].decode("utf-8", "replace").partition("\n")[0])
    return {"funcId", "DIM"} <= facts.keys()


def read_coco(files: Mapping[str, bytes], path: object) -> Iterator[Foreign]:
    """A row per algorithm, function and dimension; its lanes are the runs, on an instance of the function each.

    Args:
        files: contents by name, with / between the folders; names in them are looked up here and nowhere else.
        path: what to call them.

    Raises:
        ValueError: no .info file, or one that cannot be read.
    """
    infos = {name: content for name, content in files.items() if name.endswith(".info")}
    if not infos:
        raise ValueError(f"{path} holds no .info file of COCO, as bbobexp_f1_i1.info")
    blocks: dict[tuple[str, ...], list[_Block]] = {}
    for name, content in sorted(infos.items()):
        for facts, line in _blocks(content, f"{path}: {name}"):
            key = (_origin(facts), facts.get("suite", "bbob"), facts["funcId"], facts["DIM"], facts.get("algId", "?"))
            data, *entries = line.split(",")
            runs = [_Run(int(i), int(n), float(gap)) for i, n, gap in _RUN.findall(line)]
            curves = curves_of(files, name, data)
            blocks.setdefault(key, []).append(_Block(facts, runs, curves, len(entries) - len(runs)))
    for (origin, suite, number, n, algorithm), parts in blocks.items():
        whole = _Block(
            parts[0].facts,
            [run for part in parts for run in part.runs],
            [curve for part in parts for curve in part.curves],
            sum(part.unfinished for part in parts),
        )
        figures = {"n_dim": int(n)} | _figures(whole)
        yield Foreign(origin, f"{suite}-f{number}-n{n}", algorithm, figures, (), trace_of(whole.curves))


def _facts(line: str) -> dict[str, str]:
    return {name: quoted or plain for name, quoted, plain in _FACT.findall(line)}


def _origin(facts: Mapping[str, str]) -> str:
    return f"coco {facts['coco_version']}" if facts.get("coco_version") else "coco"


def _blocks(content: bytes, where: str) -> Iterator[tuple[dict[str, str], str]]:
    """Of every function and dimension its facts, and the line of its runs."""
    facts: dict[str, str] = {}
    for line in filter(None, map(str.strip, content.decode("utf-8", "replace").splitlines())):
        if "funcId" in line:
            facts = _facts(line)
            if not all(facts.get(name, "").isdecimal() for name in ("funcId", "DIM")):
                raise ValueError(f"{where} has a head without whole numbers funcId and DIM: {line[:60]!r}")
            if "constrained" in facts.get("suite", ""):
                raise ValueError(f"{where} is of problems with constraints, which cannot be compared with f - f*")
        elif not line.startswith("%"):
            if not facts or ".dat" not in line.partition(",")[0]:
                raise ValueError(
                    f"{where} has a line that is no list of runs, FILE.dat, instance:evaluations|gap: {line[:60]!r}"
                )
            yield facts, line


def _figures(block: _Block) -> dict[str, Any]:
    runs, curves = block.runs, block.curves
    if not runs:
        why = f"{several(block.unfinished, 'run')} begun, none finished"
        return {"status": "error", "status_detail": why, "batch": block.unfinished}
    gaps = np.array([run.gap for run in runs])
    if len(curves) == len(runs) and all(curve.gaps.size for curve in curves):
        gaps = np.array([curve.gaps[-1] for curve in curves])  # of more digits
    return {
        "batch": len(runs), "n_f": sum(run.evaluations for run in runs), "f_gap_median": float(np.median(gaps)),
        "f_gap_min": float(gaps.min()), "remark": _remark(block, gaps),
    }  # fmt: skip


def _remark(block: _Block, gaps: np.ndarray) -> str:
    instances = {run.instance for run in block.runs}
    told = f"{several(len(block.runs), 'run')} on {several(len(instances), 'instance')} of the function"
    if block.unfinished:
        told += f" ({block.unfinished} more unfinished)"
    try:
        precision = float(block.facts["Precision"])
    except (KeyError, ValueError):
        return told
    return f"{told}, {int((gaps <= precision).sum())} within {precision:g} of f* by the tool's own account"
