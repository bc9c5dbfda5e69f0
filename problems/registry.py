"""One row per entry; every other view is derived."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from problems import (
    dixmaan,
    energy,
    learning,
    mgh,
    neural,
    nist,
    planar,
    quadratic,
    regression,
    rosenbrock,
    separable,
    spectral,
    statistics,
    univariate,
)
from problems.problem import Problem
from problems.select import UnknownName, matching, unknown


class Row(NamedTuple):
    """One problem, or one family with the sizes that the suite lists."""

    name: str
    make: Callable[..., Problem]
    """For one problem: () -> Problem. For a family: n -> Problem; a ValueError says which n it cannot have."""
    sizes: tuple[int, ...] = ()


ROWS: tuple[Row, ...] = (
    Row("xlogx-sqrt", univariate.xlogx_sqrt),
    Row("quadratic", quadratic.quadratic, (2, 10, 100, 1000)),
    Row("rosenbrock", rosenbrock.rosenbrock, (2, 10, 100)),
    Row("himmelblau", planar.himmelblau),
    Row("six-hump-camel", planar.six_hump_camel),
    Row("beale", planar.beale),
    Row("branin", planar.branin),
    Row("styblinski-tang", separable.styblinski_tang, (2, 5)),
    Row("rastrigin", separable.rastrigin, (2,)),
    Row("egg-crate", separable.egg_crate, (2,)),
    Row("goldstein-price", planar.goldstein_price),
    Row("mccormick", planar.mccormick),
    Row("rayleigh", spectral.rayleigh, (3, 10)),
    Row("low-rank", spectral.low_rank, (3, 10)),
    Row("factorisation", spectral.factorisation, (10,)),
    Row("muller-brown", energy.muller_brown),
    Row("lennard-jones", energy.lennard_jones, tuple(3 * atoms for atoms in energy.CLUSTERS)),
    Row("thomson", energy.thomson, tuple(2 * charges for charges in energy.CHARGES)),
    *(Row(name, make) for name, make in nist.problems()),
    *(Row(*row) for row in mgh.problems()),
    Row("regression", regression.regression, (10,)),
    Row("logistic-breast-cancer", learning.logistic_breast_cancer),
    *(Row(name, make) for name, make in statistics.PROBLEMS.items()),
    *(Row(name, make) for name, make in neural.PROBLEMS.items()),
    *(Row(f"dixmaan-{letter}", dixmaan.dixmaan(letter), (300,)) for letter in dixmaan.LETTERS),
)

_FAMILIES = {row.name: row for row in ROWS if row.sizes}
_SINGLE = {row.name: row for row in ROWS if not row.sizes}


def names() -> tuple[str, ...]:
    """The suite's names, in the registry's order."""
    return tuple(name for row in ROWS for name in ([f"{row.name}-n{n}" for n in row.sizes] or [row.name]))


@lru_cache(maxsize=256)
def get(name: str) -> Problem:
    """The problem of that name; a family takes any size, as in rosenbrock-n37.

    Raises:
        UnknownName: no such problem, or a size that the family cannot have.
    """
    if name in _SINGLE:
        return _SINGLE[name].make()
    family, size = _split(name)
    if family is None:
        raise unknown(name, names(), "problem")
    try:
        return family.make(size)
    except ValueError as reason:
        raise UnknownName(f'no problem "{name}": {reason}') from None


def select(patterns: str) -> tuple[str, ...]:
    """Names that match comma-separated globs, as in "rosenbrock-*,nist-*"; a family's other sizes by exact name.

    Raises:
        UnknownName: a pattern matches nothing, or a size is one the family cannot have.
    """
    return matching(patterns, names(), "problem", valid=_exists)


def _split(name: str) -> tuple[Row | None, int]:
    match = re.fullmatch(r"(.+)-n(0|[1-9][0-9]*)", name)  # not n02: one name a problem
    return (_FAMILIES.get(match[1]), int(match[2])) if match else (None, 0)


def _exists(name: str) -> bool:
    if _split(name)[0] is None:
        return False
    get(name)  # a size that cannot be raises a message of its own
    return True
