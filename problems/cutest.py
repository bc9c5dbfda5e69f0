"""CUTEst's unconstrained problems, through the package sif2jax (extra `cutest`): cutest-rosenbr, cutest-arwhead.

Only objective and start are taken from there; its listed optima are unreliable. What is known of a minimum stands in
data/cutest.json, which `python -m problems.tables.cutest_table` writes anew. A problem's own module is imported and
nothing else of the package, whose import takes over a minute.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import jax.numpy as jnp
import numpy as np

from problems.installing import installs
from problems.problem import Problem, Truth
from problems.select import UnknownName, unknown

PREFIX = "cutest-"
PACKAGES = ("sif2jax", "sif2jax.cutest", "sif2jax.cutest._unconstrained_minimisation")


@cache
def table() -> dict[str, Any]:
    """By name without prefix: module, class, n, and what is known of the minimum."""
    return json.loads(files("problems").joinpath("data/cutest.json").read_text(encoding="utf-8"))


def names() -> tuple[str, ...]:
    """Of all problems in the table, whether or not the package is there."""
    return tuple(PREFIX + name for name in table())


def cutest(name: str) -> Problem:
    """The problem of that full name.

    Raises:
        UnknownName: no such problem, or sif2jax is not installed.
    """
    row = table().get(name.removeprefix(PREFIX))
    if row is None:
        raise unknown(name, names(), "problem")
    if find_spec("sif2jax") is None:
        raise UnknownName(f'"{name}" needs sif2jax: {installs("cutest")}')
    return cutest_problem(name, instance(row["module"], row["class"]), _truth(row))


def cutest_problem(name: str, source: Any, truth: Truth) -> Problem:
    """The problem of an object of sif2jax; its box is the smallest with start and minimiser, a tenth wider each way."""
    start = np.asarray(source.y0, np.float64)
    corners = np.vstack([start, *([] if truth.minimisers is None else [truth.minimisers])])
    low, high = corners.min(axis=0), corners.max(axis=0)
    margin = 0.1 * np.maximum(high - low, np.maximum(1.0, np.abs(start)))

    def fn(x: Any, data: Any) -> Any:
        return jnp.asarray(source.objective(x, source.args)).astype(x.dtype)

    return Problem(
        name=name,
        fn=fn,
        lower=low - margin,
        upper=high + margin,
        truth=truth,
        reference=f"CUTEst {type(source).__name__}, as in sif2jax (Apache-2.0); Gould, Orban & Toint 2015",
        start=start,
        tags=frozenset({"cutest"}),
    )


def instance(module: str, name: str) -> Any:
    """The object of one class, by the import of its own module alone."""
    with bare():
        return getattr(import_module(f"{PACKAGES[-1]}.{module}"), name)()


@contextmanager
def bare(packages: Sequence[str] = PACKAGES) -> Iterator[None]:
    """While this lasts, these packages are their folders: nobody runs the __init__ that imports everything."""
    if "sif2jax" in sys.modules:  # somebody has paid for it already
        yield
        return
    spec = find_spec("sif2jax")
    folder = Path(spec.submodule_search_locations[0])  # type: ignore[union-attr, index]
    for package in packages:
        sys.modules[package] = ModuleType(package)
        sys.modules[package].__path__ = [str(folder.joinpath(*package.split(".")[1:]))]
    try:
        yield
    finally:
        for loaded in [name for name in sys.modules if name.split(".")[0] == "sif2jax"]:
            del sys.modules[loaded]


def _truth(row: dict[str, Any]) -> Truth:
    if "minimum" not in row:
        return Truth("unknown", row["why"])
    points = np.array([row["minimiser"]]) if "minimiser" in row else None
    return Truth("best_known", "L-BFGS-B and a trust-region method of SciPy agree", row["minimum"], points, digits=6.0)
