"""Systems whose roots are known, and their deformation into the one that is to be solved."""

from itertools import product

import numpy as np
from jaxtyping import Complex, Float, Int

from solvers.exact.continuation.mixed import Cells
from solvers.exact.continuation.polynomials import System
from solvers.exact.continuation.support import tables
from solvers.exact.continuation.track import Homotopy
from solvers.method import CannotSolve

MOST_PATHS = 200_000


def from_roots_of_unity(system: System, seed: int) -> tuple[Homotopy, Complex[np.ndarray, "paths n1"]]:
    """The total-degree homotopy, gamma (z_i^d_i - z_0^d_i) t + (1 - t) F, and its starts on the plane.

    gamma and the plane are random: for all but finitely many gamma on the circle no two paths meet before the end, and
    the ends are all isolated roots (Sommese & Wampler 2005, theorem 8.3.1).

    Raises:
        CannotSolve: there are more than `MOST_PATHS` paths.
    """
    if system.bezout > MOST_PATHS:
        raise CannotSolve(f"{system.bezout} paths, the product of the degrees, are more than {MOST_PATHS}")
    generator = np.random.default_rng(seed)
    gamma, plane = on_circle(generator, 1)[0], on_circle(generator, system.n + 1)
    terms = [
        _with_start(i, table, c, gamma)
        for i, (table, c) in enumerate(zip(system.exponents, system.coefficients, strict=True))
    ]
    support, coefficients = tables(terms, system.degrees)
    roots = [np.exp(2j * np.pi * np.arange(d) / d) for d in system.degrees]
    affine = np.array(list(product(*roots))).reshape(-1, system.n)
    return Homotopy(support, coefficients, plane), on_plane(affine, plane)


def supports(system: System) -> list[Int[np.ndarray, "terms n"]]:
    """The exponents of every equation, and 0, so that roots with zero coordinates count, too (Li & Wang 1996)."""
    return [
        table if np.any(np.all(table == 0, axis=1)) else np.vstack([table, np.zeros((1, system.n), int)])
        for table in system.exponents
    ]


def from_cells(
    system: System, cells: Cells, seed: int
) -> tuple[Homotopy, Complex[np.ndarray, "paths n1"], Int[np.ndarray, " paths"]]:
    """The polyhedral homotopy of the mixed cells of `supports(system)`, its starts, and each start's cell.

    Random coefficients on the circle stand at t = 1 for the system's own; there two terms of an equation are left in
    a cell, with as many roots as its volume. For almost all of them no two paths meet before the end, and the ends are
    all isolated roots (Huber & Sturmfels 1995; with 0 among the exponents in all of C^n, Li & Wang 1996).
    """
    generator = np.random.default_rng(seed)
    plane = on_circle(generator, system.n + 1)
    tables_ = supports(system)
    random = [on_circle(generator, len(table)) for table in tables_]
    own = [np.append(c, np.zeros(len(t) - len(c))) + 0j for c, t in zip(system.coefficients, tables_, strict=True)]
    support, coefficients = tables(list(zip(tables_, random, own, strict=True)), system.degrees)
    affine, which = [], []
    for k, edges in enumerate(cells.edges):
        roots = _binomial_roots(
            np.array([table[a] - table[b] for table, (a, b) in zip(tables_, edges, strict=True)]),
            np.array([-c[b] / c[a] for c, (a, b) in zip(random, edges, strict=True)]),
        )
        affine.append(roots)
        which += [k] * len(roots)
    exponents = _exponents(cells, support.value_terms)
    return Homotopy(support, coefficients, plane, exponents), on_plane(np.concatenate(affine), plane), np.array(which)


def _exponents(cells: Cells, rows: int) -> Float[np.ndarray, "rows cells"]:
    """Of the padded terms, in one unit for all cells, or they would not be those of one homotopy.

    The least is 1: no path starts with an infinite slope.
    """
    padded = np.concatenate([np.pad(h, ((0, 0), (0, rows - h.shape[1]))) for h in cells.heights], axis=1)
    return (padded / np.min(padded[padded > 0], initial=np.inf) if padded.any() else padded).T.copy()


def _binomial_roots(M: Int[np.ndarray, "n n"], c: Complex[np.ndarray, " n"]) -> Complex[np.ndarray, "roots n"]:
    """All x with prod_j x_j^M_ij = c_i, |c_i| = 1: log x = M^-1 (log c + 2 pi i k), k over Z^n modulo M Z^n."""
    k = np.array(list(product(*map(range, _diagonal(M)))))
    angles = np.angle(c) / (2 * np.pi) + k
    return np.exp(2j * np.pi * np.linalg.solve(M, angles.T).T)


def _diagonal(M: Int[np.ndarray, "n n"]) -> list[int]:
    """Of the triangular matrix that columns of integers make of M: how many representatives each coordinate has."""
    columns = [[int(value) for value in column] for column in M.T]
    for i in range(len(columns)):
        while any(column[i] for column in columns[i + 1 :]):
            first, *others = sorted(columns[i:], key=lambda column: (column[i] == 0, abs(column[i])))
            columns[i:] = [first, *(_less(other, other[i] // first[i], first) for other in others)]
    return [abs(column[i]) for i, column in enumerate(columns)]


def _less(column: list[int], times: int, other: list[int]) -> list[int]:
    return [a - times * b for a, b in zip(column, other, strict=True)]


def on_plane(affine: np.ndarray, plane: np.ndarray) -> Complex[np.ndarray, "paths n1"]:
    """Points [paths, n] with their homogenising coordinate in front, on plane.z = 1."""
    z = np.concatenate([np.ones((len(affine), 1)), affine], axis=1)
    return z / (z @ plane)[:, None]


def on_circle(generator: np.random.Generator, count: int) -> Complex[np.ndarray, " count"]:
    """Random numbers of size 1."""
    return np.exp(2j * np.pi * generator.uniform(size=count))


def _with_start(i: int, table: np.ndarray, c: np.ndarray, gamma: complex) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The terms of equation i with those of gamma (x_i^d - 1)."""
    powers = {tuple(row): [0.0 + 0j, complex(value)] for row, value in zip(table, c, strict=True)}
    degree, n = int(table.sum(axis=1).max()), table.shape[1]
    for power, value in ((degree, gamma), (0, -gamma)):
        row = tuple(power * (np.arange(n) == i))
        powers.setdefault(row, [0j, 0j])[0] += value
    values = np.array(list(powers.values()))
    return np.array(list(powers)), values[:, 0], values[:, 1]
