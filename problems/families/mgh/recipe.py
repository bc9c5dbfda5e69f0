"""What the problems of More, Garbow & Hillstrom 1981 (ACM TOMS 7(1), 17) share."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from problems.least_squares import Residuals, sum_of_squares
from problems.problem import Problem, Truth


class Recipe(NamedTuple):
    """A problem of the paper: f = sum of squared residuals, without a factor 1/2."""

    number: int
    """In the paper."""
    residuals: Residuals
    start: Float[np.ndarray, " n"]
    minimisers: Sequence[Sequence[float]] | None = None
    """Points where f = 0 by the formula; None where they are in data/mgh.json, or nobody states them."""
    others: Sequence[Sequence[float]] = ()
    """Other known stationary points."""
    minimum: float | None = 0.0
    """f*; None: in data/mgh.json."""
    data: tuple[Any, ...] = ()
    bandwidth: int | None = None
    proof: str = "a sum of squares that vanishes there"
    standing: str = "proved"
    complete: bool = False
    tags: tuple[str, ...] = ()


@cache
def _figures() -> dict[str, Any]:
    return json.loads(files("problems").joinpath("data/mgh.json").read_text(encoding="utf-8"))


def recipe_problem(name: str, recipe: Recipe) -> Problem:
    """The problem of a recipe; its box is the smallest with the start and the minimisers, a tenth wider each way."""
    truth = _truth(name, recipe)
    corners = np.vstack([recipe.start, *([] if truth.points is None else [truth.points])])
    low, high = corners.min(axis=0), corners.max(axis=0)
    margin = 0.1 * np.maximum(high - low, np.where(recipe.start == 0, 1.0, np.abs(recipe.start)))
    return Problem(
        name=name,
        fn=sum_of_squares(recipe.residuals),
        lower=low - margin,
        upper=high + margin,
        truth=truth,
        reference=f"More, Garbow & Hillstrom 1981, ACM TOMS 7(1), 17, problem {recipe.number}",
        start=np.asarray(recipe.start, float),
        load=lambda: tuple(np.asarray(part, float) for part in recipe.data),
        residuals=recipe.residuals,
        bandwidth=recipe.bandwidth,
        tags=frozenset({"least-squares", "mgh", *recipe.tags}),
    )


def _truth(name: str, recipe: Recipe) -> Truth:
    if figures := _figures().get(name):
        points = np.array(figures["minimisers"])
        stationary = np.array([*figures["minimisers"], *recipe.others])
        source = f"{figures['sources']}; refined by Newton's method"
        return Truth("best_known", source, figures["minimum"], points, stationary, digits=figures["digits"])
    if recipe.minimisers is None:
        return Truth(recipe.standing, recipe.proof, recipe.minimum)  # type: ignore[arg-type]
    points = np.array(recipe.minimisers, float)
    others = np.array([*recipe.minimisers, *recipe.others], float)
    return Truth("proved", recipe.proof, recipe.minimum, points, others, recipe.complete, 13.0)
