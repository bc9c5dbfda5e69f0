"""Every real stationary point of a polynomial of two variables, by exact algebra.

`python -m problems.tables.elimination` writes problems/data/stationary.json anew. Needs SymPy, of the extra `dev`.

The resultants of df/dx and df/dy in each variable are polynomials whose real roots contain the coordinates of all
stationary points; the roots are isolated exactly and taken to 60 digits, and of all pairs those that satisfy both
equations to 40 digits are the points. A pair that only nearly does would show up between 1e-40 and 1e-10: an error.
"""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import sympy as sp

from problems.families.planar import BOXES, RANGES, SENSORS

x, y = sp.symbols("x y", real=True)
R = sp.Rational

POLYNOMIALS: dict[str, Any] = {
    "himmelblau": (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "six-hump-camel": (4 - R(21, 10) * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2,
    "goldstein-price": (1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2))
    * (30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)),
    "beale": sum((R(c) - x * (1 - y**k)) ** 2 for k, c in ((1, "3/2"), (2, "9/4"), (3, "21/8"))),
    "three-hump-camel": 2 * x**2 - R(21, 20) * x**4 + x**6 / 6 + x * y + y**2,
    "two-cubics": (x**3 - 4 * x + y**2 - 1) ** 2 + (y**3 - 3 * y + x) ** 2,
    "localisation": sum(
        ((x - R(a)) ** 2 + (y - R(b)) ** 2 - R(d) ** 2) ** 2 for (a, b), d in zip(SENSORS, RANGES, strict=True)
    ),
}


def eliminated_points(f: Any, box: tuple[tuple[float, float], tuple[float, float]]) -> list[tuple[Any, Any]]:
    """All real solutions of df/dx = df/dy = 0 in the box, to 60 digits, sorted by f."""
    slopes = [sp.expand(sp.diff(f, variable)) for variable in (x, y)]
    xs, ys = (_real_roots(sp.resultant(*slopes, other), variable) for variable, other in ((x, y), (y, x)))
    residual = _lambdified(slopes)
    height = _lambdified([f])
    (x_low, y_low), (x_high, y_high) = box
    pairs = [(a, b) for a, b in product(xs, ys) if x_low <= a <= x_high and y_low <= b <= y_high]
    sizes = {pair: max(abs(value) for value in residual(*pair)) for pair in pairs}
    if unclear := [pair for pair, size in sizes.items() if 1e-40 < size < 1e-10]:
        raise ArithmeticError(f"cannot decide whether {unclear[0]} is a stationary point; raise the precision")
    return sorted((pair for pair, size in sizes.items() if size <= 1e-40), key=lambda pair: (height(*pair)[0], pair))


def elimination_table() -> dict[str, dict[str, list[Any]]]:
    """Points and heights of every polynomial, rounded to float64 once."""
    rows: dict[str, dict[str, list[Any]]] = {}
    for name, f in POLYNOMIALS.items():
        points = eliminated_points(f, BOXES[name])
        height = _lambdified([f])
        rows[name] = {
            "points": [[float(a) + 0.0, float(b) + 0.0] for a, b in points],
            "heights": [_clean(float(height(*point)[0])) for point in points],
        }
    return rows


def _real_roots(polynomial: Any, variable: Any) -> list[Any]:
    factors = sp.factor_list(sp.Poly(polynomial, variable))[1]
    return [root.evalf(60) for factor, _ in factors for root in sp.real_roots(factor, multiple=True)]


def _lambdified(expressions: list[Any]) -> Callable[[Any, Any], list[Any]]:
    return lambda a, b: [sp.N(expression.subs({x: a, y: b}), 60) for expression in expressions]


def _clean(height: float) -> float:
    return 0.0 if abs(height) < 1e-30 else height


if __name__ == "__main__":
    target = Path(__file__).parents[1] / "data" / "stationary.json"
    target.write_text(json.dumps(elimination_table(), indent=1) + "\n", encoding="utf-8")
    print(f"wrote {target}")
