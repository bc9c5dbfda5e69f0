"""One step along many paths, in logarithmic time t = exp(-s).

The end at t = 0 is approached by equal steps in s, at which the growth of the coordinates tells where a path goes
(Morgan, Sommese & Wampler 1992, "A power series method for computing singular solutions to nonlinear analytic systems",
Numerische Mathematik 63).
"""

from enum import IntEnum
from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from solvers.exact.continuation.homotopy import Coefficients, Support, newton_correction, sizes
from solvers.exact.continuation.pairs import Pair, add, both, div, exp, log, mul, select_pairs


class End(IntEnum):
    """How a path ended."""

    RUNNING = -1
    FINITE = 0
    """At a regular root of the target, found by Newton's method."""
    SINGULAR = 1
    """At a root where the Jacobian is singular, extrapolated."""
    INFINITE = 2
    """At infinity: the homogenising coordinate vanishes like a power of t."""
    GIVEN_UP = 3
    """The step or the number of steps has reached its limit."""


class _Point(NamedTuple):
    """A point that a path went through."""

    z: Pair
    slope: Pair
    gap: Float[Array, " paths"]
    """s from here to the next point."""


class Paths(NamedTuple):
    """State of the paths in flight; the last axis are the paths, the first of a point its n + 1 coordinates."""

    z: Pair
    slope: Pair
    """dz/ds."""
    before: tuple[_Point, _Point]
    """The two points before, for the predictor."""
    s: Float[Array, " paths"]
    h: Float[Array, " paths"]
    """The next step in s."""
    try_at: Float[Array, " paths"]
    """From this s on the next step is to the end."""
    growth: Float[Array, " paths"]
    """-d log|z_0| / ds: with which power of 1/t the affine coordinates grow."""
    steady: Float[Array, " paths"]
    """For how long, in s, the growth has not changed."""
    end: Int[Array, " paths"]
    steps: Int[Array, " paths"]


class Limits(NamedTuple):
    """What a step may do; traced."""

    accuracy: Any
    """Of the predictor, relative; steps are chosen so that it is met."""
    most_steps: Any
    longest: Any
    """Step in s."""


def advance(support: Support, c: Coefficients, plane: Pair, limits: Limits, steps: int, paths: Paths) -> Paths:
    """Makes `steps` steps along every running path; others stay as they are."""
    return lax.fori_loop(0, steps, lambda _, paths: _step(support, c, plane, limits, paths), paths)


def begin(z: Pair) -> Paths:
    """Paths at their starts, roots of the start system on the plane, [n + 1, paths]; the first step finds the slope."""
    zeros, nothing = jnp.zeros_like(z[0][0]), both(jnp.zeros_like, z)
    counts, first = jnp.zeros(zeros.shape, jnp.int32), zeros + _FIRST
    behind = _Point(z, nothing, first)
    return Paths(
        z, nothing, (behind, behind), zeros, zeros, zeros + _TRIES_FROM, zeros, zeros,
        counts + int(End.RUNNING), counts,
    )  # fmt: skip


_FIRST = 0.02
"""First step in s that leaves the start."""
_TRIES_FROM, _TRIES_NEXT = 2.0, 1.3
"""The s from which a step to t = 0 is tried, and by what part of s it is put off if it fails."""
_TRUSTED = 0.1
"""A first correction beyond this part of a point may lead to another path."""
_SHRINKS = 0.05
"""A second correction is at most this part of the first, or Newton's method is not yet at home here."""
_EXACT, _ROUNDED = 1e-6, 1e-7
"""Corrections that rounding alone may cause, at the end and on the way, where the Jacobian may be nearly singular."""
_LAST_S = 34.0
"""t = 5e-12: what has not landed here is at infinity or singular."""
_FAR = 1e7
"""Affine coordinates beyond it, and growing steadily, are at infinity; smaller ones are followed to the end."""
_AWAY = 1e3
"""The same for a path that is lost, unless its growth has been steady for even longer."""
_GROWS, _STEADY = 0.02, 4.0
_SHOWN = 10.0
"""A path lost after so long a time, in s, has shown where it goes."""
_SMALLEST, _TIRED = 1e-10, 3e-3
"""Steps in s at which a path is lost, and at which rounding alone makes them small: powers of t allow larger ones."""


def _step(support: Support, c: Coefficients, plane: Pair, limits: Limits, paths: Paths) -> Paths:
    running, scale = paths.end == int(End.RUNNING), sizes(paths.z)
    lands = paths.s >= paths.try_at
    t = jnp.where(lands, 0.0, jnp.exp(-(paths.s + paths.h)))
    straight = add(paths.z, paths.slope)
    ahead = select_pairs(
        lands, straight, select_pairs(paths.s > _TRIES_FROM, _forecast_of_powers(paths), _forecast(paths))
    )
    z, slope, first, last = _corrected(support, c, plane, scale, ahead, t)
    sound = (first <= _TRUSTED) & (last <= jnp.maximum(_SHRINKS * first, jnp.where(lands, _EXACT, _ROUNDED)))
    sound &= jnp.isfinite(_size(z, scale) + _size(slope, scale))
    rest = _size(paths.slope, scale)  # of the way to t = 0, if the path goes straight on
    good = sound & (first <= jnp.where(lands, 0.05 * rest + _EXACT, 8 * limits.accuracy))
    moves = running & good & ~lands
    factor = jnp.clip(0.9 * (limits.accuracy / jnp.maximum(first, 1e-300)) ** (1 / 6), 0.3, 2.0)
    h = jnp.where(sound, paths.h * jnp.where(good, factor, jnp.minimum(factor, 0.6)), 0.3 * paths.h)
    growth = -div(both(lambda part: part[0], slope), both(lambda part: part[0], z))[0]
    same = (growth > _GROWS) & (jnp.abs(growth - paths.growth) <= 0.05 * growth)
    starts = paths.steps == 0  # a step of length zero, that finds the slope
    h = jnp.where(starts, _FIRST, h)
    last_two = _Point(paths.z, paths.slope, paths.h), paths.before[0]
    before = jax.tree.map(partial(jnp.where, starts), _behind(z, slope), last_two)
    moved = paths._replace(
        z=z, slope=slope, before=before, s=paths.s + paths.h,
        growth=growth, steady=jnp.where(same, paths.steady + paths.h, 0.0),
    )  # fmt: skip
    result: Paths = jax.tree.map(lambda new, old: jnp.where(moves, new, old), moved, paths)
    result = result._replace(
        z=select_pairs(running & good & lands, z, result.z),
        h=jnp.where(running & ~lands, jnp.minimum(h, limits.longest), paths.h),
        try_at=jnp.where(lands & ~good, _TRIES_NEXT * paths.s, paths.try_at),
        steps=paths.steps + running,
    )
    return result._replace(end=jnp.where(running, _ended(result, lands & good, limits), paths.end))


def _behind(z: Pair, slope: Pair) -> tuple[_Point, _Point]:
    """Two points that a path seems to have gone through before its start: straight on."""
    gap = jnp.full_like(z[0][0], _FIRST)
    one, two = (_Point(both(lambda x, dx, k=k: x - k * _FIRST * dx, z, slope), slope, gap) for k in (1, 2))
    return one, two


def _ended(paths: Paths, landed: Bool[Array, " paths"], limits: Limits) -> Int[Array, " paths"]:
    grows = paths.steady >= _STEADY
    size = jnp.sqrt(paths.z[0][0] ** 2 + paths.z[1][0] ** 2)
    largest = jnp.sqrt(jnp.max(paths.z[0] ** 2 + paths.z[1] ** 2, axis=0))
    far = grows & (largest > _FAR * size)
    over = paths.s >= _LAST_S
    lost = (paths.h < _SMALLEST) | (paths.steps >= limits.most_steps)
    # Where roots are not isolated at infinity, or singular, rounding ends a path before its time has come.
    late = paths.s >= _SHOWN
    shown = lost & late
    surely = (paths.steady >= _SHOWN) | (grows & (largest > _AWAY * size))
    rules = (
        (landed, End.FINITE),
        (far | (over & (paths.growth > _GROWS)) | ((lost | (paths.h < _TIRED)) & late & surely), End.INFINITE),
        (over | (shown & (jnp.abs(paths.growth) <= _GROWS)), End.SINGULAR),
        (lost, End.GIVEN_UP),
    )
    running = jnp.full(paths.s.shape, int(End.RUNNING), jnp.int32)
    return reduce(lambda end, rule: jnp.where(rule[0], int(rule[1]), end), reversed(rules), running)


def _forecast(paths: Paths) -> Pair:
    """The polynomial of degree 5 through the last three points and slopes, continued; its error is of order h^6."""
    one, two = paths.before
    known = (paths.z, paths.slope, one.z, one.slope, two.z, two.slope)
    return both(partial(_continued, one.gap, two.gap, paths.h), *known)


def _forecast_of_powers(paths: Paths) -> Pair:
    """The same for the logarithms of the coordinates: exact where they are powers of t, as near the end they are.

    A coordinate that is zero has no logarithm: its forecast is the polynomial's.
    """
    one, two = paths.before
    logs = [log(div(point.z, paths.z)) for point in (one, two)]
    rates = [div(point.slope, point.z) for point in (paths, one, two)]
    known = (both(jnp.zeros_like, paths.z), rates[0], logs[0], rates[1], logs[1], rates[2])
    powers = mul(paths.z, exp(both(partial(_continued, one.gap, two.gap, paths.h), *known)))
    return select_pairs(jnp.isfinite(powers[0] + powers[1]), powers, _forecast(paths))


def _continued(a: Array, b: Array, h: Array, x0: Array, d0: Array, x1: Array, d1: Array, x2: Array, d2: Array) -> Array:
    """Hermite's interpolation at h from values and slopes at 0, -a, -a - b, by divided differences."""
    c = a + b
    f01, f12 = (x0 - x1) / a, (x1 - x2) / b
    f001, f011, f112, f122 = (d0 - f01) / a, (f01 - d1) / a, (d1 - f12) / b, (f12 - d2) / b
    f0011, f0112, f1122 = (f001 - f011) / a, (f011 - f112) / c, (f112 - f122) / b
    f00112, f01122 = (f0011 - f0112) / c, (f0112 - f1122) / c
    last = (f00112 - f01122) / c
    return x0 + h * (d0 + h * (f001 + (h + a) * (f0011 + (h + a) * (f00112 + (h + c) * last))))


def _corrected(
    support: Support, c: Coefficients, plane: Pair, scale: Array, z: Pair, t: Array
) -> tuple[Pair, Pair, Array, Array]:
    """Two steps of Newton's method at fixed t: the point, the slope there, and the sizes of both corrections."""

    def correct(k: Any, carry: tuple[Pair, Pair, Array, Array]) -> tuple[Pair, Pair, Array, Array]:
        z, _, first, _ = carry
        change, slope = newton_correction(support, c, plane, z, t)
        size = _size(change, scale)
        return add(z, change), slope, jnp.where(k == 0, size, first), size

    return lax.fori_loop(0, 2, correct, (z, z, t, t))


def _size(z: Pair, scale: Array) -> Float[Array, " paths"]:
    """The largest coordinate in units of `scale`."""
    return jnp.max((jnp.abs(z[0]) + jnp.abs(z[1])) / scale, axis=0)
