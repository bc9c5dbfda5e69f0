"""Line searches as flat state machines: one trial per step, so that no lane of a batch waits for another's search.

A step from x along -p with length t is proposed; if it is not good enough the lane stays where it is, halves t and
tries again in its next step. After an accepted step t doubles, up to a limit.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from solvers.method import Objective, Point, Step

SUFFICIENT = 1e-4
"""Armijo's constant: the share of the predicted decrease that is asked for (Nocedal & Wright 2006, p. 33)."""


def ahead(x: Point, p: Point, t: Float[Array, ""]) -> Point:
    """The point x - t p."""
    return jax.tree.map(lambda x, p: x - t * p, x, p)


def settle(
    x: Point, trial: Point, t: Float[Array, ""], good: Bool[Array, ""], most: float = jnp.inf, singular: Any = False
) -> Step:
    """The step to `trial` where it is good, else the same point and half the length; a singular lane is told."""
    point = jax.tree.map(lambda trial, x: jnp.where(good | singular, trial, x), trial, x)
    return Step(point, jnp.where(good, jnp.minimum(2 * t, most), t / 2), singular)


def falls(fn: Objective, x: Point, trial: Point, by: Any) -> Bool[Array, ""]:
    """Is f at the trial lower by at least `by`? Differences that f cannot show near a minimum are forgiven."""
    now = fn(x)
    return fn(trial) <= now - by + _UNSEEN * jnp.finfo(now.dtype).eps * jnp.abs(now)


_UNSEEN = 1000.0


def dot(a: Point, b: Point) -> Float[Array, ""]:
    """The inner product of two points."""
    return sum(jax.tree.leaves(jax.tree.map(lambda a, b: jnp.sum(a * b), a, b)), start=jnp.zeros(()))
