"""Several steps of the lanes in flight, between two looks at whether any lane still runs.

A trip evaluates the gradient at x, tests, and moves: a start on a root takes 0 steps. A lane that stops is frozen by
a mask, so that it equals the single run of the same start whatever its neighbours do. A careful stride tests at every
trip; a hasty one only notes that something would have happened, and is taken back for the lanes where it did.
"""

from collections.abc import Callable
from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from solvers.solver import Budget, Method, Objective, Status

RUNNING = int(Status.RUNNING)


class Flight(NamedTuple):
    """The lanes in flight; every leaf has the `width` lanes on its first axis."""

    lane: Int[Array, " width"]
    """Place in the queue; the queue's length marks an empty place."""
    x: PyTree
    memory: PyTree
    steps: Int[Array, " width"]
    status: Int[Array, " width"]
    best: Float[Array, " width"]
    """Smallest scaled gradient so far: sum_i |g_i| / tolerance_i."""
    stale: Int[Array, " width"]
    """Steps since then, in whole strides."""


class Stride(NamedTuple):
    """What changes from trip to trip, and no more: on a CPU every array written costs as much as a short step."""

    x: PyTree
    memory: PyTree
    stop: Int[Array, " width"]
    """RUNNING, or status + 8 * the trip of this stride in which the lane stopped."""
    low: Float[Array, " width"]
    """Smallest scaled gradient of this stride: sum_i |g_i| / tolerance_i."""


def careful(method: Method, fn: Objective, limits: Budget, flight: Flight, *, trips: int, guarded: bool) -> Flight:
    """Several trips that test every step; the books (steps, status, best, stale) are kept once, at the end."""
    trip = partial(_trip, method, fn, limits, flight.steps, guarded)
    if guarded:
        trip = partial(_while_any_runs, trip)
    begin = Stride(flight.x, flight.memory, flight.status, jnp.full_like(flight.best, jnp.inf))
    end = jax.lax.fori_loop(0, trips, trip, begin)
    running = end.stop == RUNNING
    stale = jnp.where(end.low < flight.best, 0, flight.stale + trips)
    stalled = jnp.where(stale >= limits.patience, jnp.int32(Status.STALLED), RUNNING)
    return flight._replace(
        x=end.x,
        memory=end.memory,
        steps=flight.steps + jnp.where(running, trips, end.stop // _STATUSES),
        status=jnp.where(running, stalled, end.stop % _STATUSES),
        best=jnp.minimum(flight.best, end.low),
        stale=stale,
    )


def _while_any_runs(trip: Callable[[Any, Stride], Stride], k: Any, stride: Stride) -> Stride:
    return jax.lax.cond(jnp.any(stride.stop == RUNNING), partial(trip, k), lambda stride: stride, stride)


_STATUSES = 8
"""More than there are statuses."""


def hasty(method: Method, fn: Objective, limits: Budget, flight: Flight, *, trips: int, n: int) -> Flight:
    """Several trips without a mask or a verdict, taken back for a lane that would have stopped on the way.

    Such a lane waits in doubt for a careful stride from where it was. For steps as cheap as a gradient of few
    variables: there the tests of a careful trip cost twice the step itself.
    """

    def trip(_: Any, carry: tuple[Any, ...]) -> tuple[Any, ...]:
        x, memory, low = carry
        f, g = over_lanes(jax.value_and_grad(fn))(x)
        step = over_lanes(partial(method.step, fn))(x, g, memory)
        # Sums, since a maximum that keeps NaN costs four operations: if the sum is small, so is the maximum.
        size = _total(_scaled(g, limits.tolerance)) + 0 * f
        return step.x, step.memory, jnp.minimum(low, jnp.where(_total(_out(limits, step.x)) <= 1, size, 0))

    begin = flight.x, flight.memory, jnp.full_like(flight.best, jnp.inf)
    x, memory, low = jax.lax.fori_loop(0, trips, trip, begin)
    stale = jnp.where(low < flight.best, 0, flight.stale + trips)
    calm = (low > n) & (low < jnp.inf) & (stale < limits.patience)
    calm &= flight.steps + trips <= limits.max_steps
    running = flight.status == RUNNING
    go = running & calm
    return flight._replace(
        x=where(go, x, flight.x),
        memory=where(go, memory, flight.memory),
        steps=jnp.where(go, flight.steps + trips, flight.steps),
        status=jnp.where(running & ~calm, DOUBT, flight.status),
        best=jnp.where(go, jnp.minimum(flight.best, low), flight.best),
        stale=jnp.where(go, stale, flight.stale),
    )


DOUBT = -2
"""Status of a lane that will stop within the next hasty stride."""


def _trip(
    method: Method, fn: Objective, limits: Budget, steps: Int[Array, " width"], guarded: bool, k: Any, stride: Stride
) -> Stride:
    f, g = over_lanes(jax.value_and_grad(fn))(stride.x)
    parts = _scaled(g, limits.tolerance)
    # A function may lack a value where its derivative has one: log x for x < 0.
    scaled = jnp.where(jnp.isfinite(f), _largest(parts), jnp.nan)
    stop = _first(
        stride.stop,
        k,
        (~jnp.isfinite(scaled), Status.NONFINITE),
        (scaled <= 1, Status.CONVERGED),
        (steps + k >= limits.max_steps, Status.MAX_STEPS),
    )

    def move(stride: Stride) -> Stride:
        step = over_lanes(partial(method.step, fn))(stride.x, g, stride.memory)
        distance = _largest(_out(limits, step.x))
        stop = _first(
            stride.stop,
            k,
            (jnp.asarray(step.singular), Status.SINGULAR),
            (~jnp.isfinite(distance), Status.NONFINITE),
            (distance > 1, Status.DIVERGED),
        )
        go = stop == RUNNING
        # The memory of a stopped lane may drift, unless it keeps accounts: nothing else reads it again.
        memory = where(go, step.memory, stride.memory) if hasattr(method, "spent") else step.memory
        return stride._replace(x=where(go, step.x, stride.x), memory=memory, stop=stop)

    stride = stride._replace(stop=stop, low=jnp.minimum(stride.low, _total(parts) + 0 * f))
    if not guarded:
        return move(stride)
    return jax.lax.cond(jnp.any(stop == RUNNING), move, lambda stride: stride, stride)


def _scaled(g: PyTree, per_tolerance: PyTree) -> PyTree:
    return jax.tree.map(lambda g, per: jnp.abs(g) * per, g, per_tolerance)


def _out(limits: Budget, x: PyTree) -> PyTree:
    """How far out a point is per coordinate, in units of the reach."""
    return jax.tree.map(lambda x, centre, per: jnp.abs(x - centre) * per, x, limits.centre, limits.reach)


def over_lanes(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one lane as a function of all in flight."""
    return jax.vmap(fn, in_axes=0, out_axes=0)


def _first(stop: Int[Array, " width"], k: Any, *rules: tuple[Bool[Array, "..."], Status]) -> Int[Array, " width"]:
    """Stops a running lane by the first rule that applies. Nested selects: jnp.select costs a reduction."""
    result = jnp.full_like(stop, RUNNING)
    for applies, meaning in reversed(rules):
        result = jnp.where(applies, int(meaning) + _STATUSES * k, result)
    return jnp.where(stop == RUNNING, result, stop)


def _largest(tree: PyTree) -> Float[Array, " width"]:
    """Per lane the largest number of a point; NaN where one is NaN."""
    return reduce(jnp.maximum, [leaf if leaf.ndim == 1 else jnp.max(leaf, axis=1) for leaf in jax.tree.leaves(tree)])


def _total(tree: PyTree) -> Float[Array, " width"]:
    """Per lane the sum of the numbers of a point."""
    return reduce(jnp.add, [leaf if leaf.ndim == 1 else jnp.sum(leaf, axis=1) for leaf in jax.tree.leaves(tree)])


def where(mask: Bool[Array, " width"], new: PyTree, old: PyTree) -> PyTree:
    """The new point, memory or count of the lanes in the mask, the old of the others."""
    return jax.tree.map(lambda new, old: jnp.where(mask.reshape(-1, *(1,) * (new.ndim - 1)), new, old), new, old)
