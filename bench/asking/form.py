"""What f is like: its parts, units, curvature, plateaus and arithmetic, as far as some points of the box tell."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from bench.asking.degree import far_points
from bench.asking.squares import residuals_of
from bench.asking.subject import Subject
from bench.asking.symptom import Symptom
from bench.asking.tape import shown_place
from bench.measuring.referee import equilibrate
from solvers.separable import is_separable

_ILL = 1e6
"""A condition number from which first-order methods take too many steps to wait for."""
_BY_UNITS = 1e2
"""Units of the variables are to blame where scaling makes the condition number so many times smaller."""


def structure(subject: Subject) -> Iterator[Symptom]:
    """Sums of squares, sums of functions of one variable, bands."""
    problem, n = subject.problem, subject.problem.dim
    if found := residuals_of(problem, subject.tape):
        yield Symptom("structure", f"f is a sum of {found[1]} squares", "levenberg-marquardt or gauss-newton", False)
    if n > 1 and is_separable(subject.raw, n):
        yield Symptom(
            "structure", "f is a sum of functions of one variable each", "solve n problems of one variable", False
        )
    elif subject.sound.any():
        yield from _filled(subject.hessians[subject.sound])


def _filled(H: Float[np.ndarray, "m n n"]) -> Iterator[Symptom]:
    n = H.shape[1]
    filled = (H != 0).any(axis=0)
    i, j = np.nonzero(filled)
    width = int(np.abs(i - j).max(initial=0))
    if n >= 8 and width <= n // 4:
        told = f"the Hessian has {width} diagonals to either side at {len(H)} points of the box, n = {n}"
        yield Symptom("structure", told, f"state bandwidth={width} in the Problem: a banded system, O(n)", False)
    elif n >= 8 and filled.mean() < 0.2:
        told = f"{filled.mean():.0%} of the Hessian are not 0 at {len(H)} points of the box"
        yield Symptom("structure", told, "newton-cg, which multiplies by the Hessian only", False)


def idle(subject: Subject) -> Iterator[Symptom]:
    """Variables on which f does not depend, and boxes of which most is flat."""
    (f, g), width = subject.slopes, subject.problem.upper - subject.problem.lower
    good = np.isfinite(f) & np.isfinite(g).all(axis=1)
    if not good.any():
        return
    still = np.flatnonzero(~g[good].any(axis=0))
    if without := [i for i in map(int, still) if _is_without(subject, i)]:
        names = ", ".join(subject.name_of(i) for i in without[:5])
        told = f"f does not depend on {names}: its slope is 0 at all {good.sum()} points of the box looked at"
        yield Symptom("plateau", told, "leave it out, or fix it: every Hessian is singular with it")
    rise, slope = np.ptp(f[good]), np.abs(g[good] * width).max(axis=1)
    flat = slope <= 1e-6 * rise
    if 0.05 <= flat.mean() < 1:
        told = f"f is flat at {int(flat.sum())} of {good.sum()} points of the box: a slope under 1e-6 of its range"
        yield Symptom("plateau", told, "start nearer, or take the logarithm of f, or a loss that does not saturate")
    for entry in subject.tape.entries:
        if entry.eqn.primitive.name in _STEPS:
            told = f"{entry.eqn.primitive.name} has a slope of 0 wherever it has one ({shown_place(entry.place)})"
            yield Symptom("plateau", told, "a smooth stand-in (sigmoid, softmax), or a solver without derivatives")
            return


def _is_without(subject: Subject, i: int) -> bool:
    """Does f stay as it is where the variable takes values far outside of the box?"""
    few = 1 if subject.dear else len(subject.points)
    moved = subject.points[:few].copy()
    moved[:, i] = far_points(subject)[:few, i]
    return bool(np.array_equal(subject.calculus.slopes(moved)[0], subject.slopes[0][:few], equal_nan=True))


_STEPS = ("floor", "ceil", "round", "argmax", "argmin", "sort")


def curvature(subject: Subject, x: Float[np.ndarray, " n"], where: str) -> Iterator[Symptom]:
    """The condition number at a point, and how much of it is the variables' units."""
    n = subject.problem.dim
    if not 1 < n <= 300:
        return
    H = subject.judge.calculus.hessians(x[None])[0]
    if not np.isfinite(H).all() or not H.any():
        return
    d = equilibrate(H[None])[0]
    whole, scaled = (_condition(M) for M in (H, H * d[:, None] * d[None, :]))
    told = f"the Hessian at {where} has the condition number {_power(whole)}"
    if whole > _BY_UNITS * max(scaled, 1.0) and whole > 1e3:
        large, small = int(np.argmax(d)), int(np.argmin(d))
        ratio = d[large] / d[small]
        yield Symptom(
            "scale",
            f"{told}, of which units make all but {_power(scaled)}: "
            f"{subject.name_of(large)} changes f as much by {_power(ratio)} as {subject.name_of(small)} by 1",
            "divide the variables by their units; newton and levenberg-marquardt do not see units, gd and adam do",
        )
    elif whole > _ILL:
        yield Symptom("curvature", told, "a method that uses curvature: newton, levenberg-marquardt, lbfgs")
    else:
        yield Symptom("curvature", told, "", False)


def _condition(H: Float[np.ndarray, "n n"]) -> float:
    sizes = np.abs(np.linalg.eigvalsh(H))
    return float(sizes.max() / sizes.min()) if sizes.min() > 1e-16 * sizes.max() else float("inf")


def _power(value: float) -> str:
    return "infinity" if np.isinf(value) else f"{value:.2g}"


def arithmetic(subject: Subject) -> Iterator[Symptom]:
    """Numbers of single precision inside f, and variables too large for it."""
    for entry in subject.tape.entries:
        to = entry.eqn.params.get("new_dtype") if entry.eqn.primitive.name == "convert_element_type" else None
        if str(to) in ("float32", "float16", "bfloat16") and str(entry.eqn.invars[0].aval.dtype) == "float64":
            told = f"f goes through {to} ({shown_place(entry.place)}): at most {_DIGITS[str(to)]} digits are left"
            yield Symptom("dtype", told, "leave the dtype to x: jnp.zeros(n, x.dtype), x.astype nowhere")
            return
    if subject.dear:
        return
    slopes = subject.judge.calculus.scale.slopes
    for dtype in ("float64", "float32"):
        noise = 16 * float(np.finfo(dtype).eps) * subject.judge.probe.noise
        lost = (slopes > 0) & (noise > 0.1 * slopes)
        if lost.any():
            i = int(np.argmax(lost))
            told = (
                f"in {dtype} the rounding of the variables changes df/d{subject.name_of(i)} by {noise[i]:.2g}, and its "
                f"usual size is {slopes[i]:.2g}: no point can be told to be stationary"
            )
            move = "subtract the centre of the box from the variable, or scale it"
            yield Symptom("dtype", told, move if dtype == "float64" else f"use float64; or {move}", dtype == "float64")
            return


_DIGITS = {"float32": 7, "float16": 3, "bfloat16": 2}
