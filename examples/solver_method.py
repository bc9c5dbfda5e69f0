"""A solver that is a Method of the suite: it takes a point as a tuple of numbers, too, which is several times faster.

zerograd run problems --plugin examples/solver_method.py --problems himmelblau --solvers sign-method,gd
"""

import jax
import jax.numpy as jnp

from solvers import Iterative, Method, Step


class SignDescent(Method):
    """x - rate sign(g)."""

    scalars = True

    def init(self, x, rate):
        return rate

    def step(self, fn, x, g, rate):
        return Step(jax.tree.map(lambda x, g: x - rate * jnp.sign(g), x, g), rate)


SOLVERS = [Iterative("sign-method", "descend", "mine", SignDescent(), rates=(0.001, 0.01, 0.1))]
