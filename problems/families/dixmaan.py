"""Sparse functions of many variables with a known minimum."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from problems.problem import Problem, Truth


class Weights(NamedTuple):
    """Of the four sums, and the powers of i / n in them."""

    alpha: float
    beta: float
    gamma: float
    delta: float
    powers: tuple[int, int, int, int]


LETTERS = {
    "a": Weights(1.0, 0.0, 0.125, 0.125, (0, 0, 0, 0)),
    "b": Weights(1.0, 0.0625, 0.0625, 0.0625, (0, 0, 0, 1)),
    "e": Weights(1.0, 0.0, 0.125, 0.125, (1, 0, 0, 1)),
    "f": Weights(1.0, 0.0625, 0.0625, 0.0625, (1, 0, 0, 1)),
}


def dixmaan(letter: str) -> Callable[[int], Problem]:
    """The family of one letter; n = 3 m, from (2, ..., 2).

    Every product x_i x_{i+2m} is smaller than the squares of both, so f >= 1, and f(0) = 1.
    """
    alpha, beta, gamma, delta, powers = LETTERS[letter]

    def family(n: int) -> Problem:
        if n < 3 or n % 3:
            raise ValueError(f"dixmaan-{letter} needs an n that is a multiple of 3")
        m = n // 3

        def fn(x: Any, data: Any) -> Any:
            share = jnp.arange(1, n + 1, dtype=x.dtype) / n
            first, second, third, fourth = (share**power for power in powers)
            squares = alpha * jnp.sum(first * x**2)
            next_to = beta * jnp.sum(second[:-1] * x[:-1] ** 2 * (x[1:] + x[1:] ** 2) ** 2)
            quartic = gamma * jnp.sum(third[: 2 * m] * x[: 2 * m] ** 2 * x[m:] ** 4)
            far = delta * jnp.sum(fourth[:m] * x[:m] * x[2 * m :])
            return 1 + squares + next_to + quartic + far

        zero = np.zeros((1, n))
        return Problem(
            name=f"dixmaan-{letter}-n{n}",
            fn=fn,
            lower=np.full(n, -2.5),
            upper=np.full(n, 2.5),
            truth=Truth("proved", "each product is bounded by the squares of its factors", 1.0, zero, zero),
            reference="Dixon & Maany 1988, A family of test problems with sparse Hessians, TR 206, Hatfield",
            start=np.full(n, 2.0),
            tags=frozenset({"sparse"}),
        )

    return family
