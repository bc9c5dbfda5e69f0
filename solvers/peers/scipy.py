"""SciPy: a loop over the starts, with jitted derivatives; times are those of the loop, starts are capped.

`root` (MINPACK hybrj) stops by the change of x (xtol), not by the gradient. `trust-exact` stops at gtol in the
Euclidean norm of the gradient, `L-BFGS-B` in the infinity norm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
from scipy import optimize

from problems.problem import Problem
from solvers.method import Inputs, Solution

_Run = Callable[[Any, Any, Any, np.ndarray, float], Any]
"""(f and gradient, gradient, Hessian, start, gtol) -> SciPy's result."""


def root(problem: Problem, max_steps: int, inputs: Inputs) -> Callable[[Inputs], Solution]:
    """`scipy.optimize.root(method="hybr")` on the gradient with the exact Hessian."""

    def run(pair: Any, slope: Any, hessian: Any, x: np.ndarray, gtol: float) -> Any:
        options = {"maxfev": max_steps, "xtol": 1e-12}
        return optimize.root(slope, x, jac=hessian, method="hybr", options=options)

    return _compiled(problem, inputs, run)


def trust_exact(problem: Problem, max_steps: int, inputs: Inputs) -> Callable[[Inputs], Solution]:
    """`scipy.optimize.minimize(method="trust-exact")`."""

    def run(pair: Any, slope: Any, hessian: Any, x: np.ndarray, gtol: float) -> Any:
        options = {"maxiter": max_steps, "gtol": gtol}
        return optimize.minimize(pair, x, jac=True, hess=hessian, method="trust-exact", options=options)

    return _compiled(problem, inputs, run)


def lbfgsb(problem: Problem, max_steps: int, inputs: Inputs) -> Callable[[Inputs], Solution]:
    """`scipy.optimize.minimize(method="L-BFGS-B")`; ftol = 0, so that the gradient decides."""

    def run(pair: Any, slope: Any, hessian: Any, x: np.ndarray, gtol: float) -> Any:
        options = {"maxiter": max_steps, "maxfun": 20 * max_steps, "gtol": gtol, "ftol": 0.0}
        return optimize.minimize(pair, x, jac=True, method="L-BFGS-B", options=options)

    return _compiled(problem, inputs, run)


METHODS = {
    name.lower(): name
    for name in (
        *("Nelder-Mead", "Powell", "CG", "BFGS", "Newton-CG", "L-BFGS-B", "TNC", "COBYLA", "COBYQA", "SLSQP"),
        *("trust-constr", "dogleg", "trust-ncg", "trust-krylov", "trust-exact"),
    )
}
"""Of `scipy.optimize.minimize`, by the lower-case names that are asked for."""
_WITHOUT_GRADIENT = ("Nelder-Mead", "Powell", "COBYLA", "COBYQA")
_WITH_HESSIAN = ("Newton-CG", "trust-constr", "dogleg", "trust-ncg", "trust-krylov", "trust-exact")
_WITH_GTOL = ("CG", "BFGS", "L-BFGS-B", "trust-constr", "trust-ncg", "trust-krylov", "trust-exact", "dogleg", "TNC")


@dataclass(frozen=True)
class Minimize:
    """`scipy.optimize.minimize` by any of its methods, with exact derivatives where it takes them."""

    method: str

    def __call__(self, problem: Problem, max_steps: int, inputs: Inputs) -> Callable[[Inputs], Solution]:
        """The call that runs it from every start; gtol is handed to methods that have one."""

        def run(pair: Any, slope: Any, hessian: Any, x: np.ndarray, gtol: float) -> Any:
            if self.method in _WITHOUT_GRADIENT:
                return optimize.minimize(lambda x: pair(x)[0], x, method=self.method, options={"maxiter": max_steps})
            limit = "maxfun" if self.method == "TNC" else "maxiter"
            options = {limit: max_steps} | ({"gtol": gtol} if self.method in _WITH_GTOL else {})
            second = hessian if self.method in _WITH_HESSIAN else None
            return optimize.minimize(pair, x, jac=True, hess=second, method=self.method, options=options)

        return _compiled(problem, inputs, run)


def _compiled(problem: Problem, inputs: Inputs, run: _Run) -> Callable[[Inputs], Solution]:
    x, data = np.asarray(inputs.starts)[:, 0], inputs.data
    value_and_grad = jax.jit(jax.value_and_grad(problem.fn)).lower(x, data).compile()
    hessian = jax.jit(jax.hessian(problem.fn)).lower(x, data).compile()
    return partial(_loop, value_and_grad, hessian, run)


def _loop(value_and_grad: Any, hessian: Any, run: _Run, inputs: Inputs) -> Solution:
    dtype, data = inputs.starts.dtype, inputs.data

    def pair(x: np.ndarray) -> tuple[float, np.ndarray]:
        f, g = value_and_grad(x.astype(dtype), data)
        return float(f), np.asarray(g, np.float64)

    def curvature(x: np.ndarray) -> np.ndarray:
        return np.asarray(hessian(x.astype(dtype), data), np.float64)

    gtol = float(np.min(inputs.budget.tolerance))
    with np.errstate(all="ignore"):
        ends = [_end(run, pair, curvature, start, gtol) for start in np.asarray(inputs.starts, np.float64).T]
    return Solution(np.stack(ends).T, None, None)


def _end(run: _Run, pair: Any, curvature: Any, start: np.ndarray, gtol: float) -> np.ndarray:
    """Where SciPy ends; the start, where its linear algebra refuses what is not finite."""
    try:
        return run(pair, lambda x: pair(x)[1], curvature, start, gtol).x
    except (ValueError, np.linalg.LinAlgError):
        return start
