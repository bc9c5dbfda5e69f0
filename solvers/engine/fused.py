"""A whole batch in one kernel: every lane runs to its end in registers (Pallas, lowered by Triton).

The steps are those of the loop (`chunks`), unchanged. A block of lanes, one warp, runs until its last lane stops.
Either each block has lanes of its own, or there are as many blocks as the device holds at once, and a lane that
stops gives its place to the next start of a common queue: better where lanes differ much in their steps.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton
from jaxtyping import Array, Bool, Float, Int

from solvers.engine import chunks
from solvers.engine.blocks import Blocks
from solvers.engine.chunks import PAUSED, RECHECK, RUNNING, Chunk, Context, LaneState
from solvers.engine.pace import Pace
from solvers.engine.rounds import turned
from solvers.method import Budget, Evaluations, Method, Solution, Status
from solvers.transforms.kernels.folding import folded
from solvers.transforms.kernels.kernel_objective import KernelObjective
from solvers.transforms.kernels.pallas import interpreted


class _Kernel(NamedTuple):
    """What is known when the kernel is traced."""

    method: Method
    objective: KernelObjective
    n: int
    lanes: int
    blocks: Blocks
    pace: Pace
    interpreted: bool
    """Masked stores write at the masked places, too: these need a place that is nobody's."""


def solve_fused(
    method: Method,
    objective: KernelObjective,
    starts: Float[Array, "n lanes"],
    rates: Float[Array, " lanes"],
    budget: Budget,
    *,
    wanted: Int[Array, ""] | int | None = None,
    blocks: Blocks = Blocks(),  # noqa: B008  (a constant)
) -> Solution:
    """Runs `method` from every start in one kernel (pure and traceable; the caller jits).

    Args:
        method: the iteration; takes points as tuples of scalars and keeps no account of its own (`spent`).
        objective: the function, with its data.
        starts: the starts, in the dtype of the run.
        rates: the step size of each lane.
        budget: when a lane stops.
        wanted: how many of the starts to run; all by default. The others are returned as RUNNING.
        blocks: how lanes are grouped.
    """
    n, lanes = starts.shape
    method = method.fallback(n, "in block") or method
    short = method.per_step == Evaluations()
    pace = Pace(_LONG_CHUNK if short else _CHUNK, speculative=short)
    kernel = _Kernel(method, objective, n, lanes, blocks, pace, interpreted())
    room = lanes + kernel.interpreted
    shapes = [jax.ShapeDtypeStruct((n, room), starts.dtype), *[jax.ShapeDtypeStruct((room,), jnp.int32)] * 2]
    wanted = lanes if wanted is None else wanted
    counts = [jnp.asarray(count, jnp.int32).reshape(1) for count in (wanted, budget.max_steps, budget.patience)]
    limits = [jnp.asarray(figure, starts.dtype) for figure in (budget.tolerance, budget.centre, budget.reach)]
    arrays = [jnp.atleast_1d(array) for array in objective.arrays]
    grid, counter, aliases = -(-lanes // blocks.lanes), [], {}
    if blocks.queued:
        grid, counter = min(grid, blocks.queued), [jnp.zeros(1, jnp.int32)]
        shapes, aliases = [*shapes, jax.ShapeDtypeStruct((1,), jnp.int32)], {0: len(shapes)}
    results = pl.pallas_call(
        lambda *refs: _run(kernel, *refs),  # Pallas asks for a plain function
        out_shape=shapes,
        grid=(grid,),
        interpret=kernel.interpreted,
        input_output_aliases=aliases,
        compiler_params=triton.CompilerParams(num_warps=blocks.warps, num_stages=1),
        name="lanes",
    )(*counter, *counts, starts, rates, *limits, *arrays)
    return Solution(*(result[..., :lanes] for result in results[:3]))


_CHUNK, _LONG_CHUNK = 8, 16
"""Steps between two looks at progress, as the loop makes them over scalars; of the shortest steps the most."""


class _Memory(NamedTuple):
    """What the kernel reads and writes, as references."""

    starts: Any
    rates: Any
    wanted: Any
    """Starts to run, a number."""
    x: Any
    status: Any
    steps: Any


def _run(kernel: _Kernel, *refs: Any) -> None:
    """The kernel: counter of a queue, counts, starts, rates, limits and arrays in; ends, and the counter, out."""
    queued = bool(kernel.blocks.queued)
    counter, refs = refs[-1] if queued else None, refs[queued : len(refs) - queued]
    (wanted, *counts, starts, rates), limits, arrays, ends = refs[:5], refs[5:8], refs[8:-3], refs[-3:]
    memory = _Memory(starts, rates, wanted[0], *ends)
    context = _context(kernel, limits, counts, arrays)
    if queued:
        _run_from_queue(kernel, context, memory, counter)
    else:
        _run_own(kernel, context, memory)


def _run_own(kernel: _Kernel, context: Context, memory: _Memory) -> None:
    """Runs the lanes of the block; those that are not wanted are handed back as they are."""
    place = _own_places(kernel)
    state = lax.while_loop(_runs, partial(_chunk, context), _loaded(kernel, context, memory, place))
    state = state._replace(status=jnp.where(place < memory.wanted, state.status, RUNNING))
    _write_results(kernel, memory, state, place < kernel.lanes)


def _run_from_queue(kernel: _Kernel, context: Context, memory: _Memory, counter: Any) -> None:
    """Runs lanes until the queue is empty: a place whose lane has stopped is given to the next start."""

    def refill(free: Bool[Array, " block"], state: LaneState) -> LaneState:
        taken = triton.atomic_add(counter, (jnp.int32(0),), _count(free))
        place = taken + jnp.cumsum(free.astype(jnp.int32)) - 1
        fresh = _loaded(kernel, context, memory, jnp.where(free, place, memory.wanted))
        return jax.tree.map(lambda new, old: jnp.where(free, new, old), fresh, state)

    def refill_round(state: LaneState) -> LaneState:
        state = _chunk(context, state)
        ended = (state.status != RUNNING) & (state.lane < memory.wanted)
        _write_results(kernel, memory, state, ended)
        return refill(ended, state)

    own = _own_places(kernel)
    empty = _loaded(kernel, context, memory, jnp.full_like(own, memory.wanted))
    lax.while_loop(_runs, refill_round, refill(own >= 0, empty))
    _leave_unwanted(kernel, context, memory, own)


def _leave_unwanted(kernel: _Kernel, context: Context, memory: _Memory, own: Int[Array, " block"]) -> None:
    """Hands lanes that are not wanted back as they are; each block sees to its part."""
    together = jnp.int32(pl.num_programs(0)) * kernel.blocks.lanes

    def leave(place: Any) -> Any:
        state = _loaded(kernel, context, memory, place)
        _write_results(kernel, memory, state._replace(status=jnp.full_like(place, RUNNING)), place < kernel.lanes)
        return place + together

    lax.while_loop(lambda place: _count(place < kernel.lanes) > 0, leave, memory.wanted + own)


def _own_places(kernel: _Kernel) -> Int[Array, " block"]:
    first = pl.program_id(0).astype(jnp.int32) * kernel.blocks.lanes
    return first + jnp.arange(kernel.blocks.lanes, dtype=jnp.int32)


def _context(kernel: _Kernel, limits: Sequence[Any], counts: Sequence[Any], arrays: Sequence[Any]) -> Context:
    tolerance, centre, reach = (tuple(ref[i] for i in range(kernel.n)) for ref in limits)
    inverse = [tuple(1 / number for number in numbers) for numbers in (tolerance, reach)]
    budget = Budget(inverse[0], centre, inverse[1], *(count[0] for count in counts))

    many = sum(math.prod(ref.shape) for ref in arrays) > _FEW_NUMBERS

    def load(array: int, place: tuple[Any, ...]) -> Any:
        # What is read at the same place in every step is kept in registers, of which long data would leave none.
        at_one_place = all(isinstance(index, int) for index in place)
        at = arrays[array].at[tuple(map(jnp.int32, place or (0,)))]
        return triton.load(at, volatile=many and at_one_place)

    def each(fn: Any) -> Any:
        return jax.vmap(folded(fn, load))

    return Context(kernel.method, None, kernel.objective, budget, each, kernel.pace)


_FEW_NUMBERS = 16


def _loaded(kernel: _Kernel, context: Context, memory: _Memory, place: Int[Array, " block"]) -> LaneState:
    """Lanes at their starts; those that are not wanted have nothing to do."""
    inside = place < kernel.lanes
    at = jnp.where(inside, place, 0)
    x = tuple(triton.load(memory.starts.at[i, at], mask=inside, other=0.0) for i in range(kernel.n))
    rate = triton.load(memory.rates.at[at], mask=inside, other=1.0)
    zeros = jnp.zeros(place.shape, jnp.int32)
    status = jnp.where(place < memory.wanted, jnp.int32(RUNNING), jnp.int32(Status.CONVERGED))
    memory_of_lanes = context.each(context.method.init)(x, rate)
    never = jnp.full(place.shape, jnp.inf, rate.dtype)
    return LaneState(place, x, memory_of_lanes, zeros, status, never, zeros, never if context.method.lowers else ())


def _write_results(kernel: _Kernel, memory: _Memory, state: LaneState, which: Bool[Array, " block"]) -> None:
    """Writes the ends of some lanes down."""
    at = jnp.where(which, state.lane, jnp.int32(kernel.lanes if kernel.interpreted else 0))
    for i in range(kernel.n):
        triton.store(memory.x.at[i, at], state.x[i], mask=which)
    triton.store(memory.status.at[at], state.status, mask=which)
    triton.store(memory.steps.at[at], state.steps, mask=which)


def _count(flags: Bool[Array, " block"]) -> Int[Array, ""]:
    return jnp.sum(flags.astype(jnp.int32), dtype=jnp.int32)


def _runs(state: LaneState) -> Bool[Array, ""]:
    return _count(state.status == RUNNING) > 0


def _chunk(context: Context, state: LaneState) -> LaneState:
    """A chunk of all lanes of the block; after a speculative one, a checked one for those that may stop."""
    if not context.pace.speculative:
        return _checked(context, state)

    def recheck(state: LaneState) -> LaneState:
        state = _checked(context, turned(state, (RUNNING, PAUSED), (RECHECK, RUNNING)))
        return turned(state, (PAUSED, RUNNING))

    state = chunks.speculative(context, state)
    return lax.cond(_count(state.status == RECHECK) > 0, recheck, lambda state: state, state)


def _checked(context: Context, state: LaneState) -> LaneState:
    """`chunks.checked`, which ends with the last running lane of the block."""
    begin = Chunk(state.x, state.memory, state.status, jnp.full_like(state.best, jnp.inf))

    def inner_step(k: Any, steps: Any, chunk: Chunk) -> Chunk:
        return chunks._move(context, k, *chunks._test(context, k, steps, chunk))

    def more(carry: tuple[Any, Chunk]) -> Bool[Array, ""]:
        k, chunk = carry
        return (k < context.pace.inner_steps) & (_count(chunk.stop == RUNNING) > 0)

    def body(carry: tuple[Any, Chunk]) -> tuple[Any, Chunk]:
        k, chunk = carry
        return k + 1, context.each(inner_step)(jnp.full(chunk.stop.shape, k, jnp.int32), state.steps, chunk)

    _, end = lax.while_loop(more, body, (jnp.int32(0), begin))
    return context.each(partial(chunks._checked_books, context))(state, end)
