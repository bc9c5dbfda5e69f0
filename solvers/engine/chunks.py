"""Several steps of the lanes in flight, between two looks at whether any lane still runs.

A trip evaluates the gradient at x, tests, and moves: a start on a root takes 0 steps. A lane that stops is frozen, so
that it equals the single run of the same start whatever its neighbours do. A careful stride tests at every trip; a
hasty one only notes that something would have happened, and is taken back for the lanes where it did. Functions whose
names begin with an underscore are of one lane.
"""

from collections.abc import Callable
from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from solvers.solver import Budget, Method, Objective, Point, Status
from solvers.transforms.domain import gradient_tells
from solvers.transforms.kernel import apart, chosen
from solvers.transforms.one_kernel import in_one_kernel

RUNNING = int(Status.RUNNING)
WAIT, DOUBT = 6, 7
"""Statuses of lanes that neither run nor have stopped: one that has no part in a stride, and one that seems to stop
within the next hasty stride, or whose next step must be made with pivoting."""
_STATUSES = 8
"""More than there are statuses."""


class Flight(NamedTuple):
    """The lanes in flight; every leaf has the `width` lanes where the form of the points has them."""

    lane: Int[Array, " width"]
    """Place in the queue; the queue's length marks an empty place."""
    x: PyTree
    memory: PyTree
    steps: Int[Array, " width"]
    status: Int[Array, " width"]
    best: Float[Array, " width"]
    """Smallest scaled gradient so far: the sum of |g_i| / tolerance_i."""
    stale: Int[Array, " width"]
    """Steps since anything progressed, in whole strides."""
    lowest: Any = ()
    """Smallest f at the end of a stride so far; nothing for methods that do not lower f."""


class Course(NamedTuple):
    """What is the same for all lanes and all strides."""

    method: Method
    again: Method | None
    """Makes the steps that are in doubt; None if none can be."""
    fn: Objective
    limits: Budget
    """Tolerance and reach are reciprocals: a division costs as much as the rest of a short step."""
    each: Callable[[Callable[..., Any]], Callable[..., Any]]
    """Makes a function of one lane a function of all in flight."""
    trips: int
    """Of a stride."""
    hasty: bool = False
    """Are steps so short that tests cost more?"""
    in_one: int = 1
    """Hasty trips made in one pass over the lanes."""
    looks: bool = False
    """Does a stride end when no lane runs any more? For steps that cost more than to see that."""
    whole: bool = False
    """Is a stride one piece of code, if it can be? For steps of many short operations along a vector."""


class Stride(NamedTuple):
    """What changes from trip to trip, and no more: every array written costs as much as a short step."""

    x: PyTree
    memory: PyTree
    stop: Int[Array, " width"]
    """RUNNING, or status + 8 * the trip of this stride in which the lane stopped."""
    low: Float[Array, " width"]
    """Smallest scaled gradient of this stride."""


def careful(course: Course, flight: Flight) -> Flight:
    """Several trips that test every step; the books (steps, status, best, stale) are kept once, at the end."""

    def stride(flight: Flight) -> Flight:
        trip = partial(_trip, course, flight.steps)
        begin = Stride(flight.x, flight.memory, flight.status, jnp.full_like(flight.best, jnp.inf))
        return course.each(partial(_careful_books, course))(flight, _trips(course, trip, begin))

    return _made_whole(course, stride)(flight)


def _made_whole(course: Course, stride: Callable[[Flight], Flight]) -> Callable[[Flight], Flight]:
    return in_one_kernel(stride) if course.whole else stride


def _trips(course: Course, trip: Callable[[Any, Stride], Stride], begin: Stride) -> Stride:
    if not course.looks:
        # After a hasty stride few lanes need a careful one: then shorter code is worth more.
        unroll = _TO_AND_FRO if course.in_one > 1 and not course.hasty else 1
        return jax.lax.fori_loop(0, course.trips, trip, begin, unroll=unroll)

    def more(carry: tuple[Any, Stride]) -> Any:
        return (carry[0] < course.trips) & jnp.any(carry[1].stop == RUNNING)

    return jax.lax.while_loop(more, lambda carry: (carry[0] + 1, trip(*carry)), (0, begin))[1]


_TO_AND_FRO = 2
"""Passes of a loop: two hand their arrays to and fro; one would copy them back, which costs as much as a short step."""


def _trip(course: Course, steps: Array, k: Any, stride: Stride) -> Stride:
    test, move = partial(_test, course, k), partial(_move, course, k)
    if not course.looks or course.trips == 1:
        return course.each(lambda steps, stride: move(*test(steps, stride)))(steps, stride)
    g, stride = course.each(test)(steps, stride)
    return jax.lax.cond(jnp.any(stride.stop == RUNNING), course.each(move), lambda _, stride: stride, g, stride)


def _test(course: Course, k: Any, steps: Array, stride: Stride) -> tuple[Point, Stride]:
    g, missing = _gradient(course, stride.x)
    largest, total = apart(lambda g: _sizes(_scaled(course, g)))(g)
    stop = _first(
        stride.stop,
        k,
        (~(total + missing < jnp.inf), Status.NONFINITE),
        (largest <= 1, Status.CONVERGED),
        (steps + k >= course.limits.max_steps, Status.MAX_STEPS),
    )
    return g, stride._replace(stop=stop, low=jnp.where(total < stride.low, total, stride.low))


def _move(course: Course, k: Any, g: Point, stride: Stride) -> Stride:
    step = course.method.step(course.fn, stride.x, g, stride.memory)
    farthest, total = apart(lambda x: _sizes(_out(course, x)))(step.x)
    stop = _first(
        stride.stop,
        k,
        (jnp.asarray(step.doubt), DOUBT),
        (jnp.asarray(step.singular), Status.SINGULAR),
        (~(total < jnp.inf), Status.NONFINITE),
        (farthest > 1, Status.DIVERGED),
    )
    go = stop == RUNNING
    x, memory = _where(go, (step.x, step.memory), (stride.x, stride.memory))
    return stride._replace(x=x, memory=memory, stop=stop)


def _careful_books(course: Course, flight: Flight, end: Stride) -> Flight:
    running = end.stop == RUNNING
    better = end.low < flight.best
    lower, lowest = _lowered(course, end.x, flight.lowest)
    stale = jnp.where(better | lower, 0, flight.stale + course.trips)
    stalled = jnp.where(stale >= course.limits.patience, jnp.int32(Status.STALLED), RUNNING)
    after = flight._replace(
        x=end.x,
        memory=end.memory,
        steps=flight.steps + jnp.where(running, course.trips, end.stop // _STATUSES),
        status=jnp.where(running, stalled, end.stop % _STATUSES),
        best=jnp.where(better, end.low, flight.best),
        stale=stale,
        lowest=lowest,
    )
    return _where(flight.status == RUNNING, after, flight)


def hasty(course: Course, flight: Flight) -> Flight:
    """Several trips without a mask or a verdict, taken back for a lane that would have stopped on the way.

    Such a lane waits in doubt for a careful stride from where it was. For steps as cheap as a gradient: there the
    tests of a careful trip cost more than the step itself.
    """

    def trips(*carry: Any) -> tuple[Any, ...]:
        return reduce(lambda carry, _: _hasty_trip(course, *carry), range(course.in_one), carry)

    def pass_over(_: Any, carry: tuple[Any, ...]) -> tuple[Any, ...]:
        return course.each(trips)(*carry)

    def stride(flight: Flight) -> Flight:
        begin = flight.x, flight.memory, jnp.full_like(flight.best, jnp.inf)
        unroll = _TO_AND_FRO if course.in_one > 1 else 1
        end = jax.lax.fori_loop(0, course.trips // course.in_one, pass_over, begin, unroll=unroll)
        return course.each(partial(_hasty_books, course))(flight, *end)

    return _made_whole(course, stride)(flight)


def _hasty_trip(course: Course, x: Point, memory: PyTree, low: Array) -> tuple[Point, PyTree, Array]:
    g, missing = _gradient(course, x)
    step = course.method.step(course.fn, x, g, memory)
    # Sums, since a maximum that keeps NaN costs four operations: if the sum is small, so is the maximum.
    size = apart(lambda g: _total(_scaled(course, g)))(g) + missing
    calm = (apart(lambda x: _total(_out(course, x)))(step.x) <= 1) & (size < jnp.inf)
    seen = jnp.where(calm, size, 0)
    return step.x, step.memory, jnp.where(seen < low, seen, low)


def _hasty_books(course: Course, flight: Flight, x: Point, memory: PyTree, low: Array) -> Flight:
    n = sum(leaf.size for leaf in jax.tree.leaves(x))
    better = low < flight.best
    lower, lowest = _lowered(course, x, flight.lowest)
    stale = jnp.where(better | lower, 0, flight.stale + course.trips)
    calm = (low > n) & (stale < course.limits.patience)
    calm &= flight.steps + course.trips <= course.limits.max_steps
    running = flight.status == RUNNING
    go = running & calm
    # The next hasty stride of a lane that goes on converging so, or has no room for one, would be taken back.
    soon = (low * (low / flight.best) <= n) & (flight.best < jnp.inf)
    soon |= flight.steps + 2 * course.trips > course.limits.max_steps
    return flight._replace(
        x=_where(go, x, flight.x),
        memory=_where(go, memory, flight.memory),
        steps=jnp.where(go, flight.steps + course.trips, flight.steps),
        status=jnp.where(running & (soon | ~calm), DOUBT, flight.status),
        best=jnp.where(go & better, low, flight.best),
        stale=jnp.where(go, stale, flight.stale),
        lowest=_where(go, lowest, flight.lowest),
    )


def _lowered(course: Course, x: Point, lowest: Any) -> tuple[Any, Any]:
    """Whether f is smaller at x, at the end of a stride, than at all ends before, beyond rounding; the smallest so far.

    Of values that rounding alone parts few are a record, so that they do not put off a verdict for long.
    """
    if not course.method.lowers:
        return False, lowest
    f = apart(course.fn)(x)
    lower = f < lowest - _ROUNDING * jnp.finfo(f.dtype).eps * jnp.abs(f)
    return lower, jnp.where(lower, f, lowest)


_ROUNDING = 4
"""Units in the last place of f in which a smaller value is not yet a lower one."""


def _gradient(course: Course, x: Point) -> tuple[Point, Any]:
    """The gradient, and NaN where the function has no value though its derivative may have one."""
    if gradient_tells(course.fn, x):
        return apart(jax.grad(course.fn))(x), 0.0
    f, g = apart(jax.value_and_grad(course.fn))(x)
    return g, 0 * f


def _scaled(course: Course, g: Point) -> Point:
    """The gradient in units of the tolerance."""
    return jax.tree.map(lambda g, per: jnp.abs(g) * per, g, course.limits.tolerance)


def _out(course: Course, x: Point) -> Point:
    """How far out a point is per coordinate, in units of the reach."""
    limits = course.limits
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
