"""Root-finding on the gradient."""

from dataclasses import dataclass
from typing import ClassVar

import jax
from jaxtyping import Array, Float

from solvers.derivatives import sparse_hessian, tridiagonal_hessian
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
    per_step: ClassVar[Evaluations] = Evaluations(h=1)

    def init(self, x: Point, rate: Float[Array, ""]) -> tuple[()]:
        """Newton's method remembers nothing."""
        del x, rate
        return ()

    def step(self, fn: Objective, x: Point, g: Point, memory: tuple[()]) -> Step:
        """The full Newton step."""
        p: Point
        if isinstance(x, tuple):
            p, singular = solve_sparse(sparse_hessian(fn, x), g)
        elif self.bandwidth == 1:
            p, singular = solve_tridiagonal(*tridiagonal_hessian(fn, x), g)
        else:
            p, singular = solve_dense(jax.hessian(fn)(x), g)
        return Step(jax.tree.map(lambda x, p: x - p, x, p), memory, singular)

    def workspace(self, n: int, f: int) -> int:
        """The Hessian, and f differentiated along each of n directions, or of three."""
        return 3 * (n + 2 * f) if self.bandwidth == 1 else n * (n + 2 * f)
