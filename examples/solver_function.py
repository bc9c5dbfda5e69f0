"""A solver that is a function of one start; the suite batches it. It stops by its own rule.

zerograd run problems --plugin examples/solver_function.py --problems himmelblau --solvers sign-descent,gd,newton
"""

import jax
import jax.numpy as jnp


def sign_descent(fn, x0):
    slope = jax.grad(fn)
    return jax.lax.fori_loop(0, 500, lambda k, x: x - 0.2 * 0.98**k * jnp.sign(slope(x)), x0)


SOLVERS = {"sign-descent": sign_descent}
