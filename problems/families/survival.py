"""Cox's proportional hazards on the first heart transplants of Stanford."""

import json
from importlib.resources import files
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from problems.families.statistics import fitted
from problems.problem import Problem


def cox_heart() -> Problem:
    """Minus the log partial likelihood, ties as Breslow: x = coefficients of the standardised age and of its square.

    Cox 1972, J. Royal Statistical Society B 34(2), 187; Breslow 1974, Biometrics 30(1), 89.
    """

    def fn(x: Any, data: Any) -> Any:
        Z, died, at_risk = data
        hazard = Z @ x
        survivors = jax.nn.logsumexp(jnp.where(at_risk > 0, hazard, -jnp.inf), axis=1)
        return jnp.sum(died * (survivors - hazard))

    tags = frozenset({"statistics", "convex", "real-data"})
    return Problem(name="cox-heart", fn=fn, load=transplants, tags=tags, **fitted("cox-heart"))


def transplants() -> tuple[Float[np.ndarray, "69 2"], Float[np.ndarray, " 69"], Float[np.ndarray, "69 69"]]:
    """Standardised age and its square; 1 for a death, 0 for a patient lost from sight; who was at risk at each time."""
    days, died, age = (np.array(column, float) for column in survival_patients())
    z = (age - age.mean()) / age.std()
    return np.column_stack([z, z**2]), died, (days >= days[:, None]).astype(float)


def survival_patients() -> tuple[list[float], list[float], list[float]]:
    """Days, death and age of 69 patients: Miller 1976, Biometrika 63(3), 449."""
    figures = json.loads(files("problems").joinpath("data/heart.json").read_text(encoding="utf-8"))
    return figures["days"], figures["died"], figures["age"]
