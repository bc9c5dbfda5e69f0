"""The one loop: runs any one-point method over a batch of starts, at a cost that follows the sum of their steps.

Lanes lie on the last axis. At most `width` of them are in flight; when an eighth has stopped, the stopped ones land
(their results are written out) and their places are refilled from the queue of starts. The memory in use is bounded
by the width, and no lane waits for the slowest one of the batch. Several steps are made between two looks at whether
any lane still runs, since on a GPU each look costs a transfer to the host.

A trip evaluates the gradient at x, tests, and moves: a start on a root takes 0 steps. A lane that stops is frozen by
a mask, so that it equals the single run of the same start whatever its neighbours do.
"""

from functools import partial, reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from solvers.solver import Budget, Method, Objective, Solution, Status

RUNNING = int(Status.RUNNING)


class Flight(NamedTuple):
    """The lanes in flight; every leaf has the `width` lanes on its last axis."""

    lane: Int[Array, " width"]
    """Place in the queue; the queue's length marks an empty place."""
    x: PyTree
    memory: PyTree
    steps: Int[Array, " width"]
    status: Int[Array, " width"]
    best: Float[Array, " width"]
    """Smallest scaled gradient norm so far: max_i |g_i| / tolerance_i."""
    stale: Int[Array, " width"]
    """Tests since then."""


class Queue(NamedTuple):
    """The starts still to run, and the results so far."""

    starts: PyTree
    rates: Float[Array, " lanes"]
    next: Int[Array, ""]
    wanted: Int[Array, ""]
    """Only the first `wanted` starts are run: one compiled program serves every smaller batch."""
    landed: Solution


def solve(
    method: Method,
    fn: Objective,
    starts: Float[Array, "n lanes"],
    rates: Float[Array, " lanes"],
    budget: Budget,
    *,
    wanted: Int[Array, ""] | int | None = None,
    width: int,
    stride: int = 4,
    scalars: bool = False,
) -> Solution:
    """Runs `method` from every start (pure and traceable; the caller jits).

    Args:
        method: the iteration, for one point.
        fn: the objective, for one point, data bound.
        starts: the starts, in the dtype of the run.
        rates: the step size of each lane.
        budget: when a lane stops.
        wanted: how many of the starts to run; all by default. The lanes beyond it are returned as RUNNING.
        width: how many lanes fly at once.
        stride: trips between two looks at whether lanes still run.
        scalars: whether `fn` takes a tuple of n scalars instead of a vector.
    """
    n, lanes = starts.shape
    points = tuple(starts) if scalars else starts
    if scalars:
        budget = budget._replace(
            tolerance=tuple(budget.tolerance), centre=tuple(budget.centre), reach=tuple(budget.reach)
        )
    landed = Solution(points, jnp.full(lanes, RUNNING, jnp.int32), jnp.zeros(lanes, jnp.int32))
    queue = Queue(points, rates, jnp.int32(0), jnp.int32(lanes if wanted is None else wanted), landed)
    trips = partial(_trips, method, fn, budget, stride=stride, guarded=method.workspace(n) > _GUARD)

    def leg(carry: tuple[Queue, Flight]) -> tuple[Queue, Flight]:
        queue, flight = _refill(method, *carry)
        return queue, jax.lax.while_loop(partial(_enough_running, queue), trips, flight)

    def unfinished(carry: tuple[Queue, Flight]) -> Bool[Array, ""]:
        queue, flight = carry
        return (queue.next < queue.wanted) | jnp.any(flight.lane < lanes)

    queue, _ = jax.lax.while_loop(unfinished, leg, (queue, _empty(method, points, width)))
    return queue.landed._replace(x=jnp.stack(queue.landed.x)) if scalars else queue.landed


_GUARD = 1024
"""Workspace above which a step is worth skipping when the test has just stopped the last running lane."""


def _enough_running(queue: Queue, flight: Flight) -> Bool[Array, ""]:
    width = flight.lane.size
    wanted = jnp.where(queue.next < queue.wanted, width - -(-width // 8), 0)
    return jnp.sum(flight.status == RUNNING) > wanted


def _trips(method: Method, fn: Objective, budget: Budget, flight: Flight, *, stride: int, guarded: bool) -> Flight:
    trip = partial(_trip, method, fn, budget, guarded)
    return jax.lax.fori_loop(0, stride, lambda _, flight: trip(flight), flight)


def _trip(method: Method, fn: Objective, budget: Budget, guarded: bool, flight: Flight) -> Flight:
    f, g = _over_lanes(jax.value_and_grad(fn))(flight.x)
    # A function may lack a value where its derivative has one: log x for x < 0.
    scaled = _largest(jax.tree.map(lambda g, limit: jnp.abs(g) / _beside(limit, g), g, budget.tolerance))
    scaled = jnp.where(jnp.isfinite(f), scaled, jnp.nan)
    improved = scaled < flight.best
    stale = jnp.where(improved, 0, flight.stale + 1)
    status = _test(budget, flight, scaled, stale)

    def move(flight: Flight) -> Flight:
        step = _over_lanes(partial(method.step, fn))(flight.x, g, flight.memory)
        status = _judge(budget, flight.status, step.x, jnp.asarray(step.singular))
        go = status == RUNNING
        # The memory of a stopped lane may drift: nothing reads it again, so it needs no mask.
        return flight._replace(
            x=_where(go, step.x, flight.x), memory=step.memory, steps=flight.steps + go, status=status
        )

    flight = flight._replace(status=status, best=jnp.where(improved, scaled, flight.best), stale=stale)
    if not guarded:
        return move(flight)
    return jax.lax.cond(jnp.any(status == RUNNING), move, lambda flight: flight, flight)


def _over_lanes(fn):  # noqa: ANN001, ANN202  (as general as vmap)
    return jax.vmap(fn, in_axes=-1, out_axes=-1)


def _test(
    budget: Budget, flight: Flight, scaled: Float[Array, " width"], stale: Int[Array, " width"]
) -> Int[Array, " width"]:
    """The stopping rule at the current point."""
    return _first(
        flight.status,
        (~jnp.isfinite(scaled), Status.NONFINITE),
        (scaled <= 1, Status.CONVERGED),
        (flight.steps >= budget.max_steps, Status.MAX_STEPS),
        (stale >= budget.patience, Status.STALLED),
    )


def _judge(
    budget: Budget, status: Int[Array, " width"], x: PyTree, singular: Bool[Array, "..."]
) -> Int[Array, " width"]:
    """The verdict on a proposed point: a faulty step is not taken."""
    out = jax.tree.map(
        lambda x, centre, reach: jnp.abs(x - _beside(centre, x)) / _beside(reach, x), x, budget.centre, budget.reach
    )
    distance = _largest(out)
    return _first(
        status,
        (singular, Status.SINGULAR),
        (~jnp.isfinite(distance), Status.NONFINITE),
        (distance > 1, Status.DIVERGED),
    )


def _first(status: Int[Array, " width"], *rules: tuple[Bool[Array, "..."], Status]) -> Int[Array, " width"]:
    """The status of the first rule that applies to a running lane. Nested selects: jnp.select costs a reduction."""
    result = jnp.full_like(status, RUNNING)
    for applies, meaning in reversed(rules):
        result = jnp.where(applies, jnp.int32(meaning), result)
    return jnp.where(status == RUNNING, result, status)


def _largest(tree: PyTree) -> Float[Array, " width"]:
    """Per lane the largest number of a point; NaN where one is NaN."""
    return reduce(jnp.maximum, [leaf if leaf.ndim == 1 else jnp.max(leaf, axis=0) for leaf in jax.tree.leaves(tree)])


def _beside(figure: Float[Array, "..."], leaf: Float[Array, "... width"]) -> Float[Array, "..."]:
    """A figure per coordinate, shaped to meet a leaf that has lanes on its last axis."""
    return figure if figure.ndim == leaf.ndim else figure[..., None]


def _where(mask: Bool[Array, " width"], new: PyTree, old: PyTree) -> PyTree:
    return jax.tree.map(partial(jnp.where, mask), new, old)


def _empty(method: Method, points: PyTree, width: int) -> Flight:
    lanes = jax.tree.leaves(points)[0].shape[-1]
    x = jax.tree.map(lambda leaf: jnp.zeros((*leaf.shape[:-1], width), leaf.dtype), points)
    numbers = jnp.zeros(width, jax.tree.leaves(points)[0].dtype)
    return Flight(
        lane=jnp.full(width, lanes, jnp.int32),
        x=x,
        memory=_over_lanes(method.init)(x, numbers),
        steps=jnp.zeros(width, jnp.int32),
        status=jnp.full(width, Status.CONVERGED, jnp.int32),
        best=numbers,
        stale=jnp.zeros(width, jnp.int32),
    )


def _refill(method: Method, queue: Queue, flight: Flight) -> tuple[Queue, Flight]:
    stopped = flight.status != RUNNING
    place = jnp.where(stopped, flight.lane, queue.rates.size)
    ended = Solution(flight.x, flight.status, flight.steps)
    landed = jax.tree.map(lambda log, new: log.at[..., place].set(new, mode="drop"), queue.landed, ended)
    flight = _board(method, queue, flight)
    taken = jnp.minimum(queue.next + jnp.sum(stopped), queue.wanted).astype(jnp.int32)
    return queue._replace(landed=landed, next=taken), flight


def _board(method: Method, queue: Queue, flight: Flight) -> Flight:
    """Seats the next starts of the queue in the places of the stopped lanes."""
    free = flight.status != RUNNING
    seat = queue.next + jnp.cumsum(free.astype(jnp.int32)) - 1
    boards = free & (seat < queue.wanted)
    nowhere = queue.rates.size
    lane = jnp.where(free, jnp.where(boards, seat, nowhere), flight.lane)
    starts, rates = jax.tree.map(lambda leaf: leaf.at[..., lane].get(mode="clip"), (queue.starts, queue.rates))
    x = _where(boards, starts, flight.x)
    return Flight(
        lane=lane,
        x=x,
        memory=_where(boards, _over_lanes(method.init)(x, rates), flight.memory),
        steps=jnp.where(boards, 0, flight.steps),
        status=jnp.where(boards, RUNNING, flight.status),
        best=jnp.where(boards, jnp.inf, flight.best),
        stale=jnp.where(boards, 0, flight.stale),
    )
