"""Gauss-Newton and Levenberg-Marquardt: for sums of squares, the Hessian without its second derivatives."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from problems.problem import Problem
from solvers.method import Evaluations, Method, Objective, Point, Step
from solvers.methods.backtracking import ahead, falls, settle

_Residuals = Callable[[Any], Any]


def _unknown(x: Any) -> Any:
    raise ValueError("the residuals are not known: ask the method `for_problem` first")


@dataclass(frozen=True)
class _OfResiduals(Method):
    """What methods have in common that need f = |r|^2, with r [m] of x [n]."""

    residuals: _Residuals = _unknown
    """r(x), where f = |r|^2; told by the problem."""
    per_step = Evaluations(f=1, h=1, linear_solves=1)
    lowers = True

    def refuses(self, problem: Problem) -> str | None:
        """What is no sum of squares."""
        return "no residuals: not a sum of squares" if problem.residuals is None else None

    def for_problem(self, problem: Problem, data: Any) -> Self:
        """Told of the residuals, the data bound."""
        return replace(self, residuals=lambda x: problem.residuals(x, data))  # type: ignore[misc]

    def workspace(self, n: int, f: int) -> int:
        """J, its factors, and the residuals along each direction."""
        return n * (n + 3 * f)


@dataclass(frozen=True)
class GaussNewton(_OfResiduals):
    """x <- x - t p with p the least-squares solution of J p = r, by QR, t halved until f falls.

    Reference: Nocedal & Wright 2006, section 10.3.
    """

    def init(self, x: Point, rate: Float[Array, ""]) -> Any:
        """The first length is 1."""
        del x
        return jnp.ones_like(rate)

    def step(self, fn: Objective, x: Point, g: Point, memory: Any) -> Step:
        """One trial."""
        Q, R = jnp.linalg.qr(jax.jacfwd(self.residuals)(x))
        p = jax.scipy.linalg.solve_triangular(R, Q.T @ self.residuals(x))
        trial = ahead(x, p, memory)
        good = falls(fn, x, trial, 0.0)
        return settle(x, trial, memory, good, most=1.0, singular=~jnp.all(jnp.isfinite(p)))


@dataclass(frozen=True)
class LevenbergMarquardt(_OfResiduals):
    """x <- x - p with (J'J + m D) p = J'r, D = diag(J'J), and m falls after a good trial and grows after a bad one.

    The system is solved by QR of J stacked on sqrt(m D), so its condition is not squared.
    Reference: Marquardt 1963, J. SIAM 11(2), 431; Nocedal & Wright 2006, section 10.3; Moré 1978 for D.
    """

    def init(self, x: Point, rate: Float[Array, ""]) -> Any:
        """The first damping is 1e-3, as Marquardt's."""
        del x
        return 1e-3 * jnp.ones_like(rate)

    def step(self, fn: Objective, x: Point, g: Point, memory: Any) -> Step:
        """One trial."""
        J, r = jax.jacfwd(self.residuals)(x), self.residuals(x)
        scale = jnp.sqrt(jnp.sum(J * J, axis=0))
        damping = jnp.sqrt(memory) * jnp.where(scale > 0, scale, 1)
        Q, R = jnp.linalg.qr(jnp.concatenate([J, jnp.diag(damping)]))
        p = jax.scipy.linalg.solve_triangular(R, Q[: r.size].T @ r)
        good = falls(fn, x, x - p, 0.0)
        return Step(jnp.where(good, x - p, x), jnp.where(good, jnp.maximum(memory / 10, _LEAST), memory * 10))


_LEAST = 1e-15
