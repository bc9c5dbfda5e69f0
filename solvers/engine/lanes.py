"""The one loop: runs any one-point method over a batch of starts, at a cost that follows the sum of their steps.

At most `width` lanes are in flight; when a part has stopped, the stopped ones land (their results are written out) and
their places are refilled from the queue of starts. The memory in use is bounded by the width, and no lane waits for
the slowest one of the batch. Several steps are made between two looks at whether any lane still runs, since on a GPU
each look costs a transfer to the host.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solvers.engine.flights import fly
from solvers.engine.forms import COLUMNS, ROWS, SCALARS, Form
from solvers.engine.sizing import tuning
from solvers.engine.strides import RUNNING, Course, Flight
from solvers.solver import Budget, Evaluations, Method, Objective, Solution, Status
from solvers.transforms.scalars import has_long_operations
from solvers.transforms.target import target


class Queue(NamedTuple):
    """The lanes of the batch; lanes on the first axis, so that one lane lies in one piece."""

    rates: Float[Array, " lanes"]
    next: Int[Array, ""]
    wanted: Int[Array, ""]
    """Only the first `wanted` starts are run: one compiled program serves every smaller batch."""
    landed: Solution
    """The results so far; the points of lanes that have not flown yet are their starts."""


def solve(
    method: Method,
    fn: Objective,
    starts: Float[Array, "n lanes"],
    rates: Float[Array, " lanes"],
    budget: Budget,
    *,
    wanted: Int[Array, ""] | int | None = None,
    width: int,
    form: Form = ROWS,
    dear: bool = False,
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
        form: of the points in flight; if it is SCALARS, `fn` takes a tuple of n scalars instead of a vector.
        dear: whether a step costs more than to land a lane and seat another.
    """
    again = method.again(starts.shape[0])
    if form == ROWS and again is not None:  # libraries leave no doubt
        method, again = again, None
    short = form != ROWS and method.per_step == Evaluations()
    trips = _LONG if short else 1 if dear else _TRIPS[form]
    rush = short and not method.accounts  # accounts are kept at every step
    in_one = 1 if form != SCALARS or has_long_operations(fn, tuple(starts[:, 0])) else _IN_ONE
    looks = tuning().looks and form != SCALARS and not short
    whole = form == COLUMNS and not (short and _remembers_no_vector(method, starts))
    course = Course(method, again, fn, _limits(budget, form), form.each, trips, rush, in_one, looks, whole)
    lanes = starts.shape[1]
    wanted = jnp.asarray(lanes if wanted is None else wanted, jnp.int32)
    if lanes <= width:
        return _at_once(course, form, starts, rates, wanted, width)
    slack = 1 if dear else -(-width // (_SHORT_SLACK if form == SCALARS else _SLACK))
    flight = _empty(course, form, starts, width)
    queue = _queue(course, form, flight, starts, rates, wanted)

    def leg(carry: tuple[Queue, Flight]) -> tuple[Queue, Flight]:
        queue, flight = _refill(course, form, *carry)
        fewest = jnp.where(queue.next < queue.wanted, width - slack, 0)
        return queue, fly(course, form, fewest, flight)

    def unfinished(carry: tuple[Queue, Flight]) -> Bool[Array, ""]:
        queue, flight = carry
        return (queue.next < queue.wanted) | jnp.any(flight.lane < lanes)

    landed = jax.lax.while_loop(unfinished, leg, (queue, flight))[0].landed
    return landed._replace(x=landed.x.T)


def _remembers_no_vector(method: Method, starts: Float[Array, "n lanes"]) -> bool:
    memory = jax.eval_shape(method.init, starts[:, 0], starts[0, 0])
    return not any(leaf.ndim for leaf in jax.tree.leaves(memory))


_TRIPS, _LONG = {SCALARS: 8, COLUMNS: 4, ROWS: 4}, 16
"""Trips between two looks at whether lanes still run; of the shortest steps the most."""
_IN_ONE = 2
"""Trips of one pass over scalars that are multiplied and added: the numbers stay in registers from one to the other.
With more trips, or longer operations, there are too few registers."""
_SLACK, _SHORT_SLACK = 8, 2
"""One part in so many of the lanes in flight may wait before it lands: landing is dear beside short steps."""


def _limits(budget: Budget, form: Form) -> Budget:
    figures = {"tolerance": 1 / budget.tolerance, "centre": budget.centre, "reach": 1 / budget.reach}
    return budget._replace(**{name: form.figures(jnp.asarray(figure)) for name, figure in figures.items()})


def _at_once(
    course: Course, form: Form, starts: Float[Array, "n lanes"], rates: Array, wanted: Array, width: int
) -> Solution:
    """All lanes in one flight."""
    lanes = starts.shape[1]
    starts, rates = (jnp.pad(leaf, ((0, 0),) * (leaf.ndim - 1) + ((0, width - lanes),)) for leaf in (starts, rates))
    empty, boards = _empty(course, form, starts, width), jnp.arange(width) < wanted
    flight = course.each(partial(_board, course.method))(boards, form.points(starts.T), rates, empty)
    flight = fly(course, form, 0, flight)
    status = jnp.where(boards, flight.status, RUNNING)
    spent = form.lanes_first(_spent(course.method, flight))
    ended = Solution(form.rows(flight.x), status, flight.steps, spent)
    ended = jax.tree.map(lambda leaf: leaf[:lanes], ended)
    return ended._replace(x=ended.x.T)


def _spent(method: Method, flight: Flight) -> Any:
    """Per lane what the method tells of its steps, evaluations or a record: columns that are arrays, or nothing."""
    if not method.accounts:
        return ()
    return {name: told for name, told in method.spent(flight.memory)._asdict().items() if not isinstance(told, int)}


def _queue(
    course: Course, form: Form, flight: Flight, starts: Float[Array, "n lanes"], rates: Array, wanted: Array
) -> Queue:
    lanes = rates.size
    spent = form.lanes_first(_spent(course.method, flight))
    spent = jax.tree.map(lambda told: jnp.zeros((lanes, *told.shape[1:]), told.dtype), spent)
    zeros = jnp.zeros(lanes, jnp.int32)
    return Queue(rates, jnp.int32(0), wanted, Solution(starts.T, zeros + RUNNING, zeros, spent))


def _empty(course: Course, form: Form, starts: Float[Array, "n lanes"], width: int) -> Flight:
    x = form.points(jnp.zeros((width, starts.shape[0]), starts.dtype))
    numbers, counts = jnp.zeros(width, starts.dtype), jnp.zeros(width, jnp.int32)
    memory = course.each(course.method.init)(x, numbers)
    nowhere = jnp.full(width, starts.shape[1], jnp.int32)
    lowest = numbers if course.method.lowers else ()
    return Flight(nowhere, x, memory, counts, counts + int(Status.CONVERGED), numbers, counts, lowest)


def _refill(course: Course, form: Form, queue: Queue, flight: Flight) -> tuple[Queue, Flight]:
    """Writes down the lanes that have stopped, and seats the next starts of the queue in their places."""
    lanes, free = queue.rates.size, flight.status != RUNNING
    spent = form.lanes_first(_spent(course.method, flight))
    ended = Solution(form.rows(flight.x), flight.status, flight.steps, spent)
    at = jnp.where(free, flight.lane, lanes)
    landed = jax.tree.map(lambda leaf, new: leaf.at[at].set(new, mode="drop"), queue.landed, ended)
    seat = queue.next + _counted(free) - 1
    boards = free & (seat < queue.wanted)
    lane = jnp.where(free, jnp.where(boards, seat, lanes), flight.lane)
    starts, rates = (jnp.take(leaf, lane, axis=0, mode="clip") for leaf in (landed.x, queue.rates))
    flight = course.each(partial(_board, course.method))(boards, form.points(starts), rates, flight._replace(lane=lane))
    taken = jnp.minimum(queue.next + jnp.sum(free, dtype=jnp.int32), queue.wanted)
    return queue._replace(landed=landed, next=taken), flight


def _counted(free: Bool[Array, " width"]) -> Int[Array, " width"]:
    """How many are free up to each place and with it."""
    if target() != "cpu":
        return jnp.cumsum(free, dtype=jnp.int32)
    # By products with triangles: a running sum takes many kernels.
    rows = jnp.pad(free, (0, -free.size % _ROW)).reshape(-1, _ROW).astype(jnp.float32)
    within = rows @ jnp.triu(jnp.ones((_ROW, _ROW), jnp.float32))
    before = jnp.tril(jnp.ones((len(rows), len(rows)), jnp.float32), -1) @ within[:, -1]
    return (within + before[:, None]).astype(jnp.int32).reshape(-1)[: free.size]


_ROW = 16
"""Places counted in one row of a product."""


def _board(method: Method, boards: Bool[Array, ""], start: Any, rate: Array, flight: Flight) -> Flight:
    """Seats the start of one lane in its place, if it boards."""
    fresh = flight._replace(
        x=start,
        memory=method.init(start, rate),
        steps=jnp.zeros_like(flight.steps),
        status=jnp.full_like(flight.status, RUNNING),
        best=jnp.full_like(flight.best, jnp.inf),
        stale=jnp.zeros_like(flight.stale),
        lowest=jax.tree.map(lambda f: jnp.full_like(f, jnp.inf), flight.lowest),
    )
    return jax.tree.map(lambda new, old: jnp.where(boards, new, old), fresh, flight)
