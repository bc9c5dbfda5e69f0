"""The lanes in flight, from one landing to the next: strides until few enough of them run."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from solvers.engine.forms import Form
from solvers.engine.strides import DOUBT, RUNNING, WAIT, Course, Flight, careful, hasty


def fly(course: Course, form: Form, fewest: Int[Array, ""] | int, flight: Flight) -> Flight:
    """Strides until at most `fewest` lanes run."""

    def more_run(flight: Flight) -> Any:
        return _count(flight, RUNNING) > fewest

    def more_are_calm(flight: Flight) -> Any:
        return _count(flight, RUNNING) > jnp.maximum(fewest, _count(flight, DOUBT))

    def strides(flight: Flight) -> Flight:
        flight = jax.lax.while_loop(more_are_calm, partial(hasty, course), flight)
        # Careful strides are for lanes in doubt alone: their rounding is another, and no lane must see its neighbours.
        flight = turned(flight, (RUNNING, WAIT), (DOUBT, RUNNING))
        return turned(_surely(course, form, flight), (WAIT, RUNNING))

    stride = strides if course.hasty else partial(_surely, course, form)
    return jax.lax.while_loop(more_run, stride, flight)


def _count(flight: Flight, status: int) -> Int[Array, ""]:
    return jnp.sum(flight.status == status, dtype=jnp.int32)


def turned(flight: Flight, *turns: tuple[int, int]) -> Flight:
    """Lanes of one status given another."""
    status = flight.status
    for old, new in turns:
        status = jnp.where(flight.status == old, new, status)
    return flight._replace(status=status)


def _surely(course: Course, form: Form, flight: Flight) -> Flight:
    """A careful stride, and the steps in it that were in doubt once more."""
    flight = careful(course, flight)
    if course.again is None:
        return flight
    sure = course._replace(method=course.again, each=lambda fn: fn, trips=1, looks=False, whole=False)
    return jax.lax.while_loop(lambda flight: jnp.any(flight.status == DOUBT), partial(_again, sure, form), flight)


def _again(course: Course, form: Form, flight: Flight) -> Flight:
    """Makes the step of one lane in doubt, by a method that is in none. Such lanes are too rare to fly side by side."""
    place = jnp.argmax(flight.status == DOUBT)
    lane = form.lane(flight, place)
    lane = careful(course, lane._replace(status=jnp.full_like(lane.status, RUNNING)))
    return form.with_lane(flight, place, lane)
