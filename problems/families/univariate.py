"""One variable: a condition that looks unsolvable and has a closed form after all."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from problems.problem import Problem, Truth

_MINIMISER = 0.6758406309447074
_MINIMUM = -1.086888265332958


def xlogx_sqrt() -> Problem:
    """The function x ln x - sqrt x on (0, 10). Its derivative ln x + 1 - 1/(2 sqrt x) increases, so it has one root.

    With u = 1/(4 sqrt x) the condition reads u e^u = sqrt(e)/4, hence x* = 1/(16 W(sqrt(e)/4)^2).
    """
    point = np.array([[_MINIMISER]])
    return Problem(
        name="xlogx-sqrt",
        fn=lambda x, data: x[0] * jnp.log(x[0]) - jnp.sqrt(x[0]),
        lower=np.array([0.0]),
        upper=np.array([10.0]),
        truth=Truth(
            "proved", "Lambert W (Corless et al. 1996), evaluated to 30 digits", _MINIMUM, point, point, True, 15.6
        ),
        reference="a question of the statistics forum Cross Validated: why descend if one can set to zero and solve?",
        load=lambda: np.exp(0.5) / 4,
        closed_form=lambda z: (1 / (16 * lambert_w(z) ** 2)).reshape(1, 1),
        tags=frozenset({"univariate", "convex", "closed-form"}),
    )


def lambert_w(z: Float[Array, ""]) -> Float[Array, ""]:
    """The principal branch of w e^w = z for z >= 0, by eight Halley steps (Corless et al. 1996, equation 5.9)."""
    w = jnp.log1p(z)
    for _ in range(8):
        e = jnp.exp(w)
        excess = w * e - z
        w = w - excess / (e * (w + 1) - (w + 2) * excess / (2 * w + 2))
    return w
