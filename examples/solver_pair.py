"""A solver that is a pair of functions of one point: batching, counts, statuses, tuning and timing come with the loop.

zerograd run problems --plugin examples/solver_pair.py --problems himmelblau --solvers heavy-ball,momentum
"""

import jax.numpy as jnp

from solvers import from_pair


def init(x, rate):
    return rate, jnp.zeros_like(x)


def step(fn, x, g, memory):
    rate, velocity = memory
    velocity = 0.9 * velocity - rate * g
    return x + velocity, (rate, velocity)


SOLVERS = [from_pair("heavy-ball", init, step, rates=(1e-4, 1e-3, 1e-2, 1e-1))]
