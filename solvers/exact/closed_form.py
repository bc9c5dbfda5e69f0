"""The exact solver: writes down what the problem's own formula gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from problems.least_squares import FACTORISATIONS, linear_residuals
from problems.problem import Problem


@dataclass(frozen=True)
class WriteDown:
    """Every stationary point that the formula gives, the lowest first: set to zero, solve, try each, keep the best."""

    factorisation: Literal["qr", "svd", "normal"] = "qr"
    """How linear least squares are solved; other problems have one formula."""

    def __call__(self, problem: Problem, data: PyTree) -> Float[Array, "m n"]:
        """The points; `data` in the dtype to work in."""
        points = self._formula(problem)(data)
        return points[jnp.argsort(jax.vmap(lambda x: problem.fn(x, data))(points))]

    def refuses(self, problem: Problem) -> str | None:
        """None, or the reason why this cannot be done."""
        if problem.closed_form is None:
            return "no formula for all points"
        if self.factorisation != "qr" and problem.residuals is not linear_residuals:
            return "not linear least squares: there is no factorisation to choose"
        return None

    def _formula(self, problem: Problem) -> Callable[[PyTree], Float[Array, "m n"]]:
        if reason := self.refuses(problem):
            raise ValueError(f"{problem.name}: {reason}; see ClosedForm.supports")
        if self.factorisation == "qr":
            return problem.closed_form  # type: ignore[return-value]
        return FACTORISATIONS[self.factorisation]
