"""Problems of statistics and machine learning, on data that scikit-learn ships."""

import json
from importlib.resources import files

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from problems.problem import Problem, Truth

_HIDDEN = 26
_LAYERS = ((64, _HIDDEN), (_HIDDEN, 10))
_DECAY = 1e-4


def logistic_breast_cancer() -> Problem:
    """Ridge logistic regression: sum log-loss + 1/2 |w|^2, x = (w, intercept), the intercept not penalised (C = 1).

    The 569 x 30 features are standardised by their population deviation; without the ridge the data are separable and
    no minimum exists.
    """
    fit = json.loads(files("problems").joinpath("data/fits.json").read_text())["logistic-breast-cancer"]
    point = np.array([fit["minimiser"]])
    return Problem(
        name="logistic-breast-cancer",
        fn=_ridge_log_loss,
        lower=np.full(31, -2.0),
        upper=np.full(31, 2.0),
        truth=Truth(
            "best_known",
            "scikit-learn: newton-cholesky, newton-cg and lbfgs agree; strictly convex, so there is one point",
            37.75894596187597,
            point,
            point,
            True,
            14.0,
        ),
        reference="Wolberg, Mangasarian & Street 1995, Breast Cancer Wisconsin (Diagnostic); scikit-learn",
        start=np.zeros(31),
        load=breast_cancer,
        tags=frozenset({"statistics", "convex", "real-data"}),
    )


def mlp_digits() -> Problem:
    """A 64-26-10 tanh network, mean cross-entropy + 1/2 1e-4 |x|^2, on the 1797 digits; nobody knows its minimum.

    x holds, layer by layer, the weights (row by row) and the biases: n = 1960. The box is Glorot's: weights within
    sqrt(6 / (in + out)), biases within 0.1 of zero.
    """
    size = np.concatenate([np.append(np.full(a * b, np.sqrt(6 / (a + b))), np.full(b, 0.1)) for a, b in _LAYERS])
    return Problem(
        name="mlp-digits",
        fn=_cross_entropy,
        lower=-size,
        upper=size,
        truth=Truth("unknown", "no published minimum"),
        reference="Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits; Glorot & Bengio 2010, eq. 16",
        load=_digits,
        tags=frozenset({"neural-network", "real-data"}),
    )


def _ridge_log_loss(x: Float[Array, " 31"], data: tuple[Float[Array, "m 30"], Float[Array, " m"]]) -> Float[Array, ""]:
    features, signs = data
    weights, intercept = x[:-1], x[-1]
    return jnp.sum(jax.nn.softplus(-signs * (features @ weights + intercept))) + jnp.sum(weights**2) / 2


def _cross_entropy(x: Float[Array, " n"], data: tuple[Float[Array, "m 64"], Int[Array, " m"]]) -> Float[Array, ""]:
    pixels, labels = data
    first = _HIDDEN * 65
    hidden = jnp.tanh(_affine(x[:first], pixels, _LAYERS[0]))
    log_odds = jax.nn.log_softmax(_affine(x[first:], hidden, _LAYERS[1]))
    hits = jax.nn.one_hot(labels, 10, dtype=x.dtype)
    return -jnp.sum(hits * log_odds) / labels.size + _DECAY * jnp.sum(x**2) / 2


def _affine(x: Float[Array, " p"], inputs: Float[Array, "m a"], shape: tuple[int, int]) -> Float[Array, "m b"]:
    weights = shape[0] * shape[1]
    return inputs @ x[:weights].reshape(shape) + x[weights:]


def breast_cancer() -> tuple[Float[np.ndarray, "569 30"], Float[np.ndarray, " 569"]]:
    """Standardised features and labels -1 (malignant) or 1 (benign)."""
    from sklearn.datasets import load_breast_cancer  # a second's import, and only this problem needs it

    features, labels = load_breast_cancer(return_X_y=True)
    return (features - features.mean(axis=0)) / features.std(axis=0), 2.0 * labels - 1.0


def _digits() -> tuple[Float[np.ndarray, "1797 64"], Int[np.ndarray, " 1797"]]:
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return pixels / 16.0, labels.astype(np.int32)
