"""Problems 20 to 35 of the paper, of any size."""

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from problems.families.mgh.fixed import singular_residuals
from problems.families.mgh.recipe import Recipe


def _index(x: Float[Array, " n"]) -> Float[Array, " n"]:
    """1, 2, ..., n in the dtype of x."""
    return jnp.arange(1, x.size + 1, dtype=x.dtype)


def _needs(condition: bool, text: str) -> None:
    if not condition:
        raise ValueError(text)


def watson(n: int) -> Recipe:
    """A polynomial that solves a differential equation at 29 points: worse conditioned with every degree."""
    _needs(2 <= n <= 31, "watson needs 2 <= n <= 31")

    def residuals(x: Any, data: Any) -> Any:
        t = jnp.arange(1, 30, dtype=x.dtype)[:, None] / 29
        j = jnp.arange(n, dtype=x.dtype)
        slope = jnp.sum(j[1:] * x[1:] * t ** j[:-1], axis=1)
        value = jnp.sum(x * t**j, axis=1)
        return jnp.concatenate([slope - value**2 - 1, jnp.stack([x[0], x[1] - x[0] ** 2 - 1])])

    return Recipe(20, residuals, np.zeros(n), minimum=None, standing="unknown", tags=("ill-conditioned",))


def extended_rosenbrock(n: int) -> Recipe:
    """n / 2 separate valleys."""
    _needs(n >= 2 and n % 2 == 0, "mgh-extended-rosenbrock needs an even n >= 2")

    def residuals(x: Any, data: Any) -> Any:
        a, b = x.reshape(-1, 2).T
        return jnp.concatenate([10 * (b - a**2), 1 - a])

    return Recipe(21, residuals, np.tile([-1.2, 1.0], n // 2), [[1.0] * n], bandwidth=1, complete=True)


def extended_powell_singular(n: int) -> Recipe:
    """n / 4 separate copies of Powell's function, singular at the minimum."""
    _needs(n >= 4 and n % 4 == 0, "mgh-extended-powell-singular needs an n that is a multiple of 4")
    start = np.tile([3.0, -1.0, 0.0, 1.0], n // 4)
    return Recipe(22, singular_residuals, start, [[0.0] * n], bandwidth=3, tags=("singular",))


def penalty_1(n: int) -> Recipe:
    """A sphere with a weak pull to 1: nearly a manifold of minima."""
    _needs(n >= 2, "mgh-penalty-1 needs n >= 2")

    def residuals(x: Any, data: Any) -> Any:
        return jnp.append(1e-5**0.5 * (x - 1), jnp.sum(x**2) - 0.25)

    return Recipe(23, residuals, np.arange(1.0, n + 1), minimum=None, standing="unknown", tags=("ill-conditioned",))


def penalty_2(n: int) -> Recipe:
    """Exponentials and a weighted sphere."""
    _needs(n >= 2, "mgh-penalty-2 needs n >= 2")

    def residuals(x: Any, data: Any) -> Any:
        i, weak = _index(x), 1e-5**0.5
        grown, e = jnp.exp(x / 10), jnp.exp(i / 10)
        pairs = weak * (grown[1:] + grown[:-1] - e[1:] - e[:-1])
        singles = weak * (grown[1:] - math.exp(-0.1))
        sphere = jnp.sum((n - i + 1) * x**2) - 1
        return jnp.concatenate([x[:1] - 0.2, pairs, singles, sphere[None]])

    return Recipe(24, residuals, np.full(n, 0.5), minimum=None, standing="unknown", tags=("ill-conditioned",))


def variably_dimensioned(n: int) -> Recipe:
    """A bowl with a quartic wall along one direction."""
    _needs(n >= 1, "mgh-variably-dimensioned needs n >= 1")

    def residuals(x: Any, data: Any) -> Any:
        along = jnp.sum(_index(x) * (x - 1))
        return jnp.concatenate([x - 1, jnp.stack([along, along**2])])

    # Along any ray from the minimum f only grows: it is the one stationary point.
    return Recipe(25, residuals, 1 - np.arange(1, n + 1) / n, [[1.0] * n], complete=True)


def trigonometric(n: int) -> Recipe:
    """Zero at the origin, and a local minimum of the paper at f = 2.8e-5 for n = 10."""
    _needs(n >= 1, "mgh-trigonometric needs n >= 1")

    def residuals(x: Any, data: Any) -> Any:
        cosine = jnp.cos(x)
        return n - jnp.sum(cosine) + _index(x) * (1 - cosine) - jnp.sin(x)

    return Recipe(26, residuals, np.full(n, 1 / n), [[0.0] * n], tags=("multimodal",))


def brown_almost_linear(n: int) -> Recipe:
    """Linear but for a product of all variables."""
    _needs(n >= 2, "mgh-brown-almost-linear needs n >= 2")

    def residuals(x: Any, data: Any) -> Any:
        return jnp.append(x[:-1] + jnp.sum(x) - (n + 1), jnp.prod(x) - 1)

    return Recipe(27, residuals, np.full(n, 0.5), [[1.0] * n])


def discrete_boundary_value(n: int) -> Recipe:
    """u'' = (u + t + 1)^3 / 2, u(0) = u(1) = 0, by central differences."""
    _needs(n >= 1, "mgh-discrete-boundary-value needs n >= 1")

    def residuals(x: Any, data: Any) -> Any:
        h = 1 / (n + 1)
        u = jnp.pad(x, 1)
        return 2 * x - u[:-2] - u[2:] + h**2 * (x + _index(x) * h + 1) ** 3 / 2

    t = np.arange(1, n + 1) / (n + 1)
    return Recipe(28, residuals, t * (t - 1), standing="best_known", proof=_ROOT, bandwidth=2)


def discrete_integral_equation(n: int) -> Recipe:
    """The same equation in integral form: a dense Jacobian."""
    _needs(n >= 1, "mgh-discrete-integral-equation needs n >= 1")

    def residuals(x: Any, data: Any) -> Any:
        h = 1 / (n + 1)
        t = _index(x) * h
        cube = (x + t + 1) ** 3
        before = jnp.cumsum(t * cube)
        after = jnp.sum((1 - t) * cube) - jnp.cumsum((1 - t) * cube)
        return x + h * ((1 - t) * before + t * after) / 2

    t = np.arange(1, n + 1) / (n + 1)
    return Recipe(29, residuals, t * (t - 1), standing="best_known", proof=_ROOT)


def broyden_tridiagonal(n: int) -> Recipe:
    """Quadratic equations, each in three neighbours."""
    _needs(n >= 1, "mgh-broyden-tridiagonal needs n >= 1")

    def residuals(x: Any, data: Any) -> Any:
        around = jnp.pad(x, 1)
        return (3 - 2 * x) * x - around[:-2] - 2 * around[2:] + 1

    return Recipe(30, residuals, np.full(n, -1.0), standing="best_known", proof=_ROOT, bandwidth=2)


def broyden_banded(n: int) -> Recipe:
    """Cubic equations, each in the five variables before and the one after."""
    _needs(n >= 1, "mgh-broyden-banded needs n >= 1")

    def residuals(x: Any, data: Any) -> Any:
        own = x * (1 + x)
        wide = jnp.pad(own, (5, 1))
        near = sum(wide[5 + k : 5 + k + n] for k in (-5, -4, -3, -2, -1, 1))
        return x * (2 + 5 * x**2) + 1 - near

    return Recipe(31, residuals, np.full(n, -1.0), standing="best_known", proof=_ROOT, bandwidth=6)


def linear_full_rank(n: int) -> Recipe:
    """m = 5 n linear equations of full rank: f* = m - n at -1."""
    _needs(n >= 1, "mgh-linear-full-rank needs n >= 1")
    m = 5 * n

    def residuals(x: Any, data: Any) -> Any:
        every = jnp.sum(x) * 2 / m + 1
        return jnp.append(x - every, jnp.full(m - n, -1, x.dtype) * every)

    return Recipe(
        32, residuals, np.ones(n), [[-1.0] * n], minimum=float(m - n), proof="linear least squares", complete=True
    )


def linear_rank_one(n: int) -> Recipe:
    """m = 5 n equations of rank one: a hyperplane of minima."""
    _needs(n >= 1, "mgh-linear-rank-1 needs n >= 1")
    m = 5 * n

    def residuals(x: Any, data: Any) -> Any:
        return jnp.arange(1, m + 1, dtype=x.dtype) * jnp.sum(_index(x) * x) - 1

    lowest = m * (m - 1) / (2 * (2 * m + 1))
    return Recipe(33, residuals, np.ones(n), minimum=lowest, proof="linear least squares", tags=("singular",))


def linear_rank_one_zero(n: int) -> Recipe:
    """The same with zero rows and columns."""
    _needs(n >= 3, "mgh-linear-rank-1-zero needs n >= 3")
    m = 5 * n

    def residuals(x: Any, data: Any) -> Any:
        inner = jnp.sum(_index(x)[1:-1] * x[1:-1])
        middle = jnp.arange(1, m - 1, dtype=x.dtype) * inner - 1
        return jnp.concatenate([-jnp.ones(1, x.dtype), middle, -jnp.ones(1, x.dtype)])

    lowest = (m**2 + 3 * m - 6) / (2 * (2 * m - 3))
    return Recipe(34, residuals, np.ones(n), minimum=lowest, proof="linear least squares", tags=("singular",))


def chebyquad(n: int) -> Recipe:
    """Nodes of an equal-weight quadrature that integrates the Chebyshev polynomials of degree 1 to n."""
    _needs(n >= 1, "mgh-chebyquad needs n >= 1")

    def residuals(x: Any, data: Any) -> Any:
        before, now, means = jnp.ones_like(x), 2 * x - 1, []
        for degree in range(1, n + 1):
            means.append(jnp.mean(now) + (1 / (degree**2 - 1) if degree % 2 == 0 else 0.0))
            before, now = now, 2 * (2 * x - 1) * now - before
        return jnp.stack(means)

    return Recipe(35, residuals, np.arange(1, n + 1) / (n + 1), minimum=None, standing="unknown", tags=("multimodal",))


_ROOT = "the paper gives f* = 0; data/mgh.json has the root for the listed sizes"

RECIPES: dict[str, tuple[Callable[[int], Recipe], tuple[int, ...]]] = {
    "watson": (watson, (6, 9, 12)),
    "extended-rosenbrock": (extended_rosenbrock, (10, 100)),
    "extended-powell-singular": (extended_powell_singular, (12, 100)),
    "penalty-1": (penalty_1, (4, 10)),
    "penalty-2": (penalty_2, (4, 10)),
    "variably-dimensioned": (variably_dimensioned, (10,)),
    "trigonometric": (trigonometric, (10,)),
    "brown-almost-linear": (brown_almost_linear, (10,)),
    "discrete-boundary-value": (discrete_boundary_value, (10, 100)),
    "discrete-integral-equation": (discrete_integral_equation, (10,)),
    "broyden-tridiagonal": (broyden_tridiagonal, (10, 100)),
    "broyden-banded": (broyden_banded, (10,)),
    "linear-full-rank": (linear_full_rank, (9,)),
    "linear-rank-1": (linear_rank_one, (7,)),
    "linear-rank-1-zero": (linear_rank_one_zero, (7,)),
    "chebyquad": (chebyquad, (7, 8, 10)),
}
