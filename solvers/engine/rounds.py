"""The active lanes between two refills: chunks of steps until few enough of them run."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from solvers.engine.chunks import PAUSED, RECHECK, RUNNING, Context, LaneState, checked, speculative
from solvers.engine.forms import Form
from solvers.engine.pace import Pace


def run_until(context: Context, form: Form, fewest: Int[Array, ""] | int, state: LaneState) -> LaneState:
    """Makes chunks until at most `fewest` of the `width` lanes run; the others have a status that says why."""

    def more_run(state: LaneState) -> Any:
        return _count(state, RUNNING) > fewest

    def more_run_than_wait(state: LaneState) -> Any:
        return _count(state, RUNNING) > jnp.maximum(fewest, _count(state, RECHECK))

    def chunks(state: LaneState) -> LaneState:
        state = jax.lax.while_loop(more_run_than_wait, partial(speculative, context), state)
        # For these lanes alone: the rounding of a checked chunk is another, and no lane must see its neighbours.
        state = turned(state, (RUNNING, PAUSED), (RECHECK, RUNNING))
        return turned(_with_fallback(context, form, state), (PAUSED, RUNNING))

    chunk = chunks if context.pace.speculative else partial(_with_fallback, context, form)
    return jax.lax.while_loop(more_run, chunk, state)


def _count(state: LaneState, status: int) -> Int[Array, ""]:
    return jnp.sum(state.status == status, dtype=jnp.int32)


def turned(state: LaneState, *turns: tuple[int, int]) -> LaneState:
    """Gives lanes of one status [width] another: pairs (old, new), all at once."""
    status = state.status
    for old, new in turns:
        status = jnp.where(state.status == old, new, status)
    return state._replace(status=status)


def _with_fallback(context: Context, form: Form, state: LaneState) -> LaneState:
    """Makes a checked chunk, and the steps in it that were in doubt once more, by the fallback."""
    state = checked(context, state)
    if context.fallback is None:
        return state
    pivoted = context._replace(method=context.fallback, each=lambda fn: fn, pace=_ONE_STEP)
    one = partial(_make_one_with_fallback, pivoted, form)
    return jax.lax.while_loop(lambda state: jnp.any(state.status == RECHECK), one, state)


_ONE_STEP = Pace(inner_steps=1)


def _make_one_with_fallback(context: Context, form: Form, state: LaneState) -> LaneState:
    """Makes the step of one lane in doubt by a method that is in none; such lanes are too rare to run side by side."""
    place = jnp.argmax(state.status == RECHECK)
    lane = form.lane(state, place)
    lane = checked(context, lane._replace(status=jnp.full_like(lane.status, RUNNING)))
    return form.with_lane(state, place, lane)
