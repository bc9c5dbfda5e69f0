"""Least squares on NIST's Statistical Reference Datasets: real data, certified parameters.

Figures: NIST/ITL StRD, in data/nist.json. fn is the residual sum of squares, without a factor 1/2.
"""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from problems.least_squares import closed_form, linear_residuals, sum_of_squares
from problems.problem import Problem, Truth

Model = Callable[[Float[Array, " p"], Float[Array, " m"]], Float[Array, " m"]]


def _cubic_over_cubic(b: Float[Array, " 7"], x: Float[Array, " m"]) -> Float[Array, " m"]:
    return (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / (1 + x * (b[4] + x * (b[5] + x * b[6])))


MODELS: dict[str, Model] = {
    "misra1a": lambda b, x: b[0] * (1 - jnp.exp(-b[1] * x)),
    "danwood": lambda b, x: b[0] * x ** b[1],
    "rat42": lambda b, x: b[0] / (1 + jnp.exp(b[1] - b[2] * x)),
    "thurber": _cubic_over_cubic,
    "mgh09": lambda b, x: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
    "hahn1": _cubic_over_cubic,
}


class Linear(NamedTuple):
    """A linear set: its columns, and to how many digits the certified parameters solve the float64 problem.

    NIST certifies 15 digits for exact powers of x; rounding the columns to float64 moves the minimiser by the
    condition number.
    """

    columns: Callable[[Any], Float[np.ndarray, "m p"]]
    digits: float


def _polynomial(degree: int, digits: float) -> Linear:
    return Linear(lambda x: np.vander(x, degree + 1, increasing=True), digits)


LINEAR: dict[str, Linear] = {
    "longley": Linear(lambda x: np.column_stack([np.ones(len(x)), x]), 14.5),
    "filip": _polynomial(10, 7.9),
    "norris": _polynomial(1, 14.0),
    "pontius": _polynomial(2, 13.5),
    "wampler1": _polynomial(5, 15.0),
}


def problems() -> Iterator[tuple[str, Callable[[], Problem]]]:
    """Names and makers: linear sets once, nonlinear ones from both published starts."""
    for name in LINEAR:
        yield f"nist-{name}", partial(_linear, name)
    for name in MODELS:
        for number in (1, 2):
            yield f"nist-{name}-s{number}", partial(_nonlinear, name, number)


@lru_cache(maxsize=1)
def _figures() -> dict[str, Any]:
    return json.loads(files("problems").joinpath("data/nist.json").read_text())


def _nonlinear(name: str, number: int) -> Problem:
    """The box is within 10 % of the start."""
    figures, model = _figures()[name], MODELS[name]
    start = np.array(figures["starts"][number - 1])

    def residuals(b: Float[Array, " p"], data: Any) -> Float[Array, " m"]:
        x, y = data
        return y - model(b, x)

    return Problem(
        name=f"nist-{name}-s{number}",
        fn=sum_of_squares(residuals),
        lower=start - 0.1 * np.abs(start),
        upper=start + 0.1 * np.abs(start),
        truth=_certified(figures, digits=11.0),
        reference=f"NIST StRD, nonlinear regression, {name}, {figures['level'].lower()} level of difficulty, "
        f"start {number}",
        start=start,
        load=lambda: (np.array(figures["x"]), np.array(figures["y"])),
        residuals=residuals,
        tags=frozenset({"least-squares", "nist", "statistics"}),
    )


def _linear(name: str) -> Problem:
    """NIST gives no start: the box is twice the certified parameters, with either sign."""
    figures, (columns, digits) = _figures()[name], LINEAR[name]
    size = 2 * np.abs(figures["certified"])
    return Problem(
        name=f"nist-{name}",
        fn=sum_of_squares(linear_residuals),
        lower=-size,
        upper=size,
        truth=_certified(figures, digits)._replace(complete=True, stationary=np.array([figures["certified"]])),
        reference=f"NIST StRD, linear regression, {name}, {figures['level'].lower()} level of difficulty",
        load=lambda: (columns(np.array(figures["x"])), np.array(figures["y"])),
        closed_form=closed_form,
        residuals=linear_residuals,
        tags=frozenset({"least-squares", "linear", "nist", "statistics", "convex", "closed-form", "ill-conditioned"}),
    )


def _certified(figures: dict[str, Any], digits: float) -> Truth:
    point = np.array([figures["certified"]])
    return Truth("certified", "NIST StRD", figures["rss"], point, digits=digits)
