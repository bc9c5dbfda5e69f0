"""What is known of CUTEst's minima: `python -m problems.tables.cutest_table` writes problems/data/cutest.json anew.

A minimum is best known where two independent solvers of SciPy, L-BFGS-B and a trust-region Newton method, come to the
same f from the published start, with a gradient that vanishes. Needs sif2jax, and takes a quarter of an hour.
"""

import json
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.resources import files
from multiprocessing import get_context
from typing import Any

import jax
import numpy as np
from scipy import optimize

from problems.cutest import PACKAGES, bare, cutest_problem, instance
from problems.problem import Problem, Truth

_SECONDS = 20.0
"""For one solver on one problem."""
_ZERO = 1e-14
"""A sum of squares that a solver stops at for 0."""
_MOST = 1000
"""Larger problems are left unknown."""


def _classes() -> Iterator[tuple[str, str]]:
    """Module and class of every unconstrained problem, once each."""
    with bare(PACKAGES[:-1]):
        package = import_module(PACKAGES[-1])
    listed = package.unconstrained_minimisation_problems
    yield from dict.fromkeys((type(p).__module__.rpartition(".")[2], type(p).__name__) for p in listed)


def _examine(module: str, name: str) -> dict[str, Any]:
    """The row of one problem."""
    jax.config.update("jax_enable_x64", True)
    problem = cutest_problem(name, instance(module, name), Truth("unknown", ""))
    row: dict[str, Any] = {"module": module, "class": name, "n": problem.dim}
    try:
        return row | _minimum(problem)
    except Exception as failure:  # whatever a stranger's function raises
        return row | {"why": f"{type(failure).__name__} in the search for a minimum"}


def _minimum(problem: Problem) -> dict[str, Any]:
    if problem.dim > _MOST:
        return {"why": f"more than {_MOST} variables"}
    both = jax.jit(jax.value_and_grad(lambda x: problem.fn(x, ())))
    ends = [_descended(problem, both), _trusted(problem, both)]
    if ends[0] is None or ends[1] is None:
        return {"why": f"a solver did not end within {_SECONDS:g} s"}
    (f1, g1), (f2, g2) = ([np.asarray(part) for part in both(end)] for end in ends)
    lowest = ends[0] if f1 <= f2 else ends[1]
    apart = abs(float(f1 - f2)) / max(abs(float(min(f1, f2))), 1e-8)
    if not apart <= 1e-6:
        return {"why": f"L-BFGS-B ends at {f1:.6g}, the trust region at {f2:.6g}"}
    slope, size = min(np.abs(g1).max(), np.abs(g2).max()), max(1.0, abs(float(f1)))
    if not slope <= 1e-5 * size:
        return {"why": f"the gradient at the end is {slope:.1g}"}
    value = float(min(f1, f2))
    return {"minimum": 0.0 if abs(value) < _ZERO else value} | (
        {"minimiser": lowest.tolist()} if problem.dim <= 20 else {}
    )


def _limited() -> Callable[..., None]:
    """Stops a SciPy solver when its time is up."""
    begun = time.monotonic()

    def check(*_: Any, **__: Any) -> None:
        if time.monotonic() - begun > _SECONDS:
            raise TimeoutError

    return check


def _descended(problem: Problem, both: Callable[[Any], Any]) -> np.ndarray | None:
    def pair(x: Any) -> tuple[float, np.ndarray]:
        f, g = both(x)
        return float(f), np.asarray(g)

    limits = {"maxiter": 100_000, "maxfun": 200_000, "maxcor": 20, "ftol": 1e-16, "gtol": 1e-9}
    return _run(pair, problem, method="L-BFGS-B", options=limits)


def _trusted(problem: Problem, both: Callable[[Any], Any]) -> np.ndarray | None:
    def pair(x: Any) -> tuple[float, np.ndarray]:
        f, g = both(x)
        return float(f), np.asarray(g)

    slope = jax.grad(lambda x: problem.fn(x, ()))
    if problem.dim <= 100:
        hessian = jax.jit(jax.hessian(lambda x: problem.fn(x, ())))
        options = {"gtol": 1e-9, "maxiter": 20_000}
        return _run(pair, problem, method="trust-exact", options=options, hess=lambda x: np.asarray(hessian(x)))
    product = jax.jit(lambda x, v: jax.jvp(slope, (x,), (v,))[1])
    options = {"gtol": 1e-9, "maxiter": 20_000}
    return _run(pair, problem, method="trust-ncg", options=options, hessp=lambda x, v: np.asarray(product(x, v)))


def _run(pair: Callable[[Any], Any], problem: Problem, **options: Any) -> np.ndarray | None:
    try:
        return optimize.minimize(pair, problem.start, jac=True, callback=_limited(), **options).x
    except TimeoutError:
        return None


if __name__ == "__main__":
    rows: dict[str, Any] = {}
    found = list(_classes())
    with get_context("spawn").Pool(1, maxtasksperchild=20) as pool:  # compiled programs are never freed
        waiting = [pool.apply_async(_examine, one) for one in found]
        for (_, name), answer in zip(found, waiting, strict=True):
            row = answer.get()
            rows[name.lower().replace("_", "-")] = row
            print(name, {key: value for key, value in row.items() if key != "minimiser"}, flush=True)
    target = files("problems").joinpath("data/cutest.json")
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
    target.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")  # type: ignore[attr-defined]
    print(f"wrote {target}")
