"""Networks of ten weights: small enough to hunt for all of their stationary points, and to count what symmetry copies.

Turning the signs of all weights of a hidden unit, or exchanging two units, changes nothing: a point of a network with h
units has up to 2^h h! copies (Sussmann 1992, Neural Networks 5(4), 589).
"""

from itertools import permutations, product
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from problems.families.neural import network
from problems.problem import Problem, Truth

_DECAY = 1e-2
"""Half of it times |x|^2: without it the minima lie at infinity, or fill valleys."""
_SOURCE = "the lowest of the ends of newton and lbfgs from 1e5 starts; SciPy's BFGS finds none lower"


def xor() -> Problem:
    """A 2-2-1 tanh network on the four cases of exclusive or, as -1 and 1: n = 9."""
    cases = np.array(list(product((-1.0, 1.0), repeat=2)))
    x = np.array(_XOR)
    # Turning the first input turns what is wanted: the same value by other weights, which no hidden symmetry makes.
    turned = x * np.array([-1.0, -1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
    reference = "Rumelhart, Hinton & Williams 1986, Nature 323, 533"
    return _tiny("xor-2-2-1", (2, 2), cases, -np.prod(cases, axis=1), 0.06153921478773791, (x, turned), reference)


def sine() -> Problem:
    """A 1-3-1 tanh network on sin(pi t) at 16 places of [-1, 1]: n = 10."""
    t = np.linspace(-1.0, 1.0, 16)[:, None]
    reference = "Cybenko 1989, Mathematics of Control, Signals and Systems 2, 303"
    lowest = (np.array(_SINE),)
    return _tiny("sine-1-3-1", (1, 3), t, np.sin(np.pi * t[:, 0]), 0.10294641905507829, lowest, reference)


_XOR = (
    *(-1.0132807824185304, 1.0132807824185304, -1.0132807824185304, 1.0132807824185304),
    *(0.9048775780762848, 0.9048775780762848, 1.5460676776531668, 1.5460676776531668, -1.2487806135345825),
)
_SINE = (
    *(-0.6516176646062601, -0.6516176646062601, 2.657358769745053, 0.0, 0.0, 0.0),
    *(1.30649813547088, 1.30649813547088, 1.871667176823527, 0.0),
)
"""A minimiser of each, as `network` holds it."""


def _tiny(
    name: str,
    shape: tuple[int, int],
    cases: Float[np.ndarray, "m a"],
    wanted: Float[np.ndarray, " m"],
    minimum: float,
    lowest: tuple[np.ndarray, ...],
    reference: str,
) -> Problem:
    """Mean squared error and the decay, on [-4, 4]^n; `lowest` are minimisers that are no copies of each other."""
    inputs, hidden = shape
    layers = ((inputs, hidden), (hidden, 1))

    def fn(x: Any, data: Any) -> Any:
        given, told = data
        return jnp.mean((network(x, given, layers)[:, 0] - told) ** 2) + _DECAY * jnp.sum(x**2) / 2

    points = np.unique(np.concatenate([symmetric_copies(x, shape) for x in lowest]) + 0.0, axis=0)
    return Problem(
        name=name,
        fn=fn,
        lower=np.full(points.shape[1], -4.0),
        upper=np.full(points.shape[1], 4.0),
        truth=Truth("best_known", _SOURCE, minimum, points, digits=12.0),
        reference=reference,
        load=lambda: (cases, wanted),
        copies=lambda x: symmetric_copies(x, shape),
        tags=frozenset({"neural-network", "multimodal"}),
    )


def symmetric_copies(x: Float[np.ndarray, " n"], shape: tuple[int, int]) -> Float[np.ndarray, "m n"]:
    """The 2^h h! points that signs and orders of the hidden units make of x; some may be equal."""
    inputs, hidden = shape
    units = x[:-1].reshape(inputs + 2, hidden)  # rows: the weights of each input, the biases, the output's
    made = [
        units[:, list(order)] * np.array(signs)
        for order in permutations(range(hidden))
        for signs in product((1.0, -1.0), repeat=hidden)
    ]
    return np.array([np.append(of.ravel(), x[-1]) for of in made])
