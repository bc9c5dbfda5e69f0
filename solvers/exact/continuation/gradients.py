"""The gradient of one function for many data sets: the same monomials, other coefficients, written out once."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
import sympy as sp
from jaxtyping import Float, Int, PyTree

from problems.problem import Problem
from solvers.exact.algebra import written_out
from solvers.exact.continuation.polynomials import System
from solvers.method import CannotSolve


class Gradients(NamedTuple):
    """A system of polynomials for every data set."""

    exponents: tuple[Int[np.ndarray, "terms n"], ...]
    coefficients: tuple[Float[np.ndarray, "sets terms"], ...]
    """Float64, as evaluated from the data."""
    rows: Float[np.ndarray, " n"]
    """As of `System`, in all members."""

    @property
    def sets(self) -> int:
        """Data sets."""
        return len(self.coefficients[0])

    def system(self, choose: Callable[[np.ndarray], np.ndarray]) -> System:
        """The system whose coefficients `choose` makes of [sets, terms]: those of one, or [points, terms] of many."""
        return System(self.exponents, tuple(map(choose, self.coefficients)), self.rows)

    def scaled(self) -> tuple["Gradients", Float[np.ndarray, " n"]]:
        """In units in which coefficients of the usual size are near 1, and the units of x."""
        usual = self.system(lambda c: np.sqrt(np.mean(c**2, axis=0)))
        scaled, of_x = usual.scaled()
        factors = [new / old for new, old in zip(scaled.coefficients, usual.coefficients, strict=True)]
        coefficients = tuple(c * factor for c, factor in zip(self.coefficients, factors, strict=True))
        return Gradients(self.exponents, coefficients, scaled.rows), of_x


def gradients_of(problem: Problem, data_sets: PyTree) -> Gradients:
    """The coefficients of grad f for every data set, from one walk of its function with symbols for the data.

    Raises:
        CannotSolve: the gradient is no polynomial, does not depend on a variable, or a coefficient is not finite.
        ValueError: the data sets do not fit the problem.
    """
    leaves = _leaves(problem, data_sets)
    tree = jax.tree.structure(problem.data)
    held, symbols, values = _with_symbols(leaves)
    f, variables = written_out(lambda x, *parts: problem.fn(x, jax.tree.unflatten(tree, parts)), problem.dim, *held)
    slopes = [sp.diff(f, variable) for variable in variables]
    if not all(slope.is_polynomial(*variables) for slope in slopes):
        raise CannotSolve("the gradient is no polynomial; only polynomials are followed from data set to data set")
    terms = [sp.Poly(slope, *variables).terms() for slope in slopes]
    evaluate = sp.lambdify(symbols, [[c for _, c in equation] for equation in terms], "numpy", cse=True)
    with np.errstate(all="ignore"):
        columns = [
            np.stack([np.broadcast_to(np.asarray(c, float), len(leaves[0])) for c in equation], axis=1)
            for equation in evaluate(*values)
        ]
    exponents = [np.array([powers for powers, _ in equation], np.int64) for equation in terms]
    return _without_zeros(exponents, columns)


def _without_zeros(exponents: Sequence[np.ndarray], columns: Sequence[np.ndarray]) -> Gradients:
    if not all(np.isfinite(c).all() for c in columns):
        raise CannotSolve("a coefficient of the gradient is not finite for one of the data sets")
    used = [np.any(c != 0, axis=0) for c in columns]
    if not all(np.any(which & table.any(axis=1)) for which, table in zip(used, exponents, strict=True)):
        raise CannotSolve("a component of the gradient does not depend on x for any data set")
    return Gradients(
        tuple(table[which] for which, table in zip(used, exponents, strict=True)),
        tuple(c[:, which] for which, c in zip(used, columns, strict=True)),
        np.ones(len(exponents)),
    )


def _leaves(problem: Problem, data_sets: PyTree) -> list[np.ndarray]:
    given = [np.asarray(leaf) for leaf in jax.tree.leaves(data_sets)]
    shapes = [np.shape(leaf) for leaf in jax.tree.leaves(problem.data)]
    of_one, sets = [leaf.shape[1:] for leaf in given], {leaf.shape[:1] for leaf in given}
    trees: list[Any] = [jax.tree.structure(tree) for tree in (data_sets, problem.data)]
    same = trees[0] == trees[1] and of_one == shapes
    if not (given and same and len(sets) == 1 and sets.isdisjoint({(), (0,)})):
        got = [leaf.shape for leaf in given]
        raise ValueError(f"data sets have the shapes {got}; {problem.name} needs (sets, *shape) for each of {shapes}")
    return given


def _with_symbols(leaves: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[Any], list[np.ndarray]]:
    """One data set with a symbol wherever data sets differ, the symbols, and the values [sets] of each."""
    held: list[np.ndarray] = []
    symbols: list[Any] = []
    values: list[np.ndarray] = []
    for leaf in leaves:
        one = leaf[0].astype(object)
        for place in np.ndindex(one.shape):
            column = leaf[(slice(None), *place)]
            one[place] = column[0]
            if (column != column[0]).any():
                symbols.append(sp.Symbol(f"d{len(symbols) + 1}", real=True))
                values.append(column.astype(float))
                one[place] = symbols[-1]
        held.append(one)
    return held, symbols, values
