"""A fit of a CSV file: the columns of decay.csv but the last go to the model, the last is what it predicts.

zerograd run problems --plugin examples/fit_csv.py --problems decay --solvers levenberg-marquardt,newton-modified,adam
"""

from pathlib import Path

import jax.numpy as jnp

from problems import Problem


def decay(p, columns):
    return p["amount"] * jnp.exp(-p["rate"] * columns["hours"]) + p["rest"]


START = {"amount": 1.0, "rate": 1.0, "rest": 0.0}
PROBLEMS = {"decay": Problem.least_squares(decay, Path(__file__).with_name("decay.csv"), START, lower=0.0, upper=5.0)}
