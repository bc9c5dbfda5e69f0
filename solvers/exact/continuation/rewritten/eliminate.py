"""Fewer unknowns: an equation c x_j + r = 0, with c a number and r free of x_j, says what x_j is.

Put into the other equations it leaves a system with one unknown less. Its roots are those of the system before, without
x_j: a root of one is a root of the other, since x_j = -r / c is a polynomial in the others (a graph). So there can be
no more roots than the fewer equations allow. It is done where the product of their degrees becomes smaller, in exact
rational arithmetic: what cancels, cancels.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Complex, Float, Int

from solvers.exact.continuation.polynomials import MOST_TERMS, System, monomials
from solvers.exact.continuation.rewritten.rewriting import Rewriting, as_it_is, elements, from_elements, total_degree


class _Graph(NamedTuple):
    """x_j as a polynomial in other unknowns."""

    j: int
    exponents: Int[np.ndarray, "terms n"]
    coefficients: Float[np.ndarray, " terms"]


def eliminated(system: System) -> Rewriting:
    """The system after all eliminations that make the product of the degrees smaller, the best one first."""
    equations, graphs = elements(system), []
    while len(equations) > 1 and (choices := list(_choices(equations))):
        _, (j, graph), equations = min(choices, key=lambda choice: choice[0])
        powers = np.array(graph.monoms(), np.int64).reshape(-1, system.n)
        graphs.append(_Graph(j, powers, np.array([float(c) for c in graph.coeffs()])))
    if not graphs:
        return as_it_is(system)
    gone = [graph.j for graph in graphs]
    left = [j for j in range(system.n) if j not in gone]
    how = f"{len(gone)} of {system.n} unknowns eliminated"
    return Rewriting(from_elements(equations, left), partial(_lifted, system.n, left, graphs), (how,))


def _lifted(
    n: int, left: Sequence[int], graphs: Sequence[_Graph], x: Complex[np.ndarray, "points left"]
) -> Complex[np.ndarray, "points n"]:
    """The last unknown that was eliminated first: it holds only what is left."""
    full = np.zeros((len(x), n), complex)
    full[:, left] = x
    with np.errstate(all="ignore"):
        for j, table, c in reversed(graphs):
            full[:, j] = monomials(full, table) @ c
    return full


def _choices(equations: list[Any]) -> Iterator[tuple[tuple[int, int], tuple[int, Any], list[Any]]]:
    """What each elimination that is worth it costs, its graph, and the system that it leaves."""
    bezout = prod(map(total_degree, equations))
    for i, equation in enumerate(equations):
        for j, c in _linear_unknowns(equation):
            unknown = equation.ring.gens[j]
            graph = unknown - equation / c
            after = [other.compose(unknown, graph) for k, other in enumerate(equations) if k != i]
            fewer, terms = prod(map(total_degree, after)), sum(map(len, after))
            # An equation that became a number says that there are no roots, or a curve of them: left to the paths.
            if all(map(total_degree, after)) and terms <= MOST_TERMS and fewer < bezout:
                yield (fewer, terms), (j, graph), after


def _linear_unknowns(equation: Any) -> Iterator[tuple[int, Any]]:
    """Unknowns that occur in one term alone, c x_j, and c."""
    for j in range(equation.ring.ngens):
        terms = [(powers, c) for powers, c in equation.terms() if powers[j]]
        if len(terms) == 1 and sum(terms[0][0]) == 1:
            yield j, terms[0][1]
