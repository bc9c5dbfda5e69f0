"""COCO's .dat and .tdat files: of every run the lowest f so far, at numbers of evaluations."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from results.outside.foreign import thinned
from results.schema import QUANTILES

_ENDINGS = (".tdat", ".dat")
_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Of the names of `QUANTILES`."""


class CocoCurve(NamedTuple):
    """One run's lowest f - f* so far, at rising numbers of evaluations."""

    evaluations: np.ndarray
    gaps: np.ndarray


def curves_of(files: Mapping[str, bytes], info: str, data: str) -> list[CocoCurve]:
    """The runs of both data files of a block, those that are there, each point once."""
    stem = str(PurePosixPath(info).parent / data.strip().replace("\\", "/")).removesuffix(".dat")
    kinds = [_parsed(files[stem + ending]) for ending in _ENDINGS if stem + ending in files]
    if len({len(runs) for runs in kinds}) > 1:
        kinds = kinds[:1]  # one of them is torn
    return [_joined(parts) for parts in zip(*kinds, strict=True)]


def _parsed(content: bytes) -> list[np.ndarray]:
    """Per run an array of (evaluations, lowest f - f*): the first column and the third, in old files and new."""
    runs: list[list[tuple[float, float]]] = []
    for line in content.decode("utf-8", "replace").splitlines():
        if line.startswith("%"):
            runs.append([])
        elif runs and (point := _point(line)) is not None:
            runs[-1].append(point)
    return [np.array(run, float).reshape(-1, 2) for run in runs]


def _point(line: str) -> tuple[float, float] | None:
    """None of the last line of a file that was torn."""
    fields = line.split(None, 3)
    try:
        return float(fields[0]), float(fields[2])
    except (IndexError, ValueError):
        return None


def _joined(parts: Sequence[np.ndarray]) -> CocoCurve:
    points = np.concatenate(parts)
    points = points[np.isfinite(points).all(axis=1)]
    points = points[np.lexsort((points[:, 1], points[:, 0]))]
    evaluations, first = np.unique(points[:, 0], return_index=True)
    return CocoCurve(evaluations, np.minimum.accumulate(points[first, 1]))


def trace_of(every_curve: Sequence[CocoCurve]) -> list[dict[str, Any]]:
    """Rows of trace.csv: over the runs, how low f - f* had come; a run that has ended keeps its value."""
    curves = [curve for curve in every_curve if curve.gaps.size]
    if not curves:
        return []
    every = np.unique(np.concatenate([curve.evaluations for curve in curves]))
    every = every[every >= max(curve.evaluations[0] for curve in curves)]
    return [_at(evaluations, curves) for evaluations in every[thinned(len(every))]]


def _at(evaluations: float, curves: Sequence[CocoCurve]) -> dict[str, Any]:
    gaps = [curve.gaps[np.searchsorted(curve.evaluations, evaluations, side="right") - 1] for curve in curves]
    quantiles = zip(QUANTILES, np.quantile(gaps, _SHARES), strict=True)
    return {
        "step": int(evaluations), "n_lanes": len(curves),
        "n_running": sum(bool(curve.evaluations[-1] >= evaluations) for curve in curves),
        **{f"f_gap_{name}": float(value) for name, value in quantiles},
    }  # fmt: skip
