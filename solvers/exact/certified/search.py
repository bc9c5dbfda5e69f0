"""The search for all roots of the gradient in a box, as one loop on the device over a stack of boxes."""

from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int

from solvers.exact.certified.enclosures import Derivatives
from solvers.exact.certified.fate import Batch, Task, fate_of, inflated, value_of
from solvers.exact.certified.interval import Interval
from solvers.transforms.jaxpr import numbers_written

OPEN, PROVED, UNDECIDED = 2**17, 2**15, 2**12
"""Capacities."""


class State(NamedTuple):
    """Boxes as [4 n, ...]: lower and upper corner, and those of the box in which the root is proved unique, or NaN."""

    stack: Float[Any, "4 n open"]
    open: Int[Any, ""]
    proved: Float[Any, "4 n proved"]
    hessians: Float[Any, "2 n n proved"]
    heights: Float[Any, "2 proved"]
    n_proved: Int[Any, ""]
    undecided: Float[Any, "2 n undecided"]
    depths: Float[Any, " undecided"]
    n_undecided: Int[Any, ""]
    examined: Int[Any, ""]
    best: Float[Any, ""]
    """The lowest value that f is known to take at a point of the box: an upper bound of its minimum."""


def start(boxes: Float[np.ndarray, "2 n k"], best: float = np.inf) -> State:
    """The state with these boxes open."""
    n, k = boxes.shape[1:]
    stack = np.full((4, n, OPEN), np.nan)
    stack[:2, :, :k] = boxes
    none = np.int64(0)
    return State(
        stack,
        np.int64(k),
        np.full((4, n, PROVED), np.nan),
        np.full((2, n, n, PROVED), np.nan),
        np.full((2, PROVED), np.nan),
        none,
        np.full((2, n, UNDECIDED), np.nan),
        np.full(UNDECIDED, np.nan),
        none,
        none,
        np.float64(best),
    )


@lru_cache(maxsize=16)
def compiled(derivatives: Derivatives, shapes: tuple[tuple[int, ...], ...]) -> Any:
    """(state, task) -> state after some rounds. One program serves all problems with this function, box or data."""
    n = derivatives.n
    number = jax.ShapeDtypeStruct((), float)
    vector = jax.ShapeDtypeStruct((n,), float)
    data = [jax.ShapeDtypeStruct(shape, float) for shape in shapes]
    task = Task(
        vector, vector, vector, jax.ShapeDtypeStruct((), bool), jax.ShapeDtypeStruct((), np.int64), data, number
    )
    state = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(np.shape(leaf), leaf.dtype), start(np.zeros((2, n, 1))))
    width = int(np.clip(_NUMBERS // numbers_written(derivatives.closed.jaxpr), 64, 1024))
    run = jax.jit(lambda state, task: _rounds(derivatives, width, state, task), donate_argnums=0)
    return run.lower(state, task).compile()


_NUMBERS = 2**20
_ROUNDS = 64
"""Between two looks of the host."""


def _rounds(derivatives: Derivatives, width: int, state: State, task: Task) -> State:
    def more(carry: tuple[Array, State]) -> Array:
        done, state = carry
        room = (state.open + width <= OPEN) & (state.n_proved + width <= PROVED)
        room &= state.n_undecided + width <= UNDECIDED
        return (done < _ROUNDS) & (state.open > 0) & room & (state.examined < task.most_boxes)

    def one(carry: tuple[Array, State]) -> tuple[Array, State]:
        return carry[0] + 1, _round(derivatives, width, carry[1], task)

    return lax.while_loop(more, one, (jnp.zeros((), int), state))[1]


def _round(derivatives: Derivatives, width: int, state: State, task: Task) -> State:
    batch, begin = _taken(state, width, task)
    both = Interval(*(jnp.concatenate([bound, batch.middle], axis=1) for bound in batch.wide))
    whole = derivatives.enclose(both, task.data, task.zero)
    here, there = whole.part(slice(width, None)), whole.part(slice(width))
    f = value_of(here, there, batch)
    fate = fate_of(batch, here, there, f, state.best, task)
    stack, count = _append(state.stack, begin, fate.first, fate.goes_on)
    stack, count = _append(stack, count, fate.second, fate.cut)
    proved, n_proved = _append(state.proved, state.n_proved, fate.first, fate.proved)
    undecided, n_undecided = _append(state.undecided, state.n_undecided, fate.first[:2], fate.given_up)
    seen = jnp.where(batch.live & ~jnp.isnan(here.f.hi), here.f.hi, jnp.inf)
    return State(
        stack,
        count,
        proved,
        _append(state.hessians, state.n_proved, jnp.stack(there.H), fate.proved)[0],
        _append(state.heights, state.n_proved, jnp.stack(f), fate.proved)[0],
        n_proved,
        undecided,
        _append(state.depths, state.n_undecided, f.lo, fate.given_up)[0],
        n_undecided,
        state.examined + jnp.sum(batch.live),
        jnp.minimum(state.best, jnp.min(seen)),
    )


def _taken(state: State, width: int, task: Task) -> tuple[Batch, Int[Array, ""]]:
    """The boxes on top of the stack, and how many are below them."""
    begin = jnp.maximum(state.open - width, 0)
    rows = lax.dynamic_slice_in_dim(state.stack, begin, width, axis=2)
    live = jnp.arange(width) < jnp.minimum(state.open, width)
    box, known = Interval(rows[0], rows[1]), ~jnp.isnan(rows[2, 0])
    wide = inflated(box, known, task)
    return Batch(rows, live, known, box, wide, wide.middle, wide.lo == wide.hi), begin


def _append(store: Array, count: Array, values: Array, wanted: Array) -> tuple[Array, Array]:
    """The wanted values behind the first `count` of the store, along the last axis."""
    places = jnp.where(wanted, count + jnp.cumsum(wanted) - 1, store.shape[-1])
    return store.at[..., places].set(values, mode="drop"), count + jnp.sum(wanted)
