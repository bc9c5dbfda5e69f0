"""Every real stationary point of the chained Rosenbrock function, by exact elimination of all variables but the first.

`python -m problems.tables.chain` writes problems/data/rosenbrock.json anew. Needs SymPy, of the extra `dev`.

The i-th component of the gradient holds x_{i+1} once, times 400 x_i, and no real point has x_i = 0: there the component
is -2 - 200 x_{i-1}^2. So all variables are quotients of polynomials in x_1, and what is left, x_n = x_{n-1}^2, is a
polynomial of degree 3^(n-2) for x_1. Its real roots are isolated exactly and taken to 120 digits.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import sympy as sp

_SIZES = (4, 5, 6)
"""For n = 2 and 3 the polynomial has the root 1 alone; with n = 7 its degree is 243."""
_DIGITS = 120


def chain_points(n: int) -> list[list[Any]]:
    """All real solutions of grad f = 0, sorted by f.

    Raises:
        ArithmeticError: the digits do not suffice to tell whether it vanishes.
    """
    variables, left = _eliminated_chain(n)
    first = sp.Symbol("x")
    points = [
        [sp.N(v.as_expr().subs(first, root), _DIGITS) for v in variables] for root in _roots_to_digits(left, first)
    ]
    if any(abs(slope) > sp.Float(10) ** -40 for point in points for slope in _slopes(point)):
        raise ArithmeticError("the gradient does not vanish at a root; raise the number of digits")
    return sorted(points, key=_height)


def chain_table() -> dict[str, list[list[float]]]:
    """The points for every size, rounded to float64 once."""
    return {f"rosenbrock-n{n}": [[float(x) for x in point] for point in chain_points(n)] for n in _SIZES}


def _eliminated_chain(n: int) -> tuple[list[Any], Any]:
    """The variables as quotients of polynomials in the first, and the polynomial that is left for it."""
    _, x = sp.field("x", sp.QQ)
    variables = [x]
    for i in range(n - 1):
        at = variables[-1]
        rest = 2 * at - 2 + (200 * (at - variables[-2] ** 2) if i else 0)
        variables.append(at**2 + rest / (400 * at))
    return variables, (variables[-1] - variables[-2] ** 2).numer.as_expr()


def _roots_to_digits(polynomial: Any, variable: Any) -> list[Any]:
    return [root.evalf(_DIGITS) for root, _ in sp.real_roots(sp.Poly(polynomial, variable), multiple=False)]


def _slopes(x: list[Any]) -> list[Any]:
    valleys = [b - a**2 for a, b in pairwise(x)]
    before = [0, *(200 * valley for valley in valleys)]
    after = [*(-400 * a * valley - 2 * (1 - a) for a, valley in zip(x[:-1], valleys, strict=True)), 0]
    return [a + b for a, b in zip(before, after, strict=True)]


def _height(x: list[Any]) -> Any:
    return sum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))


if __name__ == "__main__":
    target = Path(__file__).parents[1] / "data" / "rosenbrock.json"
    target.write_text(json.dumps(chain_table(), indent=1) + "\n", encoding="utf-8")
    print(f"wrote {target}")
