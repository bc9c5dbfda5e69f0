"""The starts of a cell, and those on which its step size is tuned."""

import numpy as np
from jaxtyping import Float

from problems import Problem

MEASURED, TUNING = 0, 1


def draw(
    problem: Problem, lanes: int, seed: int, stream: int = MEASURED, first: int = 0
) -> Float[np.ndarray, "n lanes"]:
    """Uniform in the box, float64; lane 0 of the measured stream is the published start where there is one.

    Lane i is the i-th row of one stream of numbers, so it depends on the seed and on i, never on the batch; and it is
    drawn by NumPy on the host, so it is the same on every device. The lanes begin with number `first`.
    """
    bits = np.random.PCG64(np.random.SeedSequence([seed, stream]))
    bits.advance(first * problem.dim)
    starts = problem.lower + np.random.Generator(bits).random((lanes, problem.dim)) * (problem.upper - problem.lower)
    if stream == MEASURED and first == 0 and problem.start is not None:
        starts[0] = problem.start
    return starts.T
