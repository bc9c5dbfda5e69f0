"""Problems 2 to 18 of the paper whose residuals are formulas."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from problems.families.mgh.recipe import Recipe


def _counting(m: int, x: Float[Array, " n"]) -> Float[Array, " m"]:
    """1, 2, ..., m in the dtype of x."""
    return jnp.arange(1, m + 1, dtype=x.dtype)


def freudenstein_roth() -> Recipe:
    """Zero at (5, 4), and a minimum that is none at (11.41, -0.897) with f = 48.98."""

    def residuals(x: Any, data: Any) -> Any:
        y = x[1]
        return jnp.stack([-13 + x[0] + ((5 - y) * y - 2) * y, -29 + x[0] + ((y + 1) * y - 14) * y])

    root = np.sqrt(22.0)
    other = [(53 - 4 * root) / 3, (2 - root) / 3]
    return Recipe(2, residuals, np.array([0.5, -2.0]), [[5.0, 4.0]], others=[other], tags=("multimodal",))


def powell_badly_scaled() -> Recipe:
    """Its variables differ by six orders of magnitude at the minimum."""

    def residuals(x: Any, data: Any) -> Any:
        return jnp.stack([1e4 * x[0] * x[1] - 1, jnp.exp(-x[0]) + jnp.exp(-x[1]) - 1.0001])

    return Recipe(3, residuals, np.array([0.0, 1.0]), tags=("ill-conditioned",))


def brown_badly_scaled() -> Recipe:
    """Its variables differ by twelve orders of magnitude at the minimum."""

    def residuals(x: Any, data: Any) -> Any:
        return jnp.stack([x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2])

    return Recipe(4, residuals, np.array([1.0, 1.0]), [[1e6, 2e-6]], tags=("ill-conditioned",))


def jennrich_sampson() -> Recipe:
    """Large residuals: Gauss-Newton is slow here."""

    def residuals(x: Any, data: Any) -> Any:
        i = _counting(10, x)
        return 2 + 2 * i - (jnp.exp(i * x[0]) + jnp.exp(i * x[1]))

    return Recipe(6, residuals, np.array([0.3, 0.4]))


def helical_valley() -> Recipe:
    """The angle of the paper's theta has its cut on the negative half of the x1 axis, where the start lies."""

    def residuals(x: Any, data: Any) -> Any:
        theta = jnp.arctan(x[1] / x[0]) / (2 * jnp.pi) + jnp.where(x[0] < 0, 0.5, 0.0)
        return jnp.stack([10 * (x[2] - 10 * theta), 10 * (jnp.sqrt(x[0] ** 2 + x[1] ** 2) - 1), x[2]])

    return Recipe(7, residuals, np.array([-1.0, 0.0, 0.0]), [[1.0, 0.0, 0.0]])


def gulf() -> Recipe:
    """Gulf research and development: 99 residuals, smooth except where x2 passes one of the y_i."""

    def residuals(x: Any, data: Any) -> Any:
        t = _counting(99, x) / 100
        y = 25 + (-50 * jnp.log(t)) ** (2 / 3)
        return jnp.exp(-jnp.exp(x[2] * jnp.log(jnp.abs(y - x[1]))) / x[0]) - t

    return Recipe(11, residuals, np.array([5.0, 2.5, 0.15]), [[50.0, 25.0, 1.5]])


def box_three_dimensional() -> Recipe:
    """Zero at (1, 10, 1), at (10, 1, -1), and on the line x1 = x2, x3 = 0."""

    def residuals(x: Any, data: Any) -> Any:
        t = _counting(10, x) / 10
        return jnp.exp(-t * x[0]) - jnp.exp(-t * x[1]) - x[2] * (jnp.exp(-t) - jnp.exp(-10 * t))

    return Recipe(12, residuals, np.array([0.0, 10.0, 20.0]), [[1.0, 10.0, 1.0], [10.0, 1.0, -1.0]])


def powell_singular() -> Recipe:
    """The Hessian is singular at the minimum: Newton's method is only linear."""
    return Recipe(13, singular_residuals, np.array([3.0, -1.0, 0.0, 1.0]), [[0.0] * 4], tags=("singular",))


def singular_residuals(x: Float[Array, " n"], data: Any) -> Float[Array, " n"]:
    """Powell's four residuals for every four variables."""
    a, b, c, d = x.reshape(-1, 4).T
    parts = [a + 10 * b, 5.0**0.5 * (c - d), (b - 2 * c) ** 2, 10.0**0.5 * (a - d) ** 2]
    return jnp.concatenate(parts)


def wood() -> Recipe:
    """Two Rosenbrock valleys, coupled; a saddle near the way down."""

    def residuals(x: Any, data: Any) -> Any:
        a, b, c, d = x
        valleys = [10 * (b - a**2), 1 - a, 90.0**0.5 * (d - c**2), 1 - c]
        return jnp.stack([*valleys, 10.0**0.5 * (b + d - 2), (b - d) / 10.0**0.5])

    return Recipe(14, residuals, np.array([-3.0, -1.0, -3.0, -1.0]), [[1.0] * 4])


def brown_dennis() -> Recipe:
    """Twenty large residuals."""

    def residuals(x: Any, data: Any) -> Any:
        t = _counting(20, x) / 5
        return (x[0] + t * x[1] - jnp.exp(t)) ** 2 + (x[2] + x[3] * jnp.sin(t) - jnp.cos(t)) ** 2

    return Recipe(16, residuals, np.array([25.0, 5.0, -5.0, -1.0]))


def biggs_exp6() -> Recipe:
    """Zero at (1, 10, 1, 5, 4, 3) and where the exponentials change places."""

    def residuals(x: Any, data: Any) -> Any:
        t = _counting(13, x) / 10
        y = jnp.exp(-t) - 5 * jnp.exp(-10 * t) + 3 * jnp.exp(-4 * t)
        return x[2] * jnp.exp(-t * x[0]) - x[3] * jnp.exp(-t * x[1]) + x[5] * jnp.exp(-t * x[4]) - y

    roots = [[1.0, 10.0, 1.0, 5.0, 4.0, 3.0], [4.0, 10.0, 3.0, 5.0, 1.0, 1.0]]
    return Recipe(18, residuals, np.array([1.0, 2.0, 1.0, 1.0, 1.0, 1.0]), roots, tags=("multimodal",))


RECIPES: dict[str, Callable[[], Recipe]] = {
    "freudenstein-roth": freudenstein_roth,
    "powell-badly-scaled": powell_badly_scaled,
    "brown-badly-scaled": brown_badly_scaled,
    "jennrich-sampson": jennrich_sampson,
    "helical-valley": helical_valley,
    "gulf": gulf,
    "box-3d": box_three_dimensional,
    "powell-singular": powell_singular,
    "wood": wood,
    "brown-dennis": brown_dennis,
    "biggs-exp6": biggs_exp6,
}
