"""Proofs for the ends of paths: each finite one is a root, isolated, different from the others, real or not real.

Krawczyk's test in discs: for a centre m, radii r and any matrix Y, if

    |Y| |F(m)| + |I - Y J(m)| r + |Y| (largest change of J over the discs) r  <  r   in every component,

the discs |x_i - m_i| <= r_i hold exactly one root of F, and it is simple (Krawczyk 1969; Neumaier 1990, theorem 5.1.8;
for polynomial systems Breiding, Rose & Timme 2023, ACM Trans. Math. Software 49(1)). What rounding may have done to
F(m), J(m) and the coefficients is added from a bound: gamma_k = k eps / (1 - k eps) times the terms' sizes (Higham
2002, section 3.1). Coefficients may be [points, terms], of each point its own.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Complex, Float, Int
from scipy.spatial import cKDTree

from solvers.exact.continuation.polynomials import System, monomials

_EPS = float(np.finfo(float).eps)
_SIZES = 4
_UP = 1 + 1e-9
"""Outward: more than all roundings of a bound's own computation."""


class Proved(NamedTuple):
    """What is proved of points; radii are those of the discs that hold the root."""

    x: Complex[np.ndarray, "points n"]
    radius: Float[np.ndarray, "points n"]
    isolated: Bool[np.ndarray, " points"]
    real: Bool[np.ndarray, " points"]
    """Proved real; `x` is then real."""
    not_real: Bool[np.ndarray, " points"]


class _Values(NamedTuple):
    """F and J at points and the most that rounding may have changed them."""

    f: Complex[np.ndarray, "points n"]
    f_error: Float[np.ndarray, "points n"]
    J: Complex[np.ndarray, "points n n"]
    J_error: Float[np.ndarray, "points n n"]


def polished(system: System, x: Complex[np.ndarray, "points n"], steps: int = 6) -> Complex[np.ndarray, "points n"]:
    """Newton's method in double precision, as long as it makes the residual smaller."""
    x = x.copy()
    with np.errstate(all="ignore"):
        for _ in range(steps):
            values = _values(system, x)
            after = x - _solved(values.J, values.f)
            worse = ~np.isfinite(after).all(axis=1)
            smaller = np.abs(_values(system, after).f).sum(axis=1) < np.abs(values.f).sum(axis=1)
            x = np.where((smaller & ~worse)[:, None], after, x)
    return x


def prove(system: System, x: Complex[np.ndarray, "points n"]) -> Proved:
    """Tests every point; one whose imaginary part is within its radius is tested on the real line, too."""
    radius, isolated = _krawczyk(system, x)
    near_real = isolated & np.all(np.abs(x.imag) <= radius, axis=1)
    real_radius, real = _krawczyk(system, x.real.astype(complex), near_real)
    # A disc around a real centre holds with a root its conjugate: the only one is real.
    real &= near_real
    return Proved(
        np.where(real[:, None], x.real, x),
        np.where(real[:, None], real_radius, radius),
        isolated,
        real,
        isolated & np.any(np.abs(x.imag) > radius, axis=1),
    )


def overlapping(proved: Proved) -> Int[np.ndarray, " points"]:
    """Numbers of isolated points whose discs meet those of another: they may be one root."""
    return np.unique(np.array(_meeting(proved), int).ravel())


def different(proved: Proved) -> Int[np.ndarray, " points"]:
    """Numbers of isolated points whose discs are apart from those of all before them; others may be the same root."""
    kept = proved.isolated.copy()
    for i, j in sorted(_meeting(proved)):
        kept[j] &= not kept[i]
    return np.flatnonzero(kept)


def _meeting(proved: Proved) -> list[tuple[int, int]]:
    """Pairs i < j of isolated points whose discs meet in every coordinate."""
    chosen = np.flatnonzero(proved.isolated)
    if len(chosen) < 2:
        return []
    x, radius = proved.x[chosen], proved.radius[chosen]
    near = cKDTree(np.concatenate([x.real, x.imag], axis=1)).query_pairs(
        2 * float(radius.max()) * _UP + 1e-300, p=np.inf
    )
    pairs = np.array(sorted(near), int).reshape(-1, 2)
    i, j = pairs.T
    meet = np.all(np.abs(x[i] - x[j]) <= (radius[i] + radius[j]) * _UP, axis=1)
    return [(int(a), int(b)) for a, b in chosen[pairs[meet]]]


def proved_negative_eigenvalues(system: System, proved: Proved, which: Int[np.ndarray, " m"]) -> Int[np.ndarray, " m"]:
    """How many eigenvalues of f's Hessian are proved negative at real roots, the others positive; -1 for unproved.

    By Weyl's theorem no eigenvalue of a symmetric matrix moves by more than the norm of what is added to it.
    """
    m, r = proved.x[which], proved.radius[which]
    if system.denominators or not len(which):
        return np.full(len(which), -1)
    values = _values(system, m)
    units = np.sqrt(system.rows)
    S = (system.rows[:, None] * values.J.real) / units[:, None] / units
    off = (system.rows[:, None] * (values.J_error + _spread(system, m, r))) / units[:, None] / units
    S = (S + S.transpose(0, 2, 1)) / 2
    eigenvalues = np.linalg.eigvalsh(S)
    doubt = 2 * np.linalg.norm(off, axis=(1, 2)) + 16 * system.n**2 * _EPS * np.linalg.norm(S, axis=(1, 2))
    sure = np.all(np.abs(eigenvalues) > doubt[:, None], axis=1)
    return np.where(sure, (eigenvalues < 0).sum(axis=1), -1)


def vanishing(system: System, proved: Proved, which: Int[np.ndarray, " m"]) -> Bool[np.ndarray, " m"]:
    """Roots at which a denominator is zero, or may be."""
    m, r = proved.x[which], proved.radius[which]
    result = np.zeros(len(which), bool)
    for table, c in system.denominators:
        size = np.abs(monomials(m, table) @ c)
        change = sum(
            np.abs(c) * table[:, k] * r[:, k : k + 1] * monomials(np.abs(m) + r, _lowered(table, k))
            for k in range(m.shape[1])
        )
        rounding = 1e3 * _EPS * (monomials(np.abs(m), table) @ np.abs(c))
        result |= size <= np.sum(change, axis=1) * _UP + rounding
    return result


def _krawczyk(system: System, m: Complex[np.ndarray, "points n"], asked: Any = True) -> tuple[np.ndarray, np.ndarray]:
    """Radii, and whether the test holds with them; a few sizes are tried, each from what the one before has given.

    No more are tried when it holds for all that are asked.
    """
    with np.errstate(all="ignore"):
        values = _values(system, m)
        Y = _inverses(values.J)
        size = np.abs(Y)
        step = np.einsum("pij,pj->pi", size, np.abs(values.f) + values.f_error) * _UP
        defect = np.abs(np.eye(system.n) - Y @ values.J)
        defect += size @ (values.J_error + 2 * system.n * _EPS * np.abs(values.J)) + 4 * system.n * _EPS
        radius, proved = np.zeros(m.shape), np.zeros(len(m), bool)
        r = 1.5 * step + 4 * _EPS * np.abs(m) + 1e-290
        for _ in range(_SIZES):  # epsilon-inflation: Rump 1999, "INTLAB"
            wide = size @ _spread(system, m, r)
            after = step + np.einsum("pij,pj->pi", defect + wide, r) * _UP
            holds = np.all(after * _UP < r, axis=1) & ~proved
            radius[holds], proved = r[holds], proved | holds
            if np.all(proved | ~np.asarray(asked)):
                break
            r = np.maximum(r, 2 * after)
    return radius, proved


def _values(system: System, x: Complex[np.ndarray, "points n"]) -> _Values:
    """By terms, with the sizes of the terms for the bound."""
    count, n = x.shape
    f, J = np.zeros((count, n), complex), np.zeros((count, n, n), complex)
    f_size, J_size = np.zeros((count, n)), np.zeros((count, n, n))
    for i, (table, c) in enumerate(zip(system.exponents, system.coefficients, strict=True)):
        terms = c * monomials(x, table)
        f[:, i], f_size[:, i] = terms.sum(axis=1), np.abs(terms).sum(axis=1)
        for j in np.flatnonzero(table.any(axis=0)):
            slopes = c * table[:, j] * monomials(x, _lowered(table, j))
            J[:, i, j], J_size[:, i, j] = slopes.sum(axis=1), np.abs(slopes).sum(axis=1)
    longest = max(map(len, system.exponents)) + 4 * max(system.degrees) + 4
    gamma = 2 * longest * _EPS  # complex products round up to twice as much
    return _Values(f, gamma * f_size, J, gamma * J_size)


def _spread(system: System, m: Complex[np.ndarray, "points n"], r: Float[np.ndarray, "points n"]) -> np.ndarray:
    """The most that J can change over the discs: |prod x^a - prod m^a| <= prod (|m| + r)^a - prod |m|^a."""
    size = np.abs(m)
    wide = np.zeros((len(m), system.n, system.n))
    for i, (table, c) in enumerate(zip(system.exponents, system.coefficients, strict=True)):
        for j in np.flatnonzero(table.any(axis=0)):
            lowered = _lowered(table, j)
            # The difference of two near numbers: by the mean value theorem, not by subtraction.
            change = np.zeros((len(m), len(table)))  # an entry of J may be constant
            for k in np.flatnonzero(lowered.any(axis=0)):
                change += lowered[:, k] * r[:, k : k + 1] * monomials(size + r, _lowered(lowered, k))
            wide[:, i, j] = np.sum(np.abs(c) * table[:, j] * change, axis=1) * _UP
    return wide


def _lowered(table: Int[np.ndarray, "terms n"], j: Any) -> Int[np.ndarray, "terms n"]:
    lowered = table.copy()
    lowered[:, j] -= 1
    return lowered


def _inverses(J: np.ndarray) -> np.ndarray:
    """NaN where a matrix is singular or not finite."""
    finite = np.isfinite(J).all(axis=(1, 2))
    regular = np.where(finite[:, None, None], J, np.eye(J.shape[1]))
    try:
        inverses = np.linalg.inv(regular)
    except np.linalg.LinAlgError:
        inverses = np.stack([_inverse(one) for one in regular])
    return np.where(finite[:, None, None], inverses, np.nan)


def _inverse(A: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.inv(A)
    except np.linalg.LinAlgError:
        return np.full(A.shape, np.nan + 0j)


def _solved(J: np.ndarray, f: np.ndarray) -> np.ndarray:
    return np.einsum("pij,pj->pi", _inverses(J), f)
