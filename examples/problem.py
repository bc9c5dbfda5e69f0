"""A problem with a known answer.

zerograd run problems --plugin examples/problem.py --problems booth
"""

import numpy as np

from problems import Problem, Truth


def booth() -> Problem:
    """(x + 2y - 7)^2 + (2x + y - 5)^2 on [-10, 10]^2."""
    point = np.array([[1.0, 3.0]])
    return Problem(
        "booth",
        lambda x, data: (x[0] + 2 * x[1] - 7) ** 2 + (2 * x[0] + x[1] - 5) ** 2,
        np.full(2, -10.0),
        np.full(2, 10.0),
        Truth("proved", "linear system", 0.0, point, point, complete=True),
        "textbook",
    )


PROBLEMS = {"booth": booth}
