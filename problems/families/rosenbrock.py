"""The curved valley on which solvers are shown since 1960."""

import jax.numpy as jnp
import numpy as np

from problems.problem import Problem, Truth


def rosenbrock(n: int) -> Problem:
    """sum_i 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2 on [-2, 2]^n, the chained form, from (-1.2, 1, -1.2, 1, ...).

    For n = 2 the minimiser (1, 1) is the only stationary point; for n >= 4 a second minimum is near (-1, 1, ..., 1).
    """
    if n < 2:
        raise ValueError("rosenbrock needs n >= 2")
    ones = np.ones((1, n))
    return Problem(
        name=f"rosenbrock-n{n}",
        fn=lambda x, data: jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
        lower=np.full(n, -2.0),
        upper=np.full(n, 2.0),
        truth=Truth("proved", "a sum of squares that vanishes at 1", 0.0, ones, ones, n == 2, 15.6),
        reference="Rosenbrock 1960, Computer Journal 3(3), 175; Shang & Qiu 2006, Evolutionary Computation 14(1), 119",
        start=np.where(np.arange(n) % 2 == 0, -1.2, 1.0),
        bandwidth=1,
        tags=frozenset({"ill-conditioned"}),
    )
