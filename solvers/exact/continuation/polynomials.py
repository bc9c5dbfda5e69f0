"""grad f = 0 as a system of polynomials with exact coefficients: exponents, coefficients, scales."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from jaxtyping import Float, Int

from problems.problem import Problem
from solvers.exact.algebra import expression
from solvers.method import CannotSolve

MOST_TERMS = 4000
"""Of all equations together; with more, one evaluation takes longer than the paths are worth."""


@dataclass(frozen=True, eq=False)
class System:
    """n polynomials in n unknowns: sum_k coefficients[i][k] prod_j x_j^exponents[i][k, j] = 0."""

    exponents: tuple[Int[np.ndarray, "terms n"], ...]
    coefficients: tuple[Float[np.ndarray, " terms"], ...]
    """Float64, each the nearest to an exact one."""
    rows: Float[np.ndarray, " n"]
    """Positive: diag(rows) times the Jacobian is diag(scales) H diag(scales), H the Hessian of f, where nothing was
    multiplied away."""
    denominators: tuple[Any, ...] = ()
    """(exponents, coefficients) of polynomials that must not vanish at a root: what was multiplied away."""
    exact: tuple[tuple[Fraction, ...], ...] = ()
    """The coefficients before they were rounded; empty if one is not rational."""

    @property
    def n(self) -> int:
        """Unknowns."""
        return len(self.exponents)

    @property
    def degrees(self) -> tuple[int, ...]:
        """Of each equation."""
        return tuple(int(table.sum(axis=1).max(initial=0)) for table in self.exponents)

    @property
    def bezout(self) -> int:
        """The product of the degrees: no system with isolated roots alone has more of them (Bezout's theorem)."""
        return int(np.prod(np.array(self.degrees, dtype=object)))

    def scaled(self) -> tuple["System", Float[np.ndarray, " n"]]:
        """The system in unknowns x_j / scales_j, its coefficients near 1 in size, and the scales, powers of two.

        Least squares in the logarithms of coefficients, row and column scales (Morgan 1987, chapter 5).
        """
        rows = [(i, table, c) for i, (tab, cs) in enumerate(zip(self.exponents, self.coefficients, strict=True))
                for table, c in zip(tab, cs, strict=True)]  # fmt: skip
        design = np.array([[*table, *(np.arange(self.n) == i)] for i, table, _ in rows], float)
        sizes = np.log2(np.abs([c for *_, c in rows]))
        # A little of each scale is asked to be zero, so that what the coefficients leave open stays as it is.
        design = np.vstack([design, 1e-3 * np.eye(2 * self.n)])
        exponents = np.rint(np.linalg.lstsq(design, -np.append(sizes, np.zeros(2 * self.n)), rcond=None)[0])
        of_x, of_row = exponents[: self.n], exponents[self.n :]
        coefficients = tuple(
            c * 2.0 ** (table @ of_x + of_row[i])
            for i, (table, c) in enumerate(zip(self.exponents, self.coefficients, strict=True))
        )
        exact = tuple(
            tuple(c * Fraction(2) ** int(row @ of_x + of_row[i]) for row, c in zip(table, cs, strict=True))
            for i, (table, cs) in enumerate(zip(self.exponents, self.exact, strict=False))
        )
        below = tuple((table, c * 2.0 ** (table @ of_x)) for table, c in self.denominators)
        return System(self.exponents, coefficients, self.rows * 2.0 ** (of_x - of_row), below, exact), 2.0**of_x


def gradient_system(problem: Problem) -> System:
    """The gradient of the problem's function, denominators multiplied away.

    Raises:
        CannotSolve: it is no polynomial or rational function; the message names what it holds. Or it is too long.
    """
    f, variables = expression(problem)
    parts = [_quotient(sp.diff(f, variable), variables) for variable in variables]
    bottoms = {sp.Poly(bottom, *variables) for _, bottom in parts}
    return system_of([sp.Poly(top, *variables) for top, _ in parts], bottoms)


def system_of(polynomials: Sequence[Any], denominators: Iterable[Any] = ()) -> System:
    """The system of n SymPy polynomials in n variables.

    Raises:
        CannotSolve: an equation says nothing, or can never hold, or there are too many terms.
    """
    if any(p.is_zero for p in polynomials):
        raise CannotSolve("f does not depend on a variable: its stationary points are no isolated points")
    if any(p.is_ground for p in polynomials):
        raise CannotSolve("a component of the gradient is constant and not zero: there is no stationary point")
    if sum(len(p.terms()) for p in polynomials) > MOST_TERMS:
        raise CannotSolve(f"the equations have more than {MOST_TERMS} terms")
    exponents, coefficients, sizes, exact = zip(*map(_table, polynomials), strict=True)
    below = tuple(_table(p)[:2] for p in denominators if p.total_degree() > 0)
    return System(exponents, coefficients, np.array(sizes), below, exact if all(exact) else ())


def monomials(x: np.ndarray, table: Int[np.ndarray, "terms n"]) -> np.ndarray:
    """[points, terms] from points [points, n]; negative exponents, of terms without that variable, are taken as 0."""
    result = np.ones((len(x), len(table)), x.dtype)
    for j in np.flatnonzero(table.any(axis=0)):
        powers = np.maximum(table[:, j], 0)
        known = np.stack([x[:, j] ** k for k in range(int(powers.max()) + 1)], axis=1)
        result = result * known[:, powers]
    return result


def _quotient(slope: Any, variables: Sequence[Any]) -> tuple[Any, Any]:
    if not slope.is_rational_function(*variables):
        held = {type(part).__name__ for part in slope.atoms(sp.Function, sp.Pow) if not _is_rational(part, variables)}
        raise CannotSolve(f"no quotient of polynomials: the gradient holds {', '.join(sorted(held)) or 'a power'}")
    return sp.fraction(sp.cancel(sp.together(slope)))


def _is_rational(part: Any, variables: Sequence[Any]) -> bool:
    return bool(part.is_rational_function(*variables))


def _table(polynomial: Any) -> tuple[Int[np.ndarray, "terms n"], Float[np.ndarray, " terms"], float, tuple[Any, ...]]:
    """Exponents, coefficients in units of a power of two near the largest, that, and exactly, if they are rational."""
    terms: Sequence[Any] = polynomial.terms()
    size = sp.Integer(2) ** round(np.log2(float(max(abs(c) for _, c in terms))))
    values = [c / size for _, c in terms]
    exact = tuple(Fraction(int(c.p), int(c.q)) for c in values) if all(c.is_Rational for c in values) else ()
    return np.array([powers for powers, _ in terms], np.int64), np.array(values, float), float(size), exact
