"""Polynomials and Branin's function of two variables, with every stationary point known.

The points of the polynomials come from exact elimination (`python -m problems.elimination` writes them anew).
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
}


def himmelblau() -> Problem:
    """(x^2 + y - 11)^2 + (x + y^2 - 7)^2 on [-5, 5]^2: four minima with f = 0, four saddles, one maximum."""
    return _polynomial(
        "himmelblau",
        lambda x: (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2,
        "Himmelblau 1972, Applied Nonlinear Programming, p. 428",
        minimum=0.0,
    )


def six_hump_camel() -> Problem:
    """(4 - 2.1 x^2 + x^4/3) x^2 + x y + (4 y^2 - 4) y^2 on [-3, 3] x [-2, 2]: six minima, two of them global."""
    return _polynomial(
        "six-hump-camel",
        lambda x: (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2 + x[0] * x[1] + (4 * x[1] ** 2 - 4) * x[1] ** 2,
        "Dixon & Szego 1978, Towards Global Optimisation 2, p. 1",
    )


def beale() -> Problem:
    """(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2 on [-4.5, 4.5]^2, from (1, 1)."""
    return _polynomial(
        "beale",
        lambda x: sum((c - x[0] * (1 - x[1] ** k)) ** 2 for k, c in ((1, 1.5), (2, 2.25), (3, 2.625))),
        "Beale 1958; More, Garbow & Hillstrom 1981, ACM TOMS 7(1), 17, problem 5",
        minimum=0.0,
        start=np.array([1.0, 1.0]),
    )


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
    fn: Callable[[Float[Array, " 2"]], Any],
    reference: str,
    minimum: float | None = None,
    start: Float[np.ndarray, " 2"] | None = None,
) -> Problem:
    figures = json.loads(files("problems").joinpath("data/stationary.json").read_text())[name]
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
    return Problem(
        name, lambda x, data: fn(x), lower, upper, truth, reference, start=start, tags=frozenset({"multimodal"})
    )
