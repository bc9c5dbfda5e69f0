"""Neural networks: nobody knows their minima, so only gradient and loss are reported."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from problems.problem import HeldOut, Problem, Truth
from problems.stochastic.minibatch import random_rows

Layers = Sequence[tuple[int, int]]
_DECAY = 1e-4
"""Half of it times |x|^2 bounds the level sets."""
_DIGITS = "Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits; Glorot & Bengio 2010, eq. 16"


def mlp_digits(name: str, hidden: int, target: float) -> Problem:
    """A 64-h-10 tanh network, mean cross-entropy + 1/2 1e-4 |x|^2, on the 1797 digits: n = 75 h + 10.

    The targets are what optax.lbfgs reached in a pilot from each of three starts in 100 to 400 steps, rounded up.
    """
    layers = ((64, hidden), (hidden, 10))

    def fn(x: Any, data: Any) -> Any:
        pixels, labels = data
        log_odds = jax.nn.log_softmax(network(x, pixels, layers))
        hits = jax.nn.one_hot(labels, 10, dtype=x.dtype)
        return -jnp.sum(hits * log_odds) / labels.size + _DECAY * jnp.sum(x**2) / 2

    return replace(_problem(name, fn, layers, _DIGITS, load=_digits), target=target)


def digits_network(name: str, hidden: int, target: float) -> Problem:
    """The network of `mlp_digits` on the first 1437 images; what it is for are the other 360, which f never sees.

    A minibatch is 64 rows. The targets are made as those of `mlp_digits`.
    """
    whole = mlp_digits(name, hidden, target)

    def accuracy(x: Any, examples: Any) -> Any:
        pixels, labels = examples
        right = jnp.argmax(network(x, pixels, ((64, hidden), (hidden, 10))), axis=1) == labels
        return jnp.mean(right, dtype=x.dtype)

    return replace(
        whole,
        load=lambda: jax.tree.map(lambda leaf: leaf[:_LEARNED], _digits()),
        sample=random_rows(_BATCH),
        held_out=HeldOut(lambda: jax.tree.map(lambda leaf: leaf[_LEARNED:], _digits()), accuracy),
    )


_LEARNED, _BATCH = 1437, 64
"""Four fifths of the images, in the library's order: 33 to 37 images of every digit are held out."""


def autoencoder_digits() -> Problem:
    """A 64-16-64 tanh autoencoder, mean squared error + 1/2 1e-4 |x|^2, on the digits: n = 2128."""
    layers = ((64, 16), (16, 64))

    def fn(x: Any, data: Any) -> Any:
        pixels, _ = data
        return jnp.mean(jnp.sum((network(x, pixels, layers) - pixels) ** 2, axis=1)) + _DECAY * jnp.sum(x**2) / 2

    return _problem("autoencoder-digits", fn, layers, _DIGITS, load=_digits)


def pinn_poisson() -> Problem:
    """u'' = -pi^2 sin(pi t) on (0, 1), u(0) = u(1) = 0, by a 1-16-1 tanh network at 64 points: n = 49.

    f is the mean squared residual of the equation plus ten times the squares of the boundary values.
    """
    layers = ((1, 16), (16, 1))

    def fn(x: Any, t: Any) -> Any:
        def u(s: Any) -> Any:
            return network(x, s[None, None], layers)[0, 0]

        bend = jax.vmap(jax.grad(jax.grad(u)))(t)
        wanted = -(jnp.pi**2) * jnp.sin(jnp.pi * t)
        ends = u(jnp.zeros((), x.dtype)) ** 2 + u(jnp.ones((), x.dtype)) ** 2
        return jnp.mean((bend - wanted) ** 2) + 10 * ends

    reference = "Raissi, Perdikaris & Karniadakis 2019, Journal of Computational Physics 378, 686, eq. 2 to 4"
    return _problem("pinn-poisson", fn, layers, reference, load=lambda: (np.arange(64) + 0.5) / 64)


def network(x: Float[Array, " n"], inputs: Float[Array, "m a"], layers: Layers) -> Float[Array, "m b"]:
    """Affine layers with tanh between them; x holds, layer by layer, the weights row by row and the biases."""
    for k, (rows, columns) in enumerate(layers):
        weights, x = x[: rows * columns].reshape(rows, columns), x[rows * columns :]
        biases, x = x[:columns], x[columns:]
        inputs = (jnp.tanh(inputs) if k else inputs) @ weights + biases
    return inputs


def _problem(name: str, fn: Any, layers: Layers, reference: str, load: Any) -> Problem:
    """The box is Glorot's: weights within sqrt(6 / (in + out)), biases within 0.1 of zero."""
    size = np.concatenate([np.append(np.full(a * b, np.sqrt(6 / (a + b))), np.full(b, 0.1)) for a, b in layers])
    unknown = Truth("unknown", "no published minimum")
    return Problem(name, fn, -size, size, unknown, reference, load=load, tags=frozenset({"neural-network"}))


def _digits() -> tuple[Float[np.ndarray, "1797 64"], Int[np.ndarray, " 1797"]]:
    from sklearn.datasets import load_digits  # a second's import

    pixels, labels = load_digits(return_X_y=True)
    return pixels / 16.0, labels.astype(np.int32)


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "mlp-digits": partial(mlp_digits, "mlp-digits", 26, 0.025),
    "mlp-digits-small": partial(mlp_digits, "mlp-digits-small", 3, 0.4),
    "mlp-digits-large": partial(mlp_digits, "mlp-digits-large", 266, 0.025),
    "digits-64-3-10": partial(digits_network, "digits-64-3-10", 3, 0.4),
    "digits-64-26-10": partial(digits_network, "digits-64-26-10", 26, 0.025),
    "digits-64-266-10": partial(digits_network, "digits-64-266-10", 266, 0.025),
    "autoencoder-digits": autoencoder_digits,
    "pinn-poisson": pinn_poisson,
}
