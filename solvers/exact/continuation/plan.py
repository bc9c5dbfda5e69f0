"""Which paths are followed: the system is written so, and its start chosen so, that they are the fewest."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Complex, Int

from solvers.exact.continuation.mixed import Cells, TooMany, mixed_cells
from solvers.exact.continuation.polynomials import System
from solvers.exact.continuation.rewritten.eliminate import eliminated
from solvers.exact.continuation.rewritten.forms import in_factors, with_factor
from solvers.exact.continuation.rewritten.rewriting import Rewriting, as_it_is, scaled
from solvers.exact.continuation.starts import from_cells, from_roots_of_unity, supports
from solvers.exact.continuation.track import Course, Homotopy, track


class Route(NamedTuple):
    """Paths, and what is known of them before one is followed."""

    homotopy: Homotopy
    starts: Complex[np.ndarray, "paths n1"]
    cells: Int[np.ndarray, " paths"] | None
    rewriting: Rewriting
    bound: int
    """No system with these degrees or exponents has more isolated roots, and there are as many paths."""
    theorem: str
    """That says so."""

    def follow(self, course: Course, which: Any = slice(None)) -> Any:
        """The ends of these paths, as points of the system that was asked."""
        cells = None if self.cells is None else self.cells[which]
        ends = track(self.homotopy, self.starts[which], course, len(self.starts), cells)
        with np.errstate(all="ignore"):
            return ends._replace(x=self.rewriting.back(ends.x))


def planned(system: System, seed: int) -> Route:
    """The plan with the fewest paths; of two with as many the simpler one: by degrees, in fewer unknowns.

    Raises:
        CannotSolve: there are too many.
    """
    choices = [(*_bound(one.system, seed), one) for one in _rewritings(system)]
    bound, cells, rewriting = min(choices, key=lambda choice: (choice[0], choice[1] is not None, choice[2].system.n))
    rewriting = rewriting.then(scaled)
    if cells is None:
        return Route(*from_roots_of_unity(rewriting.system, seed), None, rewriting, bound, "Bezout")
    homotopy, starts, which = from_cells(rewriting.system, cells, seed)
    return Route(homotopy, starts, which, rewriting, bound, "Bernstein")


def _rewritings(system: System) -> Iterator[Rewriting]:
    """Ways to write it, the simplest first."""
    yield as_it_is(system)
    if system.exact:
        for one in (as_it_is(system), in_factors(system)):
            yield one.then(eliminated)
            yield one.then(with_factor)


def _bound(system: System, seed: int) -> tuple[int, Cells | None]:
    """How many paths there are, and the cells in which they start, if these are fewer than the degrees' product."""
    try:
        cells = mixed_cells(supports(system), seed)
    except TooMany:
        return system.bezout, None
    return (system.bezout, None) if cells.mixed_volume >= system.bezout else (cells.mixed_volume, cells)
