"""The one loop: runs any one-point method over a batch of starts, at a cost that follows the sum of their steps.

The points of the lanes are a tuple of n arrays [width] if n is small, else one array [width, n]. At most `width` lanes
are in flight; when an eighth has stopped, the stopped ones land (their results are written out) and their places are
refilled from the queue of starts. The memory in use is bounded by the width, and no lane waits for the slowest one of
the batch. Several steps are made between two looks at whether any lane still runs, since on a GPU each look costs a
transfer to the host.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from solvers.solver import Budget, Evaluations, Method, Objective, Solution, Status
from solvers.strides import DOUBT, RUNNING, Flight, careful, hasty, over_lanes, where


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
    spent = jax.tree.map(
        lambda told: jnp.zeros((lanes, *told.shape[1:]), told.dtype), _spent(method, _empty(method, points, 1))
    )
    landed = Solution(points, jnp.full(lanes, RUNNING, jnp.int32), jnp.zeros(lanes, jnp.int32), spent)
    queue = Queue(points, rates, jnp.int32(0), jnp.int32(lanes if wanted is None else wanted), landed)
    limits = budget._replace(**{name: _reciprocal(getattr(budget, name)) for name in ("tolerance", "reach")})
    cheap = scalars and method.per_step == Evaluations()
    stride = _LONG if cheap else _SHORT
    watch = partial(careful, method, fn, limits, trips=stride, guarded=guarded)
    rush = partial(hasty, method, fn, limits, trips=stride, n=n)

    def leg(carry: tuple[Queue, Flight]) -> tuple[Queue, Flight]:
        queue, flight = _refill(method, *carry)
        enough = partial(_enough_running, queue)
        if cheap and not hasattr(method, "spent"):
            flight = jax.lax.while_loop(enough, rush, flight)
            flight = flight._replace(status=jnp.where(flight.status == DOUBT, RUNNING, flight.status))
            return queue, watch(flight)
        return queue, jax.lax.while_loop(enough, watch, flight)

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


def _spent(method: Method, flight: Flight) -> Any:
    """Per lane what the method tells of its steps, evaluations or a record: columns that are arrays, or nothing."""
    if not hasattr(method, "spent"):
        return ()
    return {name: told for name, told in method.spent(flight.memory)._asdict().items() if not isinstance(told, int)}


def _reciprocal(figures: PyTree) -> PyTree:
    """A division costs as much as the rest of a short step, so it is done once and multiplied with from then on."""
    return jax.tree.map(lambda figure: 1 / jnp.asarray(figure), figures)


def _empty(method: Method, points: PyTree, width: int) -> Flight:
    lanes = jax.tree.leaves(points)[0].shape[0]
    x = jax.tree.map(lambda leaf: jnp.zeros((width, *leaf.shape[1:]), leaf.dtype), points)
    numbers = jnp.zeros(width, jax.tree.leaves(points)[0].dtype)
    return Flight(
        lane=jnp.full(width, lanes, jnp.int32),
        x=x,
        memory=over_lanes(method.init)(x, numbers),
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
    x = where(boards, starts, flight.x)
    return Flight(
        lane=lane,
        x=x,
        memory=where(boards, over_lanes(method.init)(x, rates), flight.memory),
        steps=jnp.where(boards, 0, flight.steps),
        status=jnp.where(boards, RUNNING, flight.status),
        best=jnp.where(boards, jnp.inf, flight.best),
        stale=jnp.where(boards, 0, flight.stale),
    )
