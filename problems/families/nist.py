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


def _three_exponentials(b: Float[Array, " 6"], x: Float[Array, " m"]) -> Float[Array, " m"]:
    return b[0] * jnp.exp(-b[1] * x) + b[2] * jnp.exp(-b[3] * x) + b[4] * jnp.exp(-b[5] * x)


def _two_peaks(b: Float[Array, " 8"], x: Float[Array, " m"]) -> Float[Array, " m"]:
    peaks = b[2] * jnp.exp(-(((x - b[3]) / b[4]) ** 2)) + b[5] * jnp.exp(-(((x - b[6]) / b[7]) ** 2))
    return b[0] * jnp.exp(-b[1] * x) + peaks


def _chwirut(b: Float[Array, " 3"], x: Float[Array, " m"]) -> Float[Array, " m"]:
    return jnp.exp(-b[0] * x) / (b[1] + b[2] * x)


def _cycles(b: Float[Array, " 9"], x: Float[Array, " m"]) -> Float[Array, " m"]:
    """The year, and two cycles of unknown length b4 and b7."""
    turn = 2 * np.pi * x
    year = b[1] * jnp.cos(turn / 12) + b[2] * jnp.sin(turn / 12)
    first = b[4] * jnp.cos(turn / b[3]) + b[5] * jnp.sin(turn / b[3])
    return b[0] + year + first + b[7] * jnp.cos(turn / b[6]) + b[8] * jnp.sin(turn / b[6])


MODELS: dict[str, Model] = {
    "misra1a": lambda b, x: b[0] * (1 - jnp.exp(-b[1] * x)),
    "misra1b": lambda b, x: b[0] * (1 - (1 + b[1] * x / 2) ** -2),
    "misra1c": lambda b, x: b[0] * (1 - (1 + 2 * b[1] * x) ** -0.5),
    "misra1d": lambda b, x: b[0] * b[1] * x / (1 + b[1] * x),
    "chwirut1": _chwirut,
    "chwirut2": _chwirut,
    "lanczos1": _three_exponentials,
    "lanczos2": _three_exponentials,
    "lanczos3": _three_exponentials,
    "gauss1": _two_peaks,
    "gauss2": _two_peaks,
    "gauss3": _two_peaks,
    "danwood": lambda b, x: b[0] * x ** b[1],
    "kirby2": lambda b, x: (b[0] + x * (b[1] + x * b[2])) / (1 + x * (b[3] + x * b[4])),
    "hahn1": _cubic_over_cubic,
    # The response is log y; the two columns of x are time and temperature.
    "nelson": lambda b, x: b[0] - b[1] * x[:, 0] * jnp.exp(-b[2] * x[:, 1]),
    "mgh09": lambda b, x: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
    "mgh10": lambda b, x: b[0] * jnp.exp(b[1] / (x + b[2])),
    "mgh17": lambda b, x: b[0] + b[1] * jnp.exp(-x * b[3]) + b[2] * jnp.exp(-x * b[4]),
    "roszman1": lambda b, x: b[0] - b[1] * x - jnp.arctan(b[2] / (x - b[3])) / np.pi,
    "enso": _cycles,
    "thurber": _cubic_over_cubic,
    "boxbod": lambda b, x: b[0] * (1 - jnp.exp(-b[1] * x)),
    "rat42": lambda b, x: b[0] / (1 + jnp.exp(b[1] - b[2] * x)),
    "rat43": lambda b, x: b[0] / (1 + jnp.exp(b[1] - b[2] * x)) ** (1 / b[3]),
    "eckerle4": lambda b, x: b[0] / b[1] * jnp.exp(-0.5 * ((x - b[2]) / b[1]) ** 2),
    "bennett5": lambda b, x: b[0] * (b[1] + x) ** (-1 / b[2]),
}
"""In NIST's order, from the lower to the higher level of difficulty."""


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
    "noint1": Linear(lambda x: x[:, None], 14.5),
    "noint2": Linear(lambda x: x[:, None], 15.0),
    "wampler1": _polynomial(5, 15.0),
    "wampler2": _polynomial(5, 13.0),
    **{f"wampler{k}": _polynomial(5, 15.0) for k in (3, 4, 5)},
}


def nist_problems() -> Iterator[tuple[str, Callable[[], Problem]]]:
    """Names and makers: linear sets once, nonlinear ones from both published starts."""
    for name in LINEAR:
        yield f"nist-{name}", partial(_linear, name)
    for name in MODELS:
        for number in (1, 2):
            yield f"nist-{name}-s{number}", partial(_nonlinear, name, number)


@lru_cache(maxsize=1)
def _figures() -> dict[str, Any]:
    return json.loads(files("problems").joinpath("data/nist.json").read_text(encoding="utf-8"))


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
        load=lambda: (np.array(figures["x"]), np.log(figures["y"]) if name == "nelson" else np.array(figures["y"])),
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
