"""The test set of More, Garbow & Hillstrom: sums of squares, each from its published start."""

from collections.abc import Callable, Iterator
from functools import partial

from problems.families.mgh import fixed, scalable, tables
from problems.families.mgh.recipe import Recipe, recipe_problem
from problems.problem import Problem


def mgh_problems() -> Iterator[tuple[str, Callable[..., Problem], tuple[int, ...]]]:
    """Name, maker and, for families, the sizes that the suite lists."""
    for name, make in (fixed.RECIPES | tables.RECIPES).items():
        yield f"mgh-{name}", partial(_single, f"mgh-{name}", make), ()
    for name, (of_size, sizes) in scalable.RECIPES.items():
        yield f"mgh-{name}", partial(_sized, f"mgh-{name}", of_size), sizes


def _single(name: str, make: Callable[[], Recipe]) -> Problem:
    return recipe_problem(name, make())


def _sized(name: str, make: Callable[[int], Recipe], n: int) -> Problem:
    return recipe_problem(f"{name}-n{n}", make(n))
