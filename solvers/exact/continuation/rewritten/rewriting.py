"""A system written in other unknowns, in exact rational arithmetic, and the way back of its roots."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Complex
from sympy import QQ
from sympy.polys.rings import ring

from solvers.exact.continuation.polynomials import System

_Points = Complex[np.ndarray, "points n"]


class Rewriting(NamedTuple):
    """A system whose roots are, one by one, those of another."""

    system: System
    back: Callable[[_Points], _Points]
    """A root of `system` to the root of the other; not finite at infinity."""
    how: tuple[str, ...] = ()
    """What was done, in words."""

    def then(self, rewrite: Callable[[System], "Rewriting"]) -> "Rewriting":
        """One rewriting after the other."""
        after = rewrite(self.system)
        return Rewriting(after.system, lambda x: self.back(after.back(x)), self.how + after.how)


def as_it_is(system: System) -> Rewriting:
    """The system itself."""
    return Rewriting(system, lambda x: x)


def scaled(system: System) -> Rewriting:
    """In units in which the coefficients are near 1 in size."""
    after, scales = system.scaled()
    return Rewriting(after, lambda x: x * scales)


def elements(system: System) -> list[Any]:
    """The equations as elements of a ring of SymPy over the rationals."""
    over = ring([f"x{j}" for j in range(system.n)], QQ)[0]
    return [
        over.from_dict({tuple(map(int, row)): QQ(c.numerator, c.denominator) for row, c in zip(table, cs, strict=True)})
        for table, cs in zip(system.exponents, system.exact, strict=True)
    ]


def from_elements(equations: Sequence[Any], unknowns: Sequence[int]) -> System:
    """The system of such elements in some unknowns of their ring: the only ones that they hold."""
    exact = tuple(
        tuple(Fraction(int(c.numerator), int(c.denominator)) for c in equation.coeffs()) for equation in equations
    )
    exponents = tuple(np.array(equation.monoms(), np.int64)[:, list(unknowns)] for equation in equations)
    coefficients = tuple(np.array([float(c) for c in cs]) for cs in exact)
    return System(exponents, coefficients, np.ones(len(unknowns)), exact=exact)


def total_degree(equation: Any) -> int:
    """The largest sum of exponents."""
    return max((sum(powers) for powers in equation.monoms()), default=0)
