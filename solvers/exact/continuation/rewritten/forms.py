"""Fewer paths to infinity where the leading forms of all equations, of highest degree, have a common factor.

Its zeros are roots at infinity of the system, so that no bound from degrees is met. Two ways out, both one to one:

- linear factors become coordinates, and the equations are turned like a gradient: then exponents show what vanishes;
- q, the product of the others, becomes an unknown: l q + r = 0 is written l u + r = 0, and u = q is one equation more.

|x|^2 x = M x, three powers in n unknowns, becomes u x = M x and u = |x|^2: 2 n + 1 paths instead of 3^n.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from sympy import QQ, Matrix, Rational, eye
from sympy.polys.rings import ring

from solvers.exact.continuation.polynomials import MOST_TERMS, System
from solvers.exact.continuation.rewritten.rewriting import Rewriting, as_it_is, elements, from_elements, total_degree

_MOST_LEADING = 300
"""Terms of all leading forms together: factors of larger ones take long."""


def in_factors(system: System) -> Rewriting:
    """With the linear factors as coordinates; the system itself where there are none, or they are coordinates."""
    equations = elements(system)
    over = equations[0].ring
    lines = [[line.coeff(x) for x in over.gens] for line in _common_factors(equations) if total_degree(line) == 1]
    if all(sum(c != 0 for c in line) == 1 for line in lines):
        return as_it_is(system)
    turn = _completed(Matrix([[Rational(int(c.numerator), int(c.denominator)) for c in line] for line in lines]))
    inverse = turn.inv()
    columns = [[QQ(int(c.p), int(c.q)) for c in inverse.row(j)] for j in range(system.n)]
    images = [sum((c * x for c, x in zip(row, over.gens, strict=True)), over.zero) for row in columns]
    put = [p.compose(list(zip(over.gens, images, strict=True))) for p in equations]
    units = [QQ(*float(row).as_integer_ratio()) for row in system.rows]
    after = [
        sum((columns[i][k] * units[i] * p for i, p in enumerate(put)), over.zero) for k in range(system.n)
    ]  # like a gradient
    if not all(map(total_degree, after)) or sum(map(len, after)) > MOST_TERMS:
        return as_it_is(system)
    back = np.array(inverse.tolist(), float)
    return Rewriting(
        from_elements(after, range(system.n)), lambda y: y @ back.T, ("factors of the leading forms as coordinates",)
    )


def with_factor(system: System) -> Rewriting:
    """With the product of the other factors as one more unknown; the system itself where there are none."""
    equations = elements(system)
    factors = [factor for factor in _common_factors(equations) if total_degree(factor) > 1]
    if not factors:
        return as_it_is(system)
    n, q = system.n, reduce(lambda a, b: a * b, factors)
    over = ring([f"x{j}" for j in range(n + 1)], QQ)[0]
    shares = [(leading := _leading(p), leading.exquo(q)) for p in equations]
    after = [
        _within(p - leading, over) + _within(share, over) * over.gens[n]
        for p, (leading, share) in zip(equations, shares, strict=True)
    ]
    after.append(_within(q, over) - over.gens[n])
    how = "a factor of the leading forms as an unknown"
    return Rewriting(from_elements(after, range(n + 1)), lambda x: x[:, :n], (how,))


def _common_factors(equations: Sequence[Any]) -> list[Any]:
    """Irreducible ones, each once."""
    forms = [_leading(p) for p in equations]
    if len(forms) < 2 or sum(map(len, forms)) > _MOST_LEADING:
        return []
    common = reduce(lambda a, b: a.gcd(b), forms)
    return [factor for factor, _ in common.factor_list()[1]] if total_degree(common) else []


def _leading(equation: Any) -> Any:
    highest = total_degree(equation)
    return equation.ring.from_dict({powers: c for powers, c in equation.terms() if sum(powers) == highest})


def _within(p: Any, over: Any) -> Any:
    """The same in a ring with one more unknown."""
    return over.from_dict({(*powers, 0): c for powers, c in p.terms()})


def _completed(rows: Any) -> Any:
    """A regular matrix: independent ones of the rows, then unit vectors."""
    chosen = Matrix(0, rows.cols, [])
    for k in range(rows.rows + rows.cols):
        row = rows.row(k) if k < rows.rows else eye(rows.cols).row(k - rows.rows)
        longer = chosen.col_join(row)
        chosen = longer if longer.rank() == longer.rows else chosen
    return chosen
