"""Is f linear, quadratic, or made of flat or straight pieces? Told by values near and far, not by the box alone.

A function whose Hessian is the same all over a small box need not be quadratic: log-sum-exp far from its kink is linear
there, a branch may be taken elsewhere, and the curvature of max and round is 0 wherever it exists.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
from jaxtyping import Bool, Float

from bench.asking.subject import Subject
from bench.asking.symptom import Symptom

_FAR = 100.0
"""Far points lie in a box so many times as large, and at least so many units large."""
_SAME = 1e-8
"""Relative to the sizes of the terms: what rounding may add."""


def degree(subject: Subject) -> Iterator[Symptom]:
    """Linear and quadratic functions, pieces of them, and curvature that is not that of a valley."""
    H = subject.hessians[subject.sound]
    if subject.dear or not len(H):  # as many points again far away are more than the seconds allow
        return
    looked, far = subject.points[: len(subject.hessians)], far_points(subject)
    f, g = (part[: len(looked)] for part in subject.slopes)
    first = int(np.argmax(subject.sound))
    follows = partial(_follows, looked[first], f[first], g[first], H[0])
    value, slope = follows(looked, f, g)
    if not H.any() and not (value & slope)[subject.sound].all():
        yield _pieces(g[subject.sound])
    elif len(H) > 1 and value.all() and slope[subject.sound].all():
        # f counts where its derivatives are not finite, too.
        everywhere = all(map(np.all, follows(far, *subject.judge.slopes(far))))
        said = f"{len(H)} points of the box and {len(far)} far from it looked at" if everywhere else ""
        yield _polynomial(H[0], g[first], len(H), said)
    else:
        yield from _downward(H)


def far_points(subject: Subject) -> Float[np.ndarray, "k n"]:
    """As many points far outside of the box, to all sides."""
    problem = subject.problem
    centre, width = (problem.lower + problem.upper) / 2, problem.upper - problem.lower
    around = np.random.default_rng(1).uniform(-1, 1, subject.points.shape)
    return centre + _FAR * np.maximum(np.maximum(width, np.abs(centre)), 1.0) * around


def _follows(
    at: Float[np.ndarray, " n"], f0: float, g0: Float[np.ndarray, " n"], H: Float[np.ndarray, "n n"],
    points: Float[np.ndarray, "k n"], f: Float[np.ndarray, " k"], g: Float[np.ndarray, "k n"],
) -> tuple[Bool[np.ndarray, " k"], Bool[np.ndarray, " k"]]:  # fmt: skip
    """At which points f, and at which its gradient, is that of the polynomial of degree 2 that fits at one point."""
    steps = points - at
    rise, bent = steps @ g0, steps @ H
    curved = np.einsum("ki,ki->k", bent, steps) / 2
    with np.errstate(all="ignore"):
        value = np.abs(f - f0 - rise - curved) <= _SAME * (np.abs(f0) + np.abs(steps) @ np.abs(g0) + np.abs(curved))
        sizes = np.abs(g0) + np.abs(steps) @ np.abs(H)
        slope = (np.abs(g - g0 - bent) <= _SAME * sizes.max(axis=1, keepdims=True)).all(axis=1)
    return value, slope


def _polynomial(H: Float[np.ndarray, "n n"], g: Float[np.ndarray, " n"], near: int, everywhere: str) -> Symptom:
    """Of degree 2 at most: in the box alone, or wherever it was looked at, which `everywhere` says."""
    name, same = ("quadratic", "Hessian") if H.any() else ("linear", "slope") if g.any() else ("constant", "value")
    if not everywhere:
        told = f"in the box f is {name}, its {same} the same at all {near} points; far from it it is not"
        if name == "constant":
            return Symptom("plateau", told, "no derivative shows the way: start elsewhere")
        return Symptom("structure", told, "this says nothing of a minimum outside the box", False)
    told = f"f is {name}: its {same} is the same at all {everywhere}"
    if name == "quadratic":
        return _bowl(H, g, told)
    advice = "there is no minimum but on an edge; linear programming, or a term that bounds f"
    return Symptom("curvature", told, advice if name == "linear" else "there is nothing to minimise")


def _bowl(H: Float[np.ndarray, "n n"], g: Float[np.ndarray, " n"], told: str) -> Symptom:
    sizes, axes = np.linalg.eigh(H)
    flat = np.abs(sizes) <= 1e-12 * np.abs(sizes).max()
    falls = "f falls without end: a term that bounds it, or a box"
    if sizes[0] < 0 and not flat[0]:
        return Symptom("curvature", f"{told}, and it curves down", falls)
    if np.abs(axes[:, flat].T @ g).max(initial=0) > _SAME * np.abs(g).max(initial=0):
        return Symptom("curvature", f"{told}, and f is linear along some direction", falls)
    if flat.any():
        advice = "its lowest point is not unique: jnp.linalg.lstsq(H, -g)[0] is the nearest one"
        return Symptom("structure", f"{told}, and it is singular", advice, False)
    return Symptom("structure", told, "one linear system solves it: jnp.linalg.solve(H, -g), or newton", False)


def _pieces(g: Float[np.ndarray, "k n"]) -> Symptom:
    if not g.any():
        told = f"f is made of steps: its slope is 0 at all {len(g)} points of the box looked at, its values differ"
        return Symptom("plateau", told, "a smooth stand-in (sigmoid, softmax), or a solver without derivatives")
    told = f"f is made of straight pieces: its Hessian is 0 at all {len(g)} points of the box looked at"
    return Symptom(
        "curvature",
        f"{told}, and they do not lie on one plane",
        "Newton's method has no step: linear programming, or a smooth stand-in, logsumexp for max, sqrt(x**2 + 1e-6) "
        "for abs",
    )


def _downward(H: Float[np.ndarray, "m n n"]) -> Iterator[Symptom]:
    down = int((np.linalg.eigvalsh(H)[:, 0] < -1e-9 * np.abs(H).max(axis=(1, 2))).sum())
    if down:
        told = f"the Hessian is not positive definite at {down} of {len(H)} points of the box"
        yield Symptom(
            "curvature", told, "newton may end on saddles; newton-modified, newton-cg and lbfgs do not", False
        )
