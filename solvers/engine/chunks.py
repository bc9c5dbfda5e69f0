"""A chunk: several steps of the active lanes, between two looks at whether any of them still runs.

A step evaluates the gradient at x, tests, and moves: a start on a root takes 0 steps. A lane that stops is frozen, so
that it equals the single run of the same start whatever its neighbours do. A checked chunk tests at every step; a
speculative one only notes that something would have happened, and is rolled back for the lanes where it did, which
then make a checked one. So speculation changes no lane's steps. What follows `Context.each` is written for one lane.
"""

from collections.abc import Callable
from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from solvers.engine.pace import Pace
from solvers.method import Budget, Method, Objective, Point, Status
from solvers.transforms.domain import gradient_tells
from solvers.transforms.kernel import apart, chosen
from solvers.transforms.one_kernel import in_one_kernel

RUNNING = int(Status.RUNNING)
PAUSED, RECHECK = 8, 9
"""Statuses of lanes that neither run nor have stopped: PAUSED has no part in a chunk; RECHECK seems to stop within the
next speculative chunk, or must make its next step by the fallback."""
_STATUSES = 16
"""More than there are statuses."""


class LaneState(NamedTuple):
    """The active lanes, one a slot; every leaf has the `width` slots where the form of the points has its lanes."""

    lane: Int[Array, " width"]
    """Which start of the queue is in the slot; the queue's length marks an empty slot."""
    x: PyTree
    memory: PyTree
    steps: Int[Array, " width"]
    status: Int[Array, " width"]
    best: Float[Array, " width"]
    """Smallest scaled gradient so far: the sum of |g_i| / tolerance_i."""
    steps_since_best: Int[Array, " width"]
    """Steps since anything progressed, in whole chunks."""
    lowest: Any = ()
    """Smallest f at the end of a chunk so far; nothing for methods that do not lower f."""


class Context(NamedTuple):
    """What is the same for all lanes and all chunks."""

    method: Method
    fallback: Method | None
    """Makes the steps that are in doubt; None if none can be."""
    fn: Objective
    limits: Budget
    """Tolerance and reach are reciprocals: a division costs as much as the rest of a short step."""
    each: Callable[[Callable[..., Any]], Callable[..., Any]]
    """Makes a function of one lane a function of all active lanes."""
    pace: Pace


class Chunk(NamedTuple):
    """What changes from step to step within a chunk, and no more: every array written costs as much as a short step."""

    x: PyTree
    memory: PyTree
    stop: Int[Array, " width"]
    """RUNNING, or status + 16 * the step of this chunk at which the lane stopped."""
    chunk_best: Float[Array, " width"]
    """Smallest scaled gradient of this chunk."""


def checked(context: Context, state: LaneState) -> LaneState:
    """Makes a chunk that tests every step; steps, status and progress are written down once, at its end.

    Args:
        context: what is the same for all lanes.
        state: of `width` lanes. Those that are not RUNNING are returned as they are.
    """

    def chunk(state: LaneState) -> LaneState:
        inner_step = partial(_inner_step, context, state.steps)
        begin = Chunk(state.x, state.memory, state.status, jnp.full_like(state.best, jnp.inf))
        return context.each(partial(_checked_books, context))(state, _inner_steps(context, inner_step, begin))

    return _as_single_kernel(context, chunk)(state)


def _as_single_kernel(context: Context, chunk: Callable[[LaneState], LaneState]) -> Callable[[LaneState], LaneState]:
    return in_one_kernel(chunk) if context.pace.single_kernel else chunk


def _inner_steps(context: Context, inner_step: Callable[[Any, Chunk], Chunk], begin: Chunk) -> Chunk:
    """Makes the steps of a checked chunk of all lanes, number 0 to inner_steps - 1."""
    if not context.pace.early_exit:
        # After a speculative chunk few lanes need a checked one: then shorter code is worth more.
        unroll = _TWO_BUFFERS if context.pace.unroll > 1 and not context.pace.speculative else 1
        return jax.lax.fori_loop(0, context.pace.inner_steps, inner_step, begin, unroll=unroll)

    def more(carry: tuple[Any, Chunk]) -> Any:
        return (carry[0] < context.pace.inner_steps) & jnp.any(carry[1].stop == RUNNING)

    return jax.lax.while_loop(more, lambda carry: (carry[0] + 1, inner_step(*carry)), (0, begin))[1]


_TWO_BUFFERS = 2
"""Passes of a loop body: two hand their arrays to and fro; one would copy them back, which costs as much as a step."""


def _inner_step(context: Context, steps: Array, k: Any, chunk: Chunk) -> Chunk:
    """Makes step k of a checked chunk; the lanes had made `steps` [width] steps before the chunk."""
    test, move = partial(_test, context, k), partial(_move, context, k)
    if not context.pace.early_exit or context.pace.inner_steps == 1:
        return context.each(lambda steps, chunk: move(*test(steps, chunk)))(steps, chunk)
    g, chunk = context.each(test)(steps, chunk)
    return jax.lax.cond(jnp.any(chunk.stop == RUNNING), context.each(move), lambda _, chunk: chunk, g, chunk)


def _test(context: Context, k: Any, steps: Array, chunk: Chunk) -> tuple[Point, Chunk]:
    """Evaluates the gradient of one lane, and stops the lane if it has converged or may not go on."""
    g, missing = _gradient(context, chunk.x, chunk.memory)
    largest, total = apart(lambda g: _sizes(_scaled(context, g)))(g)
    small = () if context.method.noisy else ((largest <= 1, Status.CONVERGED),)
    stop = _first(
        chunk.stop,
        k,
        (~(total + missing < jnp.inf), Status.NONFINITE),
        *small,
        (steps + k >= context.limits.max_steps, Status.MAX_STEPS),
    )
    return g, chunk._replace(stop=stop, chunk_best=jnp.where(total < chunk.chunk_best, total, chunk.chunk_best))


def _move(context: Context, k: Any, g: Point, chunk: Chunk) -> Chunk:
    """Moves one lane to the method's next point, unless it has stopped or the point is none."""
    step = context.method.step(context.fn, chunk.x, g, chunk.memory)
    farthest, total = apart(lambda x: _sizes(_out(context, x)))(step.x)
    stop = _first(
        chunk.stop,
        k,
        *([] if step.done is None else [(step.done, Status.DONE)]),
        (jnp.asarray(step.doubt), RECHECK),
        (jnp.asarray(step.singular), Status.SINGULAR),
        (~(total < jnp.inf), Status.NONFINITE),
        (farthest > 1, Status.DIVERGED),
    )
    go = stop == RUNNING
    x, memory = _where(go, (step.x, step.memory), (chunk.x, chunk.memory))
    return chunk._replace(x=x, memory=memory, stop=stop)


def _checked_books(context: Context, state: LaneState, end: Chunk) -> LaneState:
    """The state of one lane after a checked chunk."""
    running = end.stop == RUNNING
    better = end.chunk_best < state.best
    lower, lowest = _lowered(context, end.x, state.lowest)
    steps_since_best = jnp.where(better | lower, 0, state.steps_since_best + context.pace.inner_steps)
    stalled = jnp.where(steps_since_best >= context.limits.patience, jnp.int32(Status.STALLED), RUNNING)
    after = state._replace(
        x=end.x,
        memory=end.memory,
        steps=state.steps + jnp.where(running, context.pace.inner_steps, end.stop // _STATUSES),
        status=jnp.where(running, stalled, end.stop % _STATUSES),
        best=jnp.where(better, end.chunk_best, state.best),
        steps_since_best=steps_since_best,
        lowest=lowest,
    )
    return _where(state.status == RUNNING, after, state)


def speculative(context: Context, state: LaneState) -> LaneState:
    """Makes a chunk without masks or verdicts, and rolls it back for a lane that would have stopped on the way.

    Such a lane gets the status RECHECK, and makes a checked chunk from where it was. For steps as cheap as a gradient:
    there the tests cost more than the step itself. Context and state are those of `checked`.
    """

    def inner_steps(*carry: Any) -> tuple[Any, ...]:
        return reduce(lambda carry, _: _speculative_step(context, *carry), range(context.pace.unroll), carry)

    def pass_over(_: Any, carry: tuple[Any, ...]) -> tuple[Any, ...]:
        return context.each(inner_steps)(*carry)

    def chunk(state: LaneState) -> LaneState:
        begin = state.x, state.memory, jnp.full_like(state.best, jnp.inf)
        unroll = _TWO_BUFFERS if context.pace.unroll > 1 else 1
        end = jax.lax.fori_loop(0, context.pace.inner_steps // context.pace.unroll, pass_over, begin, unroll=unroll)
        return context.each(partial(_speculative_books, context))(state, *end)

    return _as_single_kernel(context, chunk)(state)


def _speculative_step(context: Context, x: Point, memory: PyTree, chunk_best: Array) -> tuple[Point, PyTree, Array]:
    """Moves one lane; `chunk_best` becomes 0 where anything but a step has happened."""
    g, missing = _gradient(context, x, memory)
    step = context.method.step(context.fn, x, g, memory)
    # Sums, since a maximum that keeps NaN costs four operations: if the sum is small, so is the maximum.
    size = apart(lambda g: _total(_scaled(context, g)))(g) + missing
    inside = (apart(lambda x: _total(_out(context, x)))(step.x) <= 1) & (size < jnp.inf)
    inside = inside if step.done is None else inside & ~step.done
    seen = jnp.where(inside, size, 0)
    return step.x, step.memory, jnp.where(seen < chunk_best, seen, chunk_best)


def _speculative_books(context: Context, state: LaneState, x: Point, memory: PyTree, chunk_best: Array) -> LaneState:
    """The state of one lane after a speculative chunk: its end, or where the chunk began."""
    n = sum(leaf.size for leaf in jax.tree.leaves(x))
    better = chunk_best < state.best
    lower, lowest = _lowered(context, x, state.lowest)
    steps_since_best = jnp.where(better | lower, 0, state.steps_since_best + context.pace.inner_steps)
    goes_on = (chunk_best > n) & (steps_since_best < context.limits.patience)
    goes_on &= state.steps + context.pace.inner_steps <= context.limits.max_steps
    running = state.status == RUNNING
    go = running & goes_on
    # The next speculative chunk of a lane that goes on converging so, or has no room for one, would be rolled back.
    soon = (chunk_best * (chunk_best / state.best) <= n) & (state.best < jnp.inf)
    soon |= state.steps + 2 * context.pace.inner_steps > context.limits.max_steps
    return state._replace(
        x=_where(go, x, state.x),
        memory=_where(go, memory, state.memory),
        steps=jnp.where(go, state.steps + context.pace.inner_steps, state.steps),
        status=jnp.where(running & (soon | ~goes_on), RECHECK, state.status),
        best=jnp.where(go & better, chunk_best, state.best),
        steps_since_best=jnp.where(go, steps_since_best, state.steps_since_best),
        lowest=_where(go, lowest, state.lowest),
    )


def _lowered(context: Context, x: Point, lowest: Any) -> tuple[Any, Any]:
    """Whether f is smaller at x, at the end of a chunk, than at all ends before, beyond rounding; the smallest so far.

    Of values that rounding alone parts few are a record, so that they do not put off a verdict for long.
    """
    if not context.method.lowers:
        return False, lowest
    f = apart(context.fn)(x)
    lower = f < lowest - _ROUNDING * jnp.finfo(f.dtype).eps * jnp.abs(f)
    return lower, jnp.where(lower, f, lowest)


_ROUNDING = 4
"""Units in the last place of f in which a smaller value is not yet a lower one."""


def _gradient(context: Context, x: Point, memory: PyTree) -> tuple[Point, Any]:
    """The gradient, and NaN where the function has no value though its derivative may have one."""
    fn = context.method.seen(context.fn, memory)
    if gradient_tells(fn, x):
        return apart(jax.grad(fn))(x), 0.0
    f, g = apart(jax.value_and_grad(fn))(x)
    return g, 0 * f


def _scaled(context: Context, g: Point) -> Point:
    """The gradient in units of the tolerance."""
    return jax.tree.map(lambda g, per: jnp.abs(g) * per, g, context.limits.tolerance)


def _out(context: Context, x: Point) -> Point:
    """How far out a point is per coordinate, in units of the reach."""
    limits = context.limits
    return jax.tree.map(lambda x, centre, per: jnp.abs(x - centre) * per, x, limits.centre, limits.reach)


def _first(stop: Int[Array, ""], k: Any, *rules: tuple[Bool[Array, ""], int]) -> Int[Array, ""]:
    """Stops a running lane by the first rule that applies. Nested selects: jnp.select costs a reduction."""
    result = jnp.full_like(stop, RUNNING)
    for applies, meaning in reversed(rules):
        result = jnp.where(applies, int(meaning) + _STATUSES * k, result)
    return jnp.where(stop == RUNNING, result, stop)


def _sizes(point: Point) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The largest of a point's numbers, none negative, and their sum, which is finite if all of them are."""
    # A maximum that keeps NaN costs five operations, one that may lose it costs one.
    largest = reduce(lambda a, b: jnp.where(a > b, a, b), point) if isinstance(point, tuple) else jnp.max(point)
    return largest, _total(point)


def _total(point: Point) -> Float[Array, ""]:
    return reduce(jnp.add, [leaf if leaf.ndim == 0 else jnp.sum(leaf) for leaf in jax.tree.leaves(point)])


def _where(which: Bool[Array, ""], new: PyTree, old: PyTree) -> PyTree:
    return jax.tree.map(partial(chosen, which), new, old)
