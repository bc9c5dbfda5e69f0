"""A problem's function as an expression of computer algebra, and what algebra can make of grad f = 0 (SymPy).

Constants stay exact: a float64 is taken for the shortest decimal that rounds to it, so 2.25 and 0.1 are what they say.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
import sympy as sp

from problems.problem import Problem
from solvers.method import CannotSolve
from solvers.transforms.jaxpr import NoRule, Rule, walk
from solvers.transforms.objects import STRUCTURE, each, fold
from solvers.transforms.version import Equation

_MOST_VARIABLES = 12
"""Beyond, the exact rationals of even a linear system take minutes."""
_DIGITS = 50
_EXACT_ENOUGH = 1e-30


class _Roots(NamedTuple):
    """What was found."""

    points: np.ndarray
    """[m n] float64, verified to 30 digits."""
    how: str
    """The method, and where there is one the solution as text."""


def expression(problem: Problem) -> tuple[Any, list[Any]]:
    """The function of the problem, and its variables.

    Raises:
        CannotSolve: it holds what algebra has no rule for, or is too large.
    """
    return written_out(lambda x: problem.fn(x, problem.data), problem.dim)


def written_out(fn: Callable[..., Any], n: int, *held: np.ndarray) -> tuple[Any, list[Any]]:
    """The expression of `fn(x, *held)`, and the n variables x; `held` are arrays of numbers or of symbols.

    Raises:
        CannotSolve: it holds what algebra has no rule for, or is too large.
    """
    if n > _MOST_VARIABLES:
        raise CannotSolve(f"{n} variables are too many for algebra; at most {_MOST_VARIABLES} are tried")
    variables = [sp.Symbol(f"x{i + 1}", real=True) for i in range(n)]
    with jax.enable_x64(True):
        closed = jax.make_jaxpr(fn)(np.zeros(n), *(np.zeros(array.shape) for array in held))
    vector = np.array(variables, dtype=object)
    try:
        (result,) = walk(closed, _RULES.get, _exact, [vector, *map(_exact, held)])
    except NoRule as missing:
        raise CannotSolve(str(missing).partition(";")[0]) from None
    return result[()], variables


def stationary_points(f: Any, variables: Sequence[Any]) -> _Roots:
    """Every real root of the gradient of an expression that algebra gives.

    Raises:
        CannotSolve: it gives none.
    """
    slopes = [sp.diff(f, variable) for variable in variables]
    candidates, how = _roots(slopes, variables)
    points = _different(point for point in candidates if _is_root(slopes, variables, point))
    if not points:
        raise CannotSolve("algebra finds no real root of the gradient")
    return _Roots(np.array(points, dtype=object).astype(float), how)


def _different(points: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Each point once: of a multiple root 50 digits leave several that agree to 30."""
    found: list[tuple[Any, ...]] = []
    for point in points:
        if not any(all(_agree(a, b) for a, b in zip(point, other, strict=True)) for other in found):
            found.append(point)
    return found


def _agree(a: Any, b: Any) -> bool:
    return bool(abs(sp.N(a - b, _DIGITS)) <= _EXACT_ENOUGH * max(1, abs(sp.N(a, _DIGITS))))


def _roots(slopes: Sequence[Any], variables: Sequence[Any]) -> tuple[list[tuple[Any, ...]], str]:
    polynomial = all(slope.is_polynomial(*variables) for slope in slopes)
    if polynomial and all(sp.Poly(slope, *variables).total_degree() <= 1 for slope in slopes):
        return _linear(slopes, variables), "linear system, solved in rationals"
    if polynomial and len(variables) == 1:
        return [(root,) for root in _real_roots(slopes[0], variables[0])], "polynomial, real roots isolated"
    if polynomial and len(variables) == 2:
        return _eliminated(slopes, variables), "resultants, real roots isolated"
    if polynomial:
        return _by_groebner(slopes, variables), "Groebner basis, real roots isolated"
    if len(variables) == 1:
        return _transcendental(slopes[0], variables[0])
    raise CannotSolve("no closed form found: a system of equations that are no polynomials")


def _linear(slopes: Sequence[Any], variables: Sequence[Any]) -> list[tuple[Any, ...]]:
    solution = sp.linsolve(slopes, *variables)
    found = [point for point in solution if not any(value.free_symbols for value in point)]
    if not found:
        raise CannotSolve("the linear system has no single solution")
    return found


def _eliminated(slopes: Sequence[Any], variables: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The real roots of the two resultants hold every coordinate of a common root."""
    first, second = variables
    held = []
    for kept, other in ((first, second), (second, first)):
        resultant = sp.resultant(*slopes, other)
        if resultant == 0:
            raise CannotSolve("the two equations have a common factor: a curve of stationary points")
        held.append(_real_roots(resultant, kept))
    return [(a, b) for a in held[0] for b in held[1]]


def _by_groebner(slopes: Sequence[Any], variables: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Back-substitution through a lexicographic basis, root by root."""
    basis = sp.groebner(slopes, *variables, order="lex")
    if not basis.is_zero_dimensional:
        raise CannotSolve("a curve of stationary points")
    found: list[tuple[Any, ...]] = [()]
    for depth in range(len(variables) - 1, -1, -1):
        found = [(root, *tail) for tail in found for root in _next(basis, variables, depth, tail)]
    return found


def _next(basis: Any, variables: Sequence[Any], depth: int, tail: tuple[Any, ...]) -> Iterator[Any]:
    """Roots of the first basis polynomial in the next variable that the ones behind it do not make vanish."""
    known = dict(zip(variables[depth + 1 :], tail, strict=True))
    for polynomial in reversed(basis.exprs):
        if variables[depth] in polynomial.free_symbols and not polynomial.free_symbols & set(variables[:depth]):
            rest = _specialised(sp.Poly(polynomial, variables[depth]), known)
            if rest.degree() > 0:
                yield from _simple_roots(rest)
                return


def _specialised(polynomial: Any, known: dict[Any, Any]) -> Any:
    """The polynomial with numbers for the other variables; coefficients that are 0 but for rounding are 0.

    Else the leading ones among them, which vanish at some tails and not at others, would make roots of nothing.
    """
    coefficients = []
    for coefficient in polynomial.all_coeffs():
        value = coefficient.subs(known)
        terms = [abs(sp.N(term.subs(known), _DIGITS)) for term in sp.Add.make_args(sp.expand(coefficient))]
        coefficients.append(value if abs(sp.N(value, _DIGITS)) > _EXACT_ENOUGH * max(terms) else sp.Integer(0))
    return sp.Poly(coefficients, polynomial.gen)


def _simple_roots(polynomial: Any) -> Iterator[Any]:
    """Every real root once, to 50 digits; exactly where it is rational, so that what follows from it is exact, too.

    Raises:
        CannotSolve: a multiple root whose coefficients are rounded.
    """
    exact = polynomial.domain.is_Exact
    for factor in [factor for factor, _ in polynomial.factor_list()[1]] if exact else [polynomial]:
        if exact and factor.degree() == 1:
            yield -factor.nth(0) / factor.nth(1)
            continue
        try:
            yield from _real_parts(factor.nroots(n=_DIGITS, maxsteps=500))
        except sp.polys.polyerrors.NoConvergence:
            raise CannotSolve("a multiple root that is not rational: its digits are not to be had") from None


def _real_parts(roots: Sequence[Any]) -> Iterator[Any]:
    yield from (sp.re(root) for root in roots if abs(sp.im(root)) < _EXACT_ENOUGH)


def _real_roots(polynomial: Any, variable: Any) -> list[Any]:
    """Isolated exactly, factor by factor, to 50 digits."""
    factors = sp.factor_list(sp.Poly(polynomial, variable))[1]
    return [root.evalf(_DIGITS) for factor, _ in factors for root in sp.real_roots(factor, multiple=True)]


def _transcendental(slope: Any, variable: Any) -> tuple[list[tuple[Any, ...]], str]:
    try:
        found = sp.solve(slope, variable)
    except NotImplementedError:
        raise CannotSolve("no closed form found: SymPy has no method for this equation") from None
    real = [root for root in found if not root.free_symbols and abs(sp.im(root.evalf(_DIGITS))) < _EXACT_ENOUGH]
    return [(sp.re(root.evalf(_DIGITS)),) for root in real], f"x = {', '.join(map(str, real))}"


def _is_root(slopes: Sequence[Any], variables: Sequence[Any], point: Sequence[Any]) -> bool:
    """To 30 digits, relative to what the terms of the equation add up to."""
    at = dict(zip(variables, point, strict=True))
    for slope in slopes:
        terms = [abs(sp.N(term.subs(at), _DIGITS)) for term in sp.Add.make_args(slope)]
        size = abs(sp.N(slope.subs(at), _DIGITS))
        if not size.is_number or size > _EXACT_ENOUGH * max(1, *terms):
            return False
    return True


def _exact(value: Any) -> np.ndarray:
    """Numbers as exact rationals, symbols as they are."""
    array = np.asarray(value)
    cells = np.empty(array.shape, object)
    for index in np.ndindex(array.shape):
        cells[index] = _number(array[index])
    return cells


def _number(value: Any) -> Any:
    if isinstance(value, sp.Basic):
        return value
    if isinstance(value, np.floating):
        if not np.isfinite(value):
            raise CannotSolve("a constant of the function is not finite")
        return sp.pi if float(value) == float(np.pi) else sp.Rational(repr(float(value)))
    return sp.Integer(int(value))


def _with(operation: Callable[..., Any]) -> Rule:
    return each(lambda eqn, *values: operation(*values))


def _dot(eqn: Equation, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    (over_a, over_b), (batch, _) = eqn.params["dimension_numbers"]
    if batch:
        raise NoRule('"dot_general" with batch dimensions has no rule')
    return np.asarray(np.tensordot(a, b, (over_a, over_b)), dtype=object)


_RULES: dict[str, Rule] = STRUCTURE | {
    "add": _with(lambda a, b: a + b),
    "add_any": _with(lambda a, b: a + b),
    "sub": _with(lambda a, b: a - b),
    "mul": _with(lambda a, b: a * b),
    "div": _with(lambda a, b: a / b),
    "neg": _with(lambda a: -a),
    "square": _with(lambda a: a**2),
    "integer_pow": each(lambda eqn, a: a ** eqn.params["y"]),
    "pow": _with(lambda a, b: a**b),
    "sqrt": _with(sp.sqrt),
    "rsqrt": _with(lambda a: 1 / sp.sqrt(a)),
    "exp": _with(sp.exp),
    "log": _with(sp.log),
    "sin": _with(sp.sin),
    "cos": _with(sp.cos),
    "tanh": _with(sp.tanh),
    "convert_element_type": _with(lambda a: a),
    "copy": _with(lambda a: a),
    "reduce_sum": fold(lambda a, b: a + b),
    "reduce_prod": fold(lambda a, b: a * b),
    "dot_general": _dot,
    "iota": lambda eqn: _exact(np.broadcast_to(_counted(eqn), eqn.params["shape"])),
}


def _counted(eqn: Equation) -> np.ndarray:
    shape, dimension = eqn.params["shape"], eqn.params["dimension"]
    return np.arange(shape[dimension]).reshape([-1 if axis == dimension else 1 for axis in range(len(shape))])
