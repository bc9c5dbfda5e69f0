"""Root-finding on the gradient."""

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
from jaxtyping import Array, Bool, Float

from solvers.derivatives import COLUMNS, dense_hessian, sparse_hessian, tridiagonal_hessian
from solvers.linear import solve_dense, solve_sparse, solve_tridiagonal
from solvers.solver import Evaluations, Objective, Point, Step


@dataclass(frozen=True)
class Newton:
    """Newton's method for grad f = 0, undamped, with the dense Hessian: x <- x - H(x)^-1 grad f(x).

    Finds saddles and maxima as gladly as minima, and may run away: the honest baseline.
    Reference: Nocedal & Wright, Numerical Optimization, 2nd ed., section 11.1, algorithm 11.1.
    """

    bandwidth: int | None = None
    """1 where the problem states a tridiagonal Hessian: a step then takes three products and O(n) arithmetic."""
    per_step: ClassVar[Evaluations] = Evaluations(h=1, linear_solves=1)
    scalars: ClassVar[bool] = True

    def init(self, x: Point, rate: Float[Array, ""]) -> Any:
        """Newton's method remembers nothing."""
        del x, rate
        return ()

    def step(self, fn: Objective, x: Point, g: Point, memory: Any) -> Step:
        """The full Newton step."""
        p, singular = self.direction(fn, x, g)
        return Step(jax.tree.map(lambda x, p: x - p, x, p), memory, singular)

    def direction(self, fn: Objective, x: Point, g: Point) -> tuple[Point, Bool[Array, ""]]:
        """H(x)^-1 g, and whether H is singular."""
        if isinstance(x, tuple):
            return solve_sparse(sparse_hessian(fn, x), g)
        if self.bandwidth == 1:
            return solve_tridiagonal(*tridiagonal_hessian(fn, x), g)
        return solve_dense(dense_hessian(fn, x), g)

    def workspace(self, n: int, f: int) -> int:
        """The Hessian, and f differentiated along as many directions as there are at a time."""
        return 3 * (n + 2 * f) if self.bandwidth == 1 else n * n + min(n, COLUMNS) * 2 * f
