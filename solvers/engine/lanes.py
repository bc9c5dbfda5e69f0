"""The one loop: runs any one-point method over a batch of starts, at a cost that follows the sum of their steps.

At most `width` lanes are active, one a slot; when a part has stopped, the results of these are written out and their
slots are refilled from the queue of starts. The memory in use is bounded by the width, and no lane waits for the
slowest one of the batch. A chunk of several steps is made between two looks at whether any lane still runs, since on
a GPU each look costs a transfer to the host.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solvers.engine.chunks import RUNNING, Context, LaneState
from solvers.engine.forms import BATCH_FIRST, Form
from solvers.engine.rounds import run_until
from solvers.engine.schedule import Schedule
from solvers.method import Budget, Method, Objective, Solution, Status
from solvers.transforms.target import target


class Queue(NamedTuple):
    """The lanes of the batch; lanes on the first axis, so that one lane lies in one piece."""

    rates: Float[Array, " lanes"]
    next: Int[Array, ""]
    wanted: Int[Array, ""]
    """Only the first `wanted` starts are run: one compiled program serves every smaller batch."""
    results: Solution
    """The results so far; the points of lanes that have not run yet are their starts."""


def solve(
    method: Method,
    fn: Objective,
    starts: Float[Array, "n lanes"],
    rates: Float[Array, " lanes"],
    budget: Budget,
    schedule: Schedule,
    *,
    wanted: Int[Array, ""] | int | None = None,
) -> Solution:
    """Runs `method` from every start (pure and traceable; the caller jits).

    Args:
        method: the iteration, for one point.
        fn: the objective, for one point, data bound.
        starts: the starts, in the dtype of the run.
        rates: the step size of each lane.
        budget: when a lane stops.
        schedule: form, width and pace; if the form is SCALARS, `fn` takes a tuple of n scalars instead of a vector.
        wanted: how many of the starts to run; all by default. The lanes beyond it are returned as RUNNING.
    """
    form, width, pace = schedule.form, schedule.width, schedule.pace
    method, fallback = made_by(method, starts.shape[0], form)
    context = Context(method, fallback, fn, _limits(budget, form), form.each, pace)
    lanes = starts.shape[1]
    wanted = jnp.asarray(lanes if wanted is None else wanted, jnp.int32)
    if lanes <= width:
        return _run_unqueued(context, form, starts, rates, wanted, width)
    state = _empty(context, form, starts, width)
    queue = _queue(context, form, state, starts, rates, wanted)

    def refill_round(carry: tuple[Queue, LaneState]) -> tuple[Queue, LaneState]:
        queue, state = _refill(context, form, *carry)
        fewest = jnp.where(queue.next < queue.wanted, width - pace.refill_at(width), 0)
        return queue, run_until(context, form, fewest, state)

    def unfinished(carry: tuple[Queue, LaneState]) -> Bool[Array, ""]:
        queue, state = carry
        return (queue.next < queue.wanted) | jnp.any(state.lane < lanes)

    results = jax.lax.while_loop(unfinished, refill_round, (queue, state))[0].results
    return results._replace(x=results.x.T)


def made_by(method: Method, n: int, form: Form) -> tuple[Method, Method | None]:
    """What makes the steps in a form, and what makes those in doubt: rows call libraries, which leave no doubt."""
    fallback = method.fallback(n)
    return (fallback, None) if form == BATCH_FIRST and fallback is not None else (method, fallback)


def _limits(budget: Budget, form: Form) -> Budget:
    figures = {"tolerance": 1 / budget.tolerance, "centre": budget.centre, "reach": 1 / budget.reach}
    return budget._replace(**{name: form.figures(jnp.asarray(figure)) for name, figure in figures.items()})


def _run_unqueued(
    context: Context, form: Form, starts: Float[Array, "n lanes"], rates: Array, wanted: Array, width: int
) -> Solution:
    """Runs a batch that needs no queue: every lane has a slot from the first to the last step."""
    lanes = starts.shape[1]
    starts, rates = (jnp.pad(leaf, ((0, 0),) * (leaf.ndim - 1) + ((0, width - lanes),)) for leaf in (starts, rates))
    empty, loads = _empty(context, form, starts, width), jnp.arange(width) < wanted
    state = context.each(partial(_load, context.method))(loads, form.points(starts.T), rates, empty)
    state = run_until(context, form, 0, state)
    status = jnp.where(loads, state.status, RUNNING)
    ended = _ended(context.method, form, state)._replace(status=status)
    ended = jax.tree.map(lambda leaf: leaf[:lanes], ended)
    return ended._replace(x=ended.x.T)


def _ended(method: Method, form: Form, state: LaneState) -> Solution:
    """What is known of every slot's lane, lanes first."""
    counted = method.spent(state.memory)._asdict() if method.counts else {}
    spent = {name: count for name, count in counted.items() if not isinstance(count, int)}  # 0 is the default
    told = form.lanes_first((spent, method.record(state.memory)))
    return Solution(form.rows(state.x), state.status, state.steps, *told)


def _queue(
    context: Context, form: Form, state: LaneState, starts: Float[Array, "n lanes"], rates: Array, wanted: Array
) -> Queue:
    lanes = rates.size
    empty = _ended(context.method, form, state)
    results = jax.tree.map(lambda leaf: jnp.zeros((lanes, *leaf.shape[1:]), leaf.dtype), empty)
    results = results._replace(x=starts.T, status=results.status + RUNNING)
    return Queue(rates, jnp.int32(0), wanted, results)


def _empty(context: Context, form: Form, starts: Float[Array, "n lanes"], width: int) -> LaneState:
    x = form.points(jnp.zeros((width, starts.shape[0]), starts.dtype))
    numbers, counts = jnp.zeros(width, starts.dtype), jnp.zeros(width, jnp.int32)
    memory = context.each(context.method.init)(x, numbers)
    nowhere = jnp.full(width, starts.shape[1], jnp.int32)
    lowest = numbers if context.method.lowers else ()
    return LaneState(nowhere, x, memory, counts, counts + int(Status.CONVERGED), numbers, counts, lowest)


def _refill(context: Context, form: Form, queue: Queue, state: LaneState) -> tuple[Queue, LaneState]:
    """Writes down the lanes that have stopped, and loads the next starts of the queue into their slots."""
    lanes, free = queue.rates.size, state.status != RUNNING
    ended = _ended(context.method, form, state)
    at = jnp.where(free, state.lane, lanes)
    results = jax.tree.map(lambda leaf, new: leaf.at[at].set(new, mode="drop"), queue.results, ended)
    next_lane = queue.next + _counted(free) - 1
    loads = free & (next_lane < queue.wanted)
    lane = jnp.where(free, jnp.where(loads, next_lane, lanes), state.lane)
    starts, rates = (jnp.take(leaf, lane, axis=0, mode="clip") for leaf in (results.x, queue.rates))
    state = context.each(partial(_load, context.method))(loads, form.points(starts), rates, state._replace(lane=lane))
    taken = jnp.minimum(queue.next + jnp.sum(free, dtype=jnp.int32), queue.wanted)
    return queue._replace(results=results, next=taken), state


def _counted(free: Bool[Array, " width"]) -> Int[Array, " width"]:
    """How many are free up to each slot and with it."""
    if target() != "cpu":
        return jnp.cumsum(free, dtype=jnp.int32)
    # By products with triangles: a running sum takes many kernels.
    rows = jnp.pad(free, (0, -free.size % _ROW)).reshape(-1, _ROW).astype(jnp.float32)
    within = rows @ jnp.triu(jnp.ones((_ROW, _ROW), jnp.float32))
    before = jnp.tril(jnp.ones((len(rows), len(rows)), jnp.float32), -1) @ within[:, -1]
    return (within + before[:, None]).astype(jnp.int32).reshape(-1)[: free.size]


_ROW = 16
"""Slots counted in one row of a product."""


def _load(method: Method, loads: Bool[Array, ""], start: Any, rate: Array, state: LaneState) -> LaneState:
    """Puts the next start into one slot, if it `loads` one."""
    fresh = state._replace(
        x=start,
        memory=method.init(start, rate),
        steps=jnp.zeros_like(state.steps),
        status=jnp.full_like(state.status, RUNNING),
        best=jnp.full_like(state.best, jnp.inf),
        steps_since_best=jnp.zeros_like(state.steps_since_best),
        lowest=jax.tree.map(lambda f: jnp.full_like(f, jnp.inf), state.lowest),
    )
    return jax.tree.map(lambda new, old: jnp.where(loads, new, old), fresh, state)
