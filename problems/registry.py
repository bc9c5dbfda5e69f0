"""One row per entry; every other view is derived."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, reduce
from typing import NamedTuple

from problems.check import checked_problem
from problems.differentiable import differentiable
from problems.extras import COLLECTIONS, Entry, collection
from problems.families import (
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
    survival,
    tiny_networks,
    univariate,
)
from problems.families.linear_networks import deep, narrow
from problems.perturb import perturbed
from problems.problem import Problem
from problems.select import UnknownName, matching, unknown


class _Row(NamedTuple):
    """One problem, or one family with the sizes that the suite lists."""

    name: str
    make: Callable[..., Problem]
    """For one problem: () -> Problem. For a family: n -> Problem; a ValueError says which n it cannot have."""
    sizes: tuple[int, ...] = ()


ROWS: tuple[_Row, ...] = (
    _Row("xlogx-sqrt", univariate.xlogx_sqrt),
    _Row("quadratic", quadratic.quadratic, (2, 10, 100, 1000)),
    _Row("rosenbrock", rosenbrock.rosenbrock, (2, 4, 6, 10, 100)),
    _Row("himmelblau", planar.himmelblau),
    _Row("six-hump-camel", planar.six_hump_camel),
    _Row("beale", planar.beale),
    _Row("branin", planar.branin),
    _Row("styblinski-tang", separable.styblinski_tang, (2, 5)),
    _Row("rastrigin", separable.rastrigin, (2,)),
    _Row("egg-crate", separable.egg_crate, (2,)),
    _Row("goldstein-price", planar.goldstein_price),
    _Row("mccormick", planar.mccormick),
    _Row("three-hump-camel", planar.three_hump_camel),
    _Row("two-cubics", planar.two_cubics),
    _Row("localisation", planar.localisation),
    _Row("rayleigh", spectral.rayleigh, (3, 10)),
    _Row("low-rank", spectral.low_rank, (3, 6, 10)),
    _Row("factorisation", spectral.factorisation, (10,)),
    _Row("muller-brown", energy.muller_brown),
    _Row("lennard-jones", energy.lennard_jones, tuple(3 * atoms for atoms in energy.CLUSTERS)),
    _Row("thomson", energy.thomson, tuple(2 * charges for charges in energy.CHARGES)),
    *(_Row(name, make) for name, make in nist.nist_problems()),
    *(_Row(*row) for row in mgh.mgh_problems()),
    _Row("regression", regression.regression, (10,)),
    _Row("logistic-breast-cancer", learning.logistic_breast_cancer),
    *(_Row(name, make) for name, make in statistics.PROBLEMS.items()),
    _Row("cox-heart", survival.cox_heart),
    _Row("xor-2-2-1", tiny_networks.xor),
    _Row("sine-1-3-1", tiny_networks.sine),
    _Row("deep-linear", deep.deep_linear, (3, 5)),
    _Row("linear-network", narrow.linear_network, (4, 8)),
    *(_Row(name, make) for name, make in neural.PROBLEMS.items()),
    *(_Row(f"dixmaan-{letter}", dixmaan.dixmaan(letter), (300,)) for letter in dixmaan.LETTERS),
)

COPIES = (
    "himmelblau~rotated",
    "himmelblau~shifted",
    "rastrigin-n2~rotated",
    "styblinski-tang-n5~shifted",
    "rosenbrock-n2~ill1e6",
    "rosenbrock-n10~rotated",
    "quadratic-n10~ill1e6",
    "mgh-powell-singular~rotated",
    "mgh-broyden-tridiagonal-n10~noisy-start",
    "mgh-helical-valley~x10",
    "mgh-wood~x10",
    "mgh-kowalik-osborne~x10",
    "mgh-brown-dennis~x10",
    "mgh-bard~x10",
)
"""Copies that the suite lists; every problem has all of them by name."""

_MOST_VARIABLES = 10**7
"""Of a member of a family: a record holds some vectors of that length, and is made before anything runs."""
_FAMILIES = {row.name: row for row in ROWS if row.sizes}
_SINGLE = {row.name: row for row in ROWS if not row.sizes}
_PLUGGED: list[str] = []
"""Names that plug-ins have added."""


def register(name: str, make: Callable[[], Problem]) -> None:
    """Adds a plug-in's problem.

    Raises:
        ValueError: the name is not to be had, or what it makes is no problem that holds together.
    """
    if name not in _PLUGGED and (name in names() or not re.fullmatch(r"[\w.-]+", name)):
        raise ValueError(f'the name "{name}" is taken, or holds more than letters, digits, ".", "_" and "-"')
    checked_problem(make(), name)
    _SINGLE[name] = _Row(name, lambda: differentiable(make()))
    _PLUGGED[:] = [*(known for known in _PLUGGED if known != name), name]
    get.cache_clear()


def names() -> tuple[str, ...]:
    """The suite's own names, in the registry's order; other packages' collections are in `entries`."""
    own = (name for row in ROWS for name in ([f"{row.name}-n{n}" for n in row.sizes] or [row.name]))
    return (*own, *COPIES, *_PLUGGED)


@lru_cache(maxsize=256)
def get(name: str) -> Problem:
    """The problem of that name; a family takes any size, as in rosenbrock-n37, and any problem suffixes (`perturb`).

    Raises:
        UnknownName: no such problem, or a size that the family cannot have.
        FalseProblem: its record contradicts itself.
    """
    plain, *suffixes = name.split("~")
    if suffixes:
        try:
            return checked_problem(reduce(perturbed, suffixes, get(plain)), name)
        except ValueError as reason:
            raise UnknownName(f'no problem "{name}": {reason}') from None
    if extra := collection(name):
        return checked_problem(differentiable(extra.make(name)), name)
    if name in _SINGLE:
        return checked_problem(_SINGLE[name].make(), name)
    family, size = _split(name)
    if family is None:
        raise unknown(name, names(), "problem")
    try:
        if size > _MOST_VARIABLES:
            raise ValueError(f"{family.name} needs n <= {_MOST_VARIABLES}")
        problem = family.make(size)
    except ValueError as reason:
        raise UnknownName(f'no problem "{name}": {reason}') from None
    except MemoryError as too_large:
        raise UnknownName(f'no problem "{name}": it does not fit into memory ({too_large})') from None
    return checked_problem(problem, name)


def entries() -> Iterator[Entry]:
    """Of everything there is, also of what needs another package."""
    for name in names():
        problem = get(name)
        yield Entry(name, problem.dim, problem.truth.standing, tuple(sorted(problem.tags)), problem.reference)
    for extra in COLLECTIONS:
        yield from extra.entries()


def select(patterns: str) -> tuple[str, ...]:
    """Names that match comma-separated globs, as in "rosenbrock-*,nist-*"; a family's other sizes by exact name.

    Other packages' collections are looked through by globs that begin with their prefix: cutest-*.

    Raises:
        UnknownName: a pattern matches nothing, a size is one the family cannot have, or a package is not there.
    """
    wanted = dict.fromkeys(filter(None, (collection(pattern.strip()) for pattern in patterns.split(","))))
    theirs = [name for extra in wanted for name in extra.names()]
    chosen = matching(patterns, (*names(), *theirs), "problem", valid=_exists)
    for extra in wanted:
        get(next(name for name in chosen if name.startswith(extra.prefix)))
    return chosen


def _split(name: str) -> tuple[_Row | None, int]:
    match = re.fullmatch(r"(.+)-n(0|[1-9][0-9]*)", name)  # not n02: one name a problem
    return (_FAMILIES.get(match[1]), _number(match[2])) if match else (None, 0)


def _number(digits: str) -> int:
    """Of more digits than any size has Python refuses to make a number."""
    return int(digits) if len(digits) < 20 else _MOST_VARIABLES + 1


def _exists(name: str) -> bool:
    plain = name.split("~")[0]
    if not collection(plain) and plain not in names() and _split(plain)[0] is None:
        return False
    get(name)  # a size that cannot be raises a message of its own
    return True
