"""Polynomials and Branin's function of two variables, with every stationary point known.

The points of the polynomials come from exact elimination (`python -m problems.tables.elimination` writes them anew).
"""

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from problems.problem import Problem, Truth

BOXES = {
    "himmelblau": ((-5, -5), (5, 5)),
    "six-hump-camel": ((-3, -2), (3, 2)),
    "beale": ((-4.5, -4.5), (4.5, 4.5)),
    "goldstein-price": ((-2, -2), (2, 2)),
    "three-hump-camel": ((-5, -5), (5, 5)),
    "two-cubics": ((-4, -4), (4, 4)),
    "localisation": ((-1, -4), (5, 4)),
}
SENSORS = ((0.0, 0.0), (4.0, 0.5), (2.0, -0.5))
RANGES = (2.75, 2.5, 2.25)


def himmelblau() -> Problem:
    """(x^2 + y - 11)^2 + (x + y^2 - 7)^2 on [-5, 5]^2: four minima with f = 0, four saddles, one maximum."""
    return _polynomial(
        "himmelblau",
        lambda x, _: (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2,
        "Himmelblau 1972, Applied Nonlinear Programming, p. 428",
        minimum=0.0,
    )


def six_hump_camel() -> Problem:
    """(4 - 2.1 x^2 + x^4/3) x^2 + x y + (4 y^2 - 4) y^2 on [-3, 3] x [-2, 2]: six minima, two of them global."""
    return _polynomial(
        "six-hump-camel",
        lambda x, _: (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2 + x[0] * x[1] + (4 * x[1] ** 2 - 4) * x[1] ** 2,
        "Dixon & Szego 1978, Towards Global Optimisation 2, p. 1",
    )


def beale() -> Problem:
    """(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2 on [-4.5, 4.5]^2, from (1, 1)."""
    return _polynomial(
        "beale",
        lambda x, _: sum((c - x[0] * (1 - x[1] ** k)) ** 2 for k, c in ((1, 1.5), (2, 2.25), (3, 2.625))),
        "Beale 1958; More, Garbow & Hillstrom 1981, ACM TOMS 7(1), 17, problem 5",
        minimum=0.0,
        start=np.array([1.0, 1.0]),
    )


def goldstein_price() -> Problem:
    """A polynomial of degree 8 on [-2, 2]^2; every coordinate of its nine stationary points is a multiple of 1/5."""

    def fn(x: Float[Array, " 2"], _: Any) -> Any:
        a, b = x[0], x[1]
        first = 1 + (a + b + 1) ** 2 * (19 - 14 * a + 3 * a**2 - 14 * b + 6 * a * b + 3 * b**2)
        second = 30 + (2 * a - 3 * b) ** 2 * (18 - 32 * a + 12 * a**2 + 48 * b - 36 * a * b + 27 * b**2)
        return first * second

    return _polynomial("goldstein-price", fn, "Goldstein & Price 1971, Mathematics of Computation 25(115), 569")


def three_hump_camel() -> Problem:
    """2 x^2 - 1.05 x^4 + x^6/6 + x y + y^2 on [-5, 5]^2: three minima, of which 0 is the lowest, and two saddles."""
    return _polynomial(
        "three-hump-camel",
        lambda x, _: 2 * x[0] ** 2 - 1.05 * x[0] ** 4 + x[0] ** 6 / 6 + x[0] * x[1] + x[1] ** 2,
        "Jamil & Yang 2013, Int. J. Mathematical Modelling and Numerical Optimisation 4(2), 150, Camel - Three Hump",
        minimum=0.0,
    )


def two_cubics() -> Problem:
    """(x^3 - 4x + y^2 - 1)^2 + (y^3 - 3y + x)^2 on [-4, 4]^2: nine minima with f = 0, as many as two cubics can meet.

    The gradient has degree 5 and no root at infinity, so 25 complex roots; 19 are real.
    """
    return _polynomial(
        "two-cubics",
        lambda x, _: (x[0] ** 3 - 4 * x[0] + x[1] ** 2 - 1) ** 2 + (x[1] ** 3 - 3 * x[1] + x[0]) ** 2,
        "after Himmelblau 1972, with cubics whose common points are all real (Bezout's theorem)",
        minimum=0.0,
    )


def localisation() -> Problem:
    """sum_i (|x - a_i|^2 - d_i^2)^2 on [-1, 5] x [-4, 4]: where is the source at these ranges from three sensors?

    The sensors are nearly on a line, so there are two minima, as of its mirror image, and a saddle between them.
    """

    def fn(x: Float[Array, " 2"], ranges: Float[Array, " 3"]) -> Any:
        return sum(((x[0] - a) ** 2 + (x[1] - b) ** 2 - ranges[i] ** 2) ** 2 for i, (a, b) in enumerate(SENSORS))

    return _polynomial(
        "localisation",
        fn,
        "Beck, Stoica & Li 2008, IEEE Transactions on Signal Processing 56(5), 1770, squared ranges",
        load=lambda: np.array(RANGES),
    )


def mccormick() -> Problem:
    """sin(x + y) + (x - y)^2 - 1.5 x + 2.5 y + 1 on [-1.5, 4] x [-3, 4].

    The sum of the conditions is cos(x + y) = -1/2, their difference x - y = 1: three points of a line are in the box.
    """
    total = np.pi * np.array([-2 / 3, 4 / 3, 2 / 3])
    points = np.stack([(total + 1) / 2, (total - 1) / 2], axis=1)
    return Problem(
        name="mccormick",
        fn=lambda x, data: jnp.sin(x[0] + x[1]) + (x[0] - x[1]) ** 2 - 1.5 * x[0] + 2.5 * x[1] + 1,
        lower=np.array([-1.5, -3.0]),
        upper=np.array([4.0, 4.0]),
        truth=Truth("proved", "cos(x + y) = -1/2, x - y = 1", -_DEPTH, points[:1], points, True, 15.0),
        reference="McCormick 1976, Mathematical Programming 10(1), 147; Adorio & Diliman 2005",
        closed_form=lambda data: jnp.asarray(points, data.dtype),
        load=lambda: np.zeros(0),
        tags=frozenset({"multimodal", "closed-form"}),
    )


_DEPTH = 3**0.5 / 2 + np.pi / 3
"""-f at x + y = -2 pi / 3 and x - y = 1."""


def branin() -> Problem:
    """(y - 5.1 x^2/(4 pi^2) + 5x/pi - 6)^2 + 10 (1 - 1/(8 pi)) cos x + 10 on [-5, 10] x [0, 15].

    df/dy = 0 makes the square vanish; what is left of df/dx is -10 (1 - 1/(8 pi)) sin x, so x = k pi: minima for odd k.
    """
    points = _branin_points()
    return Problem(
        name="branin",
        fn=lambda x, data: _valley(x[0], x[1]) ** 2 + 10 * (1 - 1 / (8 * np.pi)) * jnp.cos(x[0]) + 10,
        lower=np.array([-5.0, 0.0]),
        upper=np.array([10.0, 15.0]),
        truth=Truth("proved", "x = k pi", 10 / (8 * np.pi), points[::2], points, True, 15.0),
        reference="Branin 1972, IBM Journal of R&D 16(5), 504",
        closed_form=lambda data: jnp.asarray(points, data.dtype),
        load=lambda: np.zeros(0),
        tags=frozenset({"multimodal", "closed-form"}),
    )


def _valley(x: Any, y: Any) -> Any:
    return y - 5.1 * x**2 / (4 * np.pi**2) + 5 * x / np.pi - 6


def _branin_points() -> Float[np.ndarray, "5 2"]:
    x = np.pi * np.arange(-1, 4)
    return np.stack([x, -_valley(x, 0.0)], axis=1)


def _polynomial(
    name: str,
    fn: Callable[[Float[Array, " 2"], Any], Any],
    reference: str,
    minimum: float | None = None,
    start: Float[np.ndarray, " 2"] | None = None,
    load: Callable[[], Any] = tuple,
) -> Problem:
    figures = json.loads(files("problems").joinpath("data/stationary.json").read_text(encoding="utf-8"))[name]
    points, heights = np.array(figures["points"]), np.array(figures["heights"])
    lowest = heights <= heights.min() + 1e-12
    truth = Truth(
        "proved",
        "exact elimination (resultants, real-root isolation)",
        heights.min() if minimum is None else minimum,
        points[lowest],
        points,
        True,
        15.0,
    )
    lower, upper = np.array(BOXES[name], float)
    return Problem(name, fn, lower, upper, truth, reference, start=start, load=load, tags=frozenset({"multimodal"}))
