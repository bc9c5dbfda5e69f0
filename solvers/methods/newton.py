"""Root-finding on the gradient."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import jax
from jaxtyping import Array, Float

from solvers.linalg.derivatives import (
    HESSIAN_BLOCK,
    dense_hessian,
    diagonal_hessian,
    sparse_hessian,
    tridiagonal_hessian,
)
from solvers.linalg.linear import solve_dense, solve_diagonal, solve_in_block, solve_sparse, solve_tridiagonal
from solvers.linalg.quick import CLOSED_FORM, try_dense, try_tridiagonal
from solvers.linalg.sparse import try_diagonal, try_sparse
from solvers.solver import Evaluations, Method, Objective, Pivoting, Point, Step

_SPARSE: dict[Pivoting, Callable[..., Any]] = {
    "never": try_sparse,
    "library": solve_sparse,
    "in block": solve_in_block,
}


class Direction(NamedTuple):
    """H^-1 g, whether H is singular, and whether the answer is in doubt for want of pivoting."""

    p: Point
    singular: Any
    doubt: Any = False


@dataclass(frozen=True)
class Newton(Method):
    """Newton's method for grad f = 0, undamped, with the dense Hessian: x <- x - H(x)^-1 grad f(x).

    Finds saddles and maxima as gladly as minima, and may run away: the honest baseline.
    Reference: Nocedal & Wright, Numerical Optimization, 2nd ed., section 11.1, algorithm 11.1.
    """

    bandwidth: int | None = None
    """Of the Hessian where it is known: a step takes one product at 0, three at 1, and O(n) arithmetic."""
    pivoting: Pivoting = "never"
    """Whether to pivot, and how: `never` flags systems that need it; `library` calls LAPACK or its like; `in block` is
    for kernels, which can call no library: all lanes of a block pivot if one of them must."""
    per_step: ClassVar[Evaluations] = Evaluations(h=1, linear_solves=1)
    scalars: ClassVar[bool] = True

    def fallback(self, n: int, pivoting: Pivoting = "library") -> "Newton | None":
        """The same steps with pivoting; None where no step of n variables is in doubt."""
        return replace(self, pivoting=pivoting) if n > CLOSED_FORM and self.bandwidth != 0 else None

    def init(self, x: Point, rate: Float[Array, ""]) -> Any:
        """Newton's method remembers nothing."""
        del x, rate
        return ()

    def step(self, fn: Objective, x: Point, g: Point, memory: Any) -> Step:
        """The full Newton step."""
        p, singular, doubt = self.direction(fn, x, g)
        return Step(jax.tree.map(lambda x, p: x - p, x, p), memory, singular, doubt)

    def direction(self, fn: Objective, x: Point, g: Point) -> Direction:
        """H(x)^-1 g."""
        if isinstance(x, tuple):
            H = sparse_hessian(fn, x)
            return Direction(*(try_diagonal(H, g) if self.bandwidth == 0 else _SPARSE[self.pivoting](H, g)))
        if self.bandwidth == 0:
            return Direction(*solve_diagonal(diagonal_hessian(fn, x), g))
        sure = self.pivoting != "never"
        if self.bandwidth == 1 and x.size > CLOSED_FORM:
            diagonal, above = tridiagonal_hessian(fn, x)
            solution = solve_tridiagonal(diagonal, above, g) if sure else try_tridiagonal(diagonal, above, g)
            return Direction(*solution)
        dense = dense_hessian(fn, x)
        return Direction(*(solve_dense(dense, g) if sure else try_dense(dense, g)))

    def workspace(self, n: int, f: int) -> int:
        """The Hessian, and f differentiated along as many directions as there are at a time."""
        return 8 * n + 2 * f if self.bandwidth in (0, 1) else n * n + min(n, HESSIAN_BLOCK) * 2 * f
