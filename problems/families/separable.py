"""Sums of one function per variable: all stationary points are the combinations of the one-dimensional ones."""

from collections.abc import Callable
from itertools import product
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from problems.problem import Problem, Truth

_MOST_POINTS = 10_000
"""Above so many combinations only the minimiser is listed, and no formula gives them all."""


def styblinski_tang(n: int) -> Problem:
    """1/2 sum x^4 - 16 x^2 + 5 x on [-5, 5]^n: 3^n stationary points, 2^n of them minima."""
    _at_least_one("styblinski-tang", n)
    roots = np.sort(np.roots([4.0, 0.0, -32.0, 5.0]).real)
    roots = roots - (4 * roots**3 - 32 * roots + 5) / (12 * roots**2 - 32)
    lowest = roots[0]
    listed = _listed(3, n)
    return Problem(
        name=f"styblinski-tang-n{n}",
        fn=lambda x, data: jnp.sum(x**4 - 16 * x**2 + 5 * x) / 2,
        lower=np.full(n, -5.0),
        upper=np.full(n, 5.0),
        truth=_truth(roots, lowest, n * float(lowest**4 - 16 * lowest**2 + 5 * lowest) / 2, n, "roots of a cubic"),
        reference="Styblinski & Tang 1990, Neural Networks 3(4), 467",
        load=lambda: np.zeros(0),
        closed_form=(lambda data: _combinations(_cubic_roots(data.dtype), n)) if listed else None,
        tags=frozenset({"multimodal", "closed-form"} if listed else {"multimodal"}),
    )


def rastrigin(n: int) -> Problem:
    """10 n + sum x^2 - 10 cos(2 pi x) on [-5.12, 5.12]^n: 21^n stationary points, 11^n of them minima."""
    _at_least_one("rastrigin", n)
    return Problem(
        name=f"rastrigin-n{n}",
        fn=lambda x, data: jnp.sum(x**2 - 10 * jnp.cos(2 * np.pi * x) + 10),
        lower=np.full(n, -5.12),
        upper=np.full(n, 5.12),
        truth=_truth(_rastrigin_roots(), 0.0, 0.0, n, "one root of the derivative in each of 21 intervals"),
        reference="Rastrigin 1974; Muhlenbein, Schomisch & Born 1991, Parallel Computing 17, 619",
        tags=frozenset({"multimodal"}),
    )


def egg_crate(n: int) -> Problem:
    """Sum x^2 + 25 sin^2 x on [-5, 5]^n: 7^n stationary points, 3^n of them minima."""
    _at_least_one("egg-crate", n)
    return Problem(
        name=f"egg-crate-n{n}",
        fn=lambda x, data: jnp.sum(x**2 + 25 * jnp.sin(x) ** 2),
        lower=np.full(n, -5.0),
        upper=np.full(n, 5.0),
        truth=_truth(_egg_crate_roots(), 0.0, 0.0, n, "one root between the turning points of the derivative"),
        reference="Jamil & Yang 2013, Int. J. Mathematical Modelling and Numerical Optimisation 4(2), 150, function 52",
        tags=frozenset({"multimodal"}),
    )


def _at_least_one(name: str, n: int) -> None:
    if n < 1:
        raise ValueError(f"{name} needs n >= 1")


def _truth(roots: Float[np.ndarray, " r"], lowest: float, minimum: float, n: int, source: str) -> Truth:
    listed = _listed(len(roots), n)
    points = np.array(list(product(roots, repeat=n))) if listed else None
    return Truth("proved", source, minimum, np.full((1, n), lowest), points, listed, 15.0)


def _listed(roots: int, n: int) -> bool:
    return n * np.log(roots) <= np.log(_MOST_POINTS)


def _rastrigin_roots() -> Float[np.ndarray, " 21"]:
    """By bisection: 2t + 20 pi sin(2 pi t) changes sign once between k/2 - 1/4 and k/2 + 1/4, for |k| <= 10."""
    low = np.arange(1, 11) / 2 - 0.25
    return _odd(_bisected(lambda t: 2 * t + 20 * np.pi * np.sin(2 * np.pi * t), low, low + 0.5))


def _egg_crate_roots() -> Float[np.ndarray, " 7"]:
    """By bisection: 2t + 25 sin 2t is monotone between its turning points, where cos 2t = -1/25."""
    turn = np.arccos(-1 / 25) / 2
    turns = np.array([turn, np.pi - turn, np.pi + turn, 2 * np.pi - turn])
    return _odd(_bisected(lambda t: 2 * t + 25 * np.sin(2 * t), turns[:-1], turns[1:]))


def _bisected(slope: Callable[[Any], Any], low: Float[np.ndarray, " k"], high: Float[np.ndarray, " k"]) -> Any:
    """The root of `slope` in each of the brackets."""
    for _ in range(60):
        middle = (low + high) / 2
        before = slope(middle) * slope(low) > 0
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return low


def _odd(positive: Float[np.ndarray, " k"]) -> Float[np.ndarray, " r"]:
    """With the roots an odd function has beside its positive ones."""
    return np.concatenate([-positive[::-1], [0.0], positive])


def _cubic_roots(dtype: np.dtype) -> Float[Array, " 3"]:
    """Of t^3 - 8 t + 5/4, by the trigonometric formula of Viete."""
    radius = jnp.sqrt(jnp.asarray(8 / 3, dtype))
    angle = jnp.arccos(-jnp.asarray(5 / 8, dtype) / radius**3) / 3
    return 2 * radius * jnp.cos(angle - 2 * np.pi / 3 * jnp.arange(3, dtype=dtype))


def _combinations(roots: Float[Array, " r"], n: int) -> Float[Array, "m n"]:
    return jnp.stack(jnp.meshgrid(*[roots] * n, indexing="ij"), axis=-1).reshape(-1, n)
