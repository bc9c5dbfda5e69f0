"""The curved valley on which solvers are shown since 1960."""

import json
from importlib.resources import files

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from problems.problem import Problem, Truth


def rosenbrock(n: int) -> Problem:
    """sum_i 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2 on [-2, 2]^n, the chained form, from (-1.2, 1, -1.2, 1, ...).

    For n = 2 and 3 the minimiser is the only stationary point; for n >= 4 a second minimum is near (-1, 1, ..., 1), and
    for n = 4 to 6 there are these two and a saddle, by exact elimination (`problems.tables.chain`).
    """
    if n < 2:
        raise ValueError("rosenbrock needs n >= 2")
    ones, known = np.ones((1, n)), _known(n)
    return Problem(
        name=f"rosenbrock-n{n}",
        fn=lambda x, data: jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
        lower=np.full(n, -2.0),
        upper=np.full(n, 2.0),
        truth=Truth("proved", "a sum of squares that vanishes at 1", 0.0, ones, known, n <= _MOST_KNOWN, 15.6),
        reference="Rosenbrock 1960, Computer Journal 3(3), 175; Shang & Qiu 2006, Evolutionary Computation 14(1), 119",
        start=np.where(np.arange(n) % 2 == 0, -1.2, 1.0),
        bandwidth=1,
        tags=frozenset({"ill-conditioned"}),
    )


_MOST_KNOWN = 6
"""Up to so many variables every stationary point is known."""


def _known(n: int) -> Float[np.ndarray, "s n"]:
    if not 4 <= n <= _MOST_KNOWN:
        return np.ones((1, n))
    table = json.loads(files("problems").joinpath("data/rosenbrock.json").read_text(encoding="utf-8"))
    return np.array(table[f"rosenbrock-n{n}"])
