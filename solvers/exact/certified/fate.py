"""What becomes of boxes: discarded, proved, given up, shrunk or cut, by one look at each.

A box is worked on a little larger than it is, so that a root on a face is well inside of somebody. It is discarded
when the gradient cannot vanish in it, proved when it holds exactly one root, and then made smaller until that no longer
helps; given up when it is too small; else shrunk or cut. Coordinates of zero width are held: so faces of the whole box
are searched by the same program, for the minimum of f on them.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solvers.exact.certified.contract import contract
from solvers.exact.certified.enclosures import Enclosure
from solvers.exact.certified.interval import Interval, absolute, add, mul, point, sub, total

_INFLATION = 1 / 16
_CUT = 0.496
"""Off the middle, where points of symmetry are."""
_SHRANK = 0.6
_SLIVER = 1 / 64


class Task(NamedTuple):
    """What is searched for; arrays, so that another box compiles nothing anew."""

    lower: Float[Any, " n"]
    upper: Float[Any, " n"]
    smallest: Float[Any, " n"]
    """A box with no wider side is given up."""
    minimum_only: Bool[Any, ""]
    """Discard what cannot hold the minimum of f over the box, faces included, too."""
    most_boxes: Int[Any, ""]
    data: list[Float[Any, "..."]]
    zero: Float[Any, ""]


class Batch(NamedTuple):
    """The boxes of a round."""

    rows: Float[Array, "4 n boxes"]
    live: Bool[Array, " boxes"]
    known: Bool[Array, " boxes"]
    """Proved before, now made smaller."""
    box: Interval
    wide: Interval
    """What is worked on."""
    middle: Float[Array, "n boxes"]
    fixed: Bool[Array, "n boxes"]


class Fate(NamedTuple):
    """What becomes of the boxes of a round."""

    first: Float[Array, "4 n boxes"]
    goes_on: Bool[Array, " boxes"]
    second: Float[Array, "4 n boxes"]
    cut: Bool[Array, " boxes"]
    proved: Bool[Array, " boxes"]
    given_up: Bool[Array, " boxes"]


def inflated(box: Interval, known: Bool[Array, " boxes"], task: Task) -> Interval:
    """The box and a margin around it, within the whole box; of a box whose root is proved, itself."""
    margin = _INFLATION * box.width
    lo = jnp.maximum(box.lo - margin, task.lower[:, None])
    hi = jnp.minimum(box.hi + margin, task.upper[:, None])
    return Interval(jnp.where(known, box.lo, lo), jnp.where(known, box.hi, hi))


def value_of(here: Enclosure, there: Enclosure, batch: Batch) -> Interval:
    """f over the box: its natural enclosure, met with its mean-value form."""
    form = add(here.f, total(mul(there.g, sub(batch.wide, point(batch.middle))), (0,)))
    lo = jnp.where(form.lo > there.f.lo, form.lo, there.f.lo)
    hi = jnp.where(form.hi < there.f.hi, form.hi, there.f.hi)
    return Interval(lo, hi)


def fate_of(batch: Batch, here: Enclosure, there: Enclosure, f: Interval, best: Array, task: Task) -> Fate:
    """`here` is at the middle of each box, `there` over all of it."""
    g, H = _held(there, batch.fixed)
    g_here, H_here = _held(here, batch.fixed)
    left = contract(batch.wide, batch.middle, g_here, H, H_here.middle, batch.fixed)
    offset = sub(batch.wide, point(batch.middle))
    mean_value = add(g_here, total(mul(H, Interval(offset.lo[None], offset.hi[None])), (1,)))
    dear = task.minimum_only & ((f.lo > best) | _falls_inwards(there.g, batch, task))
    own = Interval(jnp.maximum(left.box.lo, batch.box.lo), jnp.minimum(left.box.hi, batch.box.hi))
    gone = _nonzero(g) | _nonzero(mean_value) | left.empty | dear | jnp.any(own.lo > own.hi, axis=0)
    alive = batch.live & (batch.known | ~gone)
    newly = alive & ~batch.known & left.proved
    settled = alive & batch.known & ~jnp.any(left.box.width < 0.5 * batch.wide.width, axis=0)
    searched = alive & ~batch.known & ~newly
    own = _no_sliver(own, batch.box, task)
    given_up = searched & jnp.all(own.width <= task.smallest[:, None], axis=0)
    cut = searched & ~given_up & ~_shrank(own, batch.box)
    box = Interval(*(jnp.where(searched, a, b) for a, b in zip(own, left.box, strict=True)))
    first, second = _halves(box, cut, _direction(box, H, task))
    unique = jnp.where(newly, jnp.stack(batch.wide), batch.rows[2:])
    return Fate(
        jnp.concatenate([jnp.stack(first), unique]),
        alive & ~settled & ~given_up,
        jnp.concatenate([jnp.stack(second), unique]),
        cut,
        settled,
        given_up,
    )


def _no_sliver(new: Interval, old: Interval, task: Task) -> Interval:
    """The new box, within the old one, no side too short: on one of rounding's size nothing can be proved any more."""
    size = (task.upper - task.lower)[:, None]
    margin = 0.5 * _SLIVER * jnp.max(new.width / size, axis=0) * size
    middle = new.middle
    lo, hi = jnp.minimum(new.lo, middle - margin), jnp.maximum(new.hi, middle + margin)
    return Interval(jnp.maximum(lo, old.lo), jnp.minimum(hi, old.hi))


def _held(of: Enclosure, fixed: Bool[Array, "n boxes"]) -> tuple[Interval, Interval]:
    """Gradient and Hessian of f as a function of the coordinates that are not held."""
    either = fixed[:, None] | fixed[None]
    eye = jnp.eye(len(fixed))[:, :, None]
    g = Interval(*(jnp.where(fixed, 0.0, bound) for bound in of.g))
    return g, Interval(*(jnp.where(either, eye, bound) for bound in of.H))


def _nonzero(g: Interval) -> Bool[Array, " boxes"]:
    return jnp.any((g.lo > 0) | (g.hi < 0), axis=0)


def _falls_inwards(g: Interval, batch: Batch, task: Task) -> Bool[Array, " boxes"]:
    """On a face with f falling towards the inside there is no minimum."""
    at_lower = batch.fixed & (batch.wide.lo == task.lower[:, None]) & (g.hi < 0)
    at_upper = batch.fixed & (batch.wide.hi == task.upper[:, None]) & (g.lo > 0)
    return jnp.any(at_lower | at_upper, axis=0)


def _shrank(new: Interval, old: Interval) -> Bool[Array, " boxes"]:
    """Did every side become so much shorter that cutting can wait?"""
    return jnp.all((old.width == 0) | (new.width < _SHRANK * old.width), axis=0)


def _direction(box: Interval, H: Interval, task: Task) -> Int[Array, " boxes"]:
    """The coordinate whose width makes the gradient's enclosure wide (maximal smear), if it is no sliver's short side.

    Kearfott & Novoa 1990, ACM TOMS 16(2), 152.
    """
    relative = box.width / (task.upper - task.lower)[:, None]
    smear = jnp.sum(absolute(H).hi * box.width[None], axis=0)
    usable = jnp.all(jnp.isfinite(smear), axis=0)
    wanted = jnp.where(usable, smear, relative)
    long_enough = relative >= _SLIVER * jnp.max(relative, axis=0)
    return jnp.argmax(jnp.where(long_enough, wanted, -1.0), axis=0)


def _halves(box: Interval, cut: Array, direction: Array) -> tuple[Interval, Interval]:
    here = (jnp.arange(len(box.lo))[:, None] == direction) & cut
    at = box.lo + _CUT * box.width
    return Interval(box.lo, jnp.where(here, at, box.hi)), Interval(jnp.where(here, at, box.lo), box.hi)
