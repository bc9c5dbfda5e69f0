"""Ridge logistic regression on data that scikit-learn ships."""

import json
from importlib.resources import files

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from problems.problem import Problem, Truth


def logistic_breast_cancer() -> Problem:
    """Ridge logistic regression: sum log-loss + 1/2 |w|^2, x = (w, intercept), the intercept not penalised (C = 1).

    The 569 x 30 features are standardised by their population deviation; without the ridge the data are separable and
    no minimum exists.
    """
    fit = json.loads(files("problems").joinpath("data/fits.json").read_text(encoding="utf-8"))["logistic-breast-cancer"]
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


def _ridge_log_loss(x: Float[Array, " 31"], data: tuple[Float[Array, "m 30"], Float[Array, " m"]]) -> Float[Array, ""]:
    features, signs = data
    # A column of ones instead of adding the intercept: so the Hessian is one product of matrices.
    design = jnp.column_stack((features, jnp.ones_like(signs)))
    return jnp.sum(jax.nn.softplus(-signs * (design @ x))) + jnp.sum(x[:-1] ** 2) / 2


def breast_cancer() -> tuple[Float[np.ndarray, "569 30"], Float[np.ndarray, " 569"]]:
    """Standardised features and labels -1 (malignant) or 1 (benign)."""
    from sklearn.datasets import load_breast_cancer  # a second's import, and only this problem needs it

    features, labels = load_breast_cancer(return_X_y=True)
    return (features - features.mean(axis=0)) / features.std(axis=0), 2.0 * labels - 1.0
