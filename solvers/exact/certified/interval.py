"""Interval arithmetic in JAX: every result encloses the true one, whatever the compiler does with the rounding.

XLA contracts a*b + c, takes reciprocals of constants and flushes denormals, so no bound relies on one rounding. A
result r is widened by k |r| 2^-52 and a small normal number, k at least twice the largest error seen of that operation
(the tests measure it again). A NaN bound means "unknown", and proves nothing in any test.
"""

import functools
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax, nn
from jaxtyping import Array, Bool, Float

_EPS = 2.0**-52
_TINY = 1e-300
"""Above the denormals, which XLA flushes to zero."""

ULPS = {
    "add": 1, "mul": 1, "div": 2, "sqrt": 2, "rsqrt": 3, "cbrt": 8, "exp": 4, "expm1": 8, "log": 2,
    "log1p": 300, "sin": 2, "cos": 2, "tan": 4, "atan": 6, "sinh": 600, "cosh": 600, "tanh": 10, "logistic": 5,
    "erf": 3, "pow": 4,
}  # fmt: skip
"""Error bounds in units of 2^-52 |r|; of sin and cos in units of 2^-52, since they lose their relative accuracy."""


class Interval(NamedTuple):
    """All numbers from lo to hi, elementwise."""

    lo: Float[Array, "..."]
    hi: Float[Array, "..."]

    @property
    def middle(self) -> Float[Array, "..."]:
        """A number inside, near the middle."""
        return jnp.clip(0.5 * self.lo + 0.5 * self.hi, self.lo, self.hi)

    @property
    def width(self) -> Float[Array, "..."]:
        """hi - lo, rounded."""
        return self.hi - self.lo

    def part(self, index: Any) -> "Interval":
        """The same part of both bounds."""
        return Interval(self.lo[index], self.hi[index])


def widened(lo: Float[Array, "..."], hi: Float[Array, "..."], ulps: float) -> Interval:
    """[lo, hi] made larger by `ulps` units of 2^-52 of each bound's size."""
    return Interval(lo - (ulps * _EPS * jnp.abs(lo) + _TINY), hi + (ulps * _EPS * jnp.abs(hi) + _TINY))


def point(value: Float[Array, "..."]) -> Interval:
    """The numbers themselves."""
    return Interval(value, value)


def add(a: Interval, b: Interval) -> Interval:
    """a + b."""
    return widened(a.lo + b.lo, a.hi + b.hi, ULPS["add"])


def sub(a: Interval, b: Interval) -> Interval:
    """a - b."""
    return widened(a.lo - b.hi, a.hi - b.lo, ULPS["add"])


def neg(a: Interval) -> Interval:
    """-a."""
    return Interval(-a.hi, -a.lo)


def mul(a: Interval, b: Interval) -> Interval:
    """a b."""
    lo, hi = _extremes([p * q for p in set_of(a) for q in set_of(b)])
    # Where the factors are known, 0 times infinity is what is NaN.
    unbounded = jnp.isnan(lo) & ~functools.reduce(operator.or_, map(jnp.isnan, (*set_of(a), *set_of(b))))
    return widened(jnp.where(unbounded, -jnp.inf, lo), jnp.where(unbounded, jnp.inf, hi), ULPS["mul"])


def div(a: Interval, b: Interval) -> Interval:
    """a / b; unknown where 0 is inside of b or all of it. At 0 itself, an end of b, there is no quotient to enclose."""
    lower = jnp.where(b.lo == 0, 0.0, b.lo)  # not -0, whose reciprocal is at the wrong end
    upper = lower if b.lo is b.hi else jnp.where(b.hi == 0, -0.0, b.hi)
    lo, hi = _extremes([p / q for p in set_of(a) for q in set_of(Interval(lower, upper))])
    return _unless((b.lo <= 0) & (b.hi >= 0) & ((b.lo < 0) == (b.hi > 0)), widened(lo, hi, ULPS["div"]))


def square(a: Interval) -> Interval:
    """a^2."""
    return integer_pow(a, 2)


def integer_pow(a: Interval, exponent: int) -> Interval:
    """a^exponent, for a whole number."""
    if exponent < 0:
        return div(point(jnp.ones_like(a.lo)), integer_pow(a, -exponent))
    at_lo, at_hi = (lax.integer_pow(bound, exponent) for bound in a)
    if exponent % 2:
        return widened(at_lo, at_hi, exponent)
    holds_zero = (a.lo <= 0) & (a.hi >= 0)
    lo, hi = _extremes([at_lo, at_hi])
    return _at_least(0, widened(jnp.where(holds_zero, 0.0, lo), hi, exponent))


def power(a: Interval, b: Interval) -> Interval:
    """a^b for a > 0, by the four corners: the power is monotone in either; unknown where a may be 0 or less."""
    corners = [jnp.power(p, q) for p, q in _corners(a, b)]
    return _unless(a.lo <= 0, _at_least(0, widened(*_extremes(corners), ULPS["pow"])))


def absolute(a: Interval) -> Interval:
    """|a|."""
    lo, hi = _extremes([jnp.abs(a.lo), jnp.abs(a.hi)])
    return Interval(jnp.where((a.lo <= 0) & (a.hi >= 0), 0.0, lo), hi)


def larger(a: Interval, b: Interval) -> Interval:
    """max(a, b)."""
    return Interval(jnp.maximum(a.lo, b.lo), jnp.maximum(a.hi, b.hi))


def smaller(a: Interval, b: Interval) -> Interval:
    """min(a, b)."""
    return Interval(jnp.minimum(a.lo, b.lo), jnp.minimum(a.hi, b.hi))


def total(a: Interval, axes: tuple[int, ...]) -> Interval:
    """The sum along `axes`, however it is associated: n terms are off by at most n 2^-53 sum |a|."""
    terms = 1
    for axis in axes:
        terms *= a.lo.shape[axis]
    size = jnp.sum(jnp.maximum(jnp.abs(a.lo), jnp.abs(a.hi)), axis=axes)
    return added(jnp.sum(a.lo, axis=axes), jnp.sum(a.hi, axis=axes), terms, size)


def added(lo: Float[Array, "..."], hi: Float[Array, "..."], terms: int, size: Float[Array, "..."]) -> Interval:
    """Sums of so many terms, widened; `size` is the sum of the terms' sizes."""
    off = terms * _EPS * size + _TINY
    return Interval(lo - off, hi + off)


def cos(a: Interval) -> Interval:
    """cos a."""
    return _wave(jnp.cos, a, 0.0, ULPS["cos"])


def sin(a: Interval) -> Interval:
    """sin a."""
    return _wave(jnp.sin, a, 0.5, ULPS["sin"])


def tan(a: Interval) -> Interval:
    """Tan a; unknown where there may be a pole."""
    pole = _holds_multiple(a, 0.5, 1.0)
    return _unless(pole | _beyond(a, 1e3), widened(jnp.tan(a.lo), jnp.tan(a.hi), ULPS["tan"]))


def cosh(a: Interval) -> Interval:
    """Cosh a."""
    size = absolute(a)
    return widened(jnp.cosh(size.lo), jnp.cosh(size.hi), ULPS["cosh"])


def rising(function: Callable[[Array], Array], ulps: float, lowest: float = -jnp.inf, highest: float = jnp.inf) -> Any:
    """The enclosure of a function that nowhere falls, with values between `lowest` and `highest`."""

    def enclose(a: Interval) -> Interval:
        wide = widened(function(a.lo), function(a.hi), ulps)
        return Interval(jnp.maximum(wide.lo, lowest), jnp.minimum(wide.hi, highest))

    return enclose


def rsqrt(a: Interval) -> Interval:
    """1 / sqrt a; unknown where a may be less than 0."""
    return _unless(a.lo < 0, widened(lax.rsqrt(a.hi), lax.rsqrt(a.lo), ULPS["rsqrt"]))


RISING = {
    "exp": rising(jnp.exp, ULPS["exp"], lowest=0),
    "expm1": rising(jnp.expm1, ULPS["expm1"], lowest=-1),
    "log": rising(jnp.log, ULPS["log"]),
    "log1p": rising(jnp.log1p, ULPS["log1p"]),
    "sqrt": rising(jnp.sqrt, ULPS["sqrt"], lowest=0),
    "cbrt": rising(jnp.cbrt, ULPS["cbrt"]),
    "atan": rising(jnp.arctan, ULPS["atan"]),
    "sinh": rising(jnp.sinh, ULPS["sinh"]),
    "tanh": rising(jnp.tanh, ULPS["tanh"], -1, 1),
    "logistic": rising(nn.sigmoid, ULPS["logistic"], 0, 1),
    "erf": rising(lax.erf, ULPS["erf"], -1, 1),
}
"""Outside of their domain logarithm and root are NaN: unknown."""


def set_of(a: Interval) -> tuple[Array, ...]:
    """Its different bounds: a number that is known exactly has one."""
    return (a.lo,) if a.lo is a.hi else (a.lo, a.hi)


def _corners(a: Interval, b: Interval) -> list[tuple[Array, Array]]:
    return [(p, q) for p in set_of(a) for q in set_of(b)]


def _extremes(values: list[Array]) -> tuple[Array, Array]:
    """Smallest and largest; NaN where one is."""
    lo = hi = values[0]
    for value in values[1:]:
        lo, hi = jnp.minimum(lo, value), jnp.maximum(hi, value)
    return lo, hi


def _unless(unknown: Bool[Array, "..."], a: Interval) -> Interval:
    return Interval(jnp.where(unknown, jnp.nan, a.lo), jnp.where(unknown, jnp.nan, a.hi))


def _at_least(least: float, a: Interval) -> Interval:
    return Interval(jnp.maximum(a.lo, least), jnp.maximum(a.hi, least))


def _wave(function: Callable[[Array], Array], a: Interval, crest: float, ulps: float) -> Interval:
    """Cosine or sine, whose crests are at (crest + 2 k) pi and whose troughs half a period on."""
    lo, hi = _extremes([function(a.lo), function(a.hi)])
    far = _beyond(a, 1e6)
    hi = jnp.where(far | _holds_multiple(a, crest, 2.0), 1.0, hi + ulps * _EPS)
    lo = jnp.where(far | _holds_multiple(a, crest + 1.0, 2.0), -1.0, lo - ulps * _EPS)
    return _unless(jnp.isnan(a.lo) | jnp.isnan(a.hi), Interval(jnp.maximum(lo, -1.0), jnp.minimum(hi, 1.0)))


def _beyond(a: Interval, limit: float) -> Bool[Array, "..."]:
    """Is it where the error was not measured?"""
    return jnp.maximum(jnp.abs(a.lo), jnp.abs(a.hi)) > limit


def _holds_multiple(a: Interval, offset: float, period: float) -> Bool[Array, "..."]:
    """May the interval hold (offset + period k) pi? Yes, where rounding leaves it open or a bound is NaN."""
    slack = 1e-12 + 8 * _EPS * jnp.maximum(jnp.abs(a.lo), jnp.abs(a.hi))
    first, last = ((bound / jnp.pi - offset) / period for bound in a)
    apart = jnp.floor(first - slack) == jnp.floor(last + slack)
    return ~apart
