"""The one loop: runs any one-point method over a batch of starts, at a cost that follows the sum of their steps.

Lanes lie on the last axis. At most `width` of them are in flight; when an eighth has stopped, the stopped ones land
(their results are written out) and their places are refilled from the queue of starts. The memory in use is bounded
by the width, and no lane waits for the slowest one of the batch. Several steps are made between two looks at whether
any lane still runs, since on a GPU each look costs a transfer to the host.

A trip evaluates the gradient at x, tests, and moves: a start on a root takes 0 steps. A lane that stops is frozen by
a mask, so that it equals the single run of the same start whatever its neighbours do.
"""

from collections.abc import Callable
from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from solvers.solver import Budget, Evaluations, Method, Objective, Solution, Status

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
    """Smallest scaled gradient so far: sum_i |g_i| / tolerance_i."""
    stale: Int[Array, " width"]
    """Steps since then, in whole strides."""


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
    scalars: bool = False,
    guarded: bool = False,
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
        scalars: whether `fn` takes a tuple of n scalars instead of a vector.
        guarded: whether a trip is worth a look at whether any lane still runs.
    """
    n, lanes = starts.shape
    points = tuple(starts) if scalars else starts.T
    if scalars:
        budget = budget._replace(
            tolerance=tuple(budget.tolerance), centre=tuple(budget.centre), reach=tuple(budget.reach)
        )
    spent = jax.tree.map(lambda count: jnp.zeros(lanes, jnp.int32), _spent(method, _empty(method, points, 1)))
    landed = Solution(points, jnp.full(lanes, RUNNING, jnp.int32), jnp.zeros(lanes, jnp.int32), spent)
    queue = Queue(points, rates, jnp.int32(0), jnp.int32(lanes if wanted is None else wanted), landed)
    limits = budget._replace(**{name: _reciprocal(getattr(budget, name)) for name in ("tolerance", "reach")})
    cheap = scalars and method.per_step == Evaluations()
    stride = _LONG if cheap else _SHORT
    careful = partial(_careful, method, fn, limits, trips=stride, guarded=guarded)
    hasty = partial(_hasty, method, fn, limits, trips=stride, n=n)

    def leg(carry: tuple[Queue, Flight]) -> tuple[Queue, Flight]:
        queue, flight = _refill(method, *carry)
        enough = partial(_enough_running, queue)
        if cheap:
            flight = jax.lax.while_loop(enough, hasty, flight)
            flight = flight._replace(status=jnp.where(flight.status == _DOUBT, RUNNING, flight.status))
            return queue, careful(flight)
        return queue, jax.lax.while_loop(enough, careful, flight)

    def unfinished(carry: tuple[Queue, Flight]) -> Bool[Array, ""]:
        queue, flight = carry
        return (queue.next < queue.wanted) | jnp.any(flight.lane < lanes)

    queue, _ = jax.lax.while_loop(unfinished, leg, (queue, _empty(method, points, width)))
    return queue.landed._replace(x=jnp.stack(queue.landed.x) if scalars else queue.landed.x.T)


_SHORT, _LONG = 4, 16
"""Trips between two looks at whether lanes still run."""


def _enough_running(queue: Queue, flight: Flight) -> Bool[Array, ""]:
    width = flight.lane.size
    wanted = jnp.where(queue.next < queue.wanted, width - -(-width // 8), 0)
    return jnp.sum(flight.status == RUNNING) > wanted


class Stride(NamedTuple):
    """What changes from trip to trip, and no more: on a CPU every array written costs as much as a short step."""

    x: PyTree
    memory: PyTree
    stop: Int[Array, " width"]
    """RUNNING, or status + 8 * the trip of this stride in which the lane stopped."""
    low: Float[Array, " width"]
    """Smallest scaled gradient of this stride: sum_i |g_i| / tolerance_i."""


def _careful(method: Method, fn: Objective, limits: Budget, flight: Flight, *, trips: int, guarded: bool) -> Flight:
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


def _hasty(method: Method, fn: Objective, limits: Budget, flight: Flight, *, trips: int, n: int) -> Flight:
    """Several trips without a mask or a verdict, taken back for a lane that would have stopped on the way.

    Such a lane waits in doubt for a careful stride from where it was. For steps as cheap as a gradient of few
    variables: there the tests of a careful trip cost twice the step itself.
    """

    def trip(_: Any, carry: tuple[Any, ...]) -> tuple[Any, ...]:
        x, memory, low = carry
        f, g = _over_lanes(jax.value_and_grad(fn))(x)
        step = _over_lanes(partial(method.step, fn))(x, g, memory)
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
        x=_where(go, x, flight.x),
        memory=_where(go, memory, flight.memory),
        steps=jnp.where(go, flight.steps + trips, flight.steps),
        status=jnp.where(running & ~calm, _DOUBT, flight.status),
        best=jnp.where(go, jnp.minimum(flight.best, low), flight.best),
        stale=jnp.where(go, stale, flight.stale),
    )


_DOUBT = -2
"""Status of a lane that will stop within the next hasty stride."""


def _trip(
    method: Method, fn: Objective, limits: Budget, steps: Int[Array, " width"], guarded: bool, k: Any, stride: Stride
) -> Stride:
    f, g = _over_lanes(jax.value_and_grad(fn))(stride.x)
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
        step = _over_lanes(partial(method.step, fn))(stride.x, g, stride.memory)
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
        memory = _where(go, step.memory, stride.memory) if hasattr(method, "spent") else step.memory
        return stride._replace(x=_where(go, step.x, stride.x), memory=memory, stop=stop)

    stride = stride._replace(stop=stop, low=jnp.minimum(stride.low, _total(parts) + 0 * f))
    if not guarded:
        return move(stride)
    return jax.lax.cond(jnp.any(stop == RUNNING), move, lambda stride: stride, stride)


def _spent(method: Method, flight: Flight) -> Any:
    """Per lane what the searches inside its steps have evaluated: columns that are arrays, or nothing."""
    if not hasattr(method, "spent"):
        return ()
    return {name: count for name, count in method.spent(flight.memory)._asdict().items() if not isinstance(count, int)}


def _scaled(g: PyTree, per_tolerance: PyTree) -> PyTree:
    return jax.tree.map(lambda g, per: jnp.abs(g) * per, g, per_tolerance)


def _out(limits: Budget, x: PyTree) -> PyTree:
    """How far out a point is per coordinate, in units of the reach."""
    return jax.tree.map(lambda x, centre, per: jnp.abs(x - centre) * per, x, limits.centre, limits.reach)


def _over_lanes(fn):  # noqa: ANN001, ANN202  (as general as vmap)
    return jax.vmap(fn, in_axes=0, out_axes=0)


def _first(stop: Int[Array, " width"], k: Any, *rules: tuple[Bool[Array, "..."], Status]) -> Int[Array, " width"]:
    """Stops a running lane by the first rule that applies. Nested selects: jnp.select costs a reduction."""
    result = jnp.full_like(stop, RUNNING)
    for applies, meaning in reversed(rules):
        result = jnp.where(applies, int(meaning) + _STATUSES * k, result)
    return jnp.where(stop == RUNNING, result, stop)


def _reciprocal(figures: PyTree) -> PyTree:
    """A division costs as much as the rest of a short step, so it is done once and multiplied with from then on."""
    return jax.tree.map(lambda figure: 1 / jnp.asarray(figure), figures)


def _largest(tree: PyTree) -> Float[Array, " width"]:
    """Per lane the largest number of a point; NaN where one is NaN."""
    return reduce(jnp.maximum, [leaf if leaf.ndim == 1 else jnp.max(leaf, axis=1) for leaf in jax.tree.leaves(tree)])


def _total(tree: PyTree) -> Float[Array, " width"]:
    """Per lane the sum of the numbers of a point."""
    return reduce(jnp.add, [leaf if leaf.ndim == 1 else jnp.sum(leaf, axis=1) for leaf in jax.tree.leaves(tree)])


def _where(mask: Bool[Array, " width"], new: PyTree, old: PyTree) -> PyTree:
    return jax.tree.map(lambda new, old: jnp.where(mask.reshape(-1, *(1,) * (new.ndim - 1)), new, old), new, old)


def _empty(method: Method, points: PyTree, width: int) -> Flight:
    lanes = jax.tree.leaves(points)[0].shape[0]
    x = jax.tree.map(lambda leaf: jnp.zeros((width, *leaf.shape[1:]), leaf.dtype), points)
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
    ended = Solution(flight.x, flight.status, flight.steps, _spent(method, flight))
    landed = jax.tree.map(lambda log, new: log.at[place].set(new, mode="drop"), queue.landed, ended)
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
    starts, rates = jax.tree.map(lambda leaf: leaf.at[lane].get(mode="clip"), (queue.starts, queue.rates))
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
