"""How the active lanes are stepped: decided here alone, from method, function, form and device; the loop obeys."""

from typing import NamedTuple

import jax
from jaxtyping import Array, Float

from solvers.engine.forms import BATCH_FIRST, BATCH_LAST, SCALARS, Form
from solvers.engine.sizing import tuning
from solvers.solver import Evaluations, Method, Objective
from solvers.transforms.scalars import has_long_operations


class Pace(NamedTuple):
    """How chunks are made, and when stopped lanes are replaced."""

    inner_steps: int
    """Steps of a chunk, between two looks at whether any lane still runs."""
    speculative: bool = False
    """Are steps so short that tests cost more? Then chunks without tests are tried first."""
    unroll: int = 1
    """Speculative steps made in one pass over the lanes."""
    early_exit: bool = False
    """Does a chunk end when no lane runs any more? For steps that cost more than to see that."""
    single_kernel: bool = False
    """Is a chunk one piece of code, if it can be? For steps of many short operations along a vector."""
    most_waiting: float = 0.0
    """The part of the active lanes that may stop before they are replaced: a refill costs as much as some steps."""

    def refill_at(self, width: int) -> int:
        """So many stopped lanes of `width` bring about a refill."""
        return max(1, -int(-width * self.most_waiting // 1))


def pace_for(method: Method, fn: Objective, starts: Float[Array, "n lanes"], form: Form, expensive: bool) -> Pace:
    """The pace of a loop.

    Args:
        method: the iteration, for one point.
        fn: the objective, for one point of this form.
        starts: only their shape and dtype count.
        form: of the points of active lanes.
        expensive: whether a step costs more than to write a result and to load another start.
    """
    short = form != BATCH_FIRST and method.per_step == Evaluations()
    return Pace(
        inner_steps=_LONG_CHUNK if short else 1 if expensive else _CHUNK[form],
        speculative=short and not method.accounts,  # accounts are kept at every step
        unroll=1 if form != SCALARS or has_long_operations(fn, tuple(starts[:, 0])) else _UNROLL,
        early_exit=tuning().early_exit and form != SCALARS and not short,
        single_kernel=form == BATCH_LAST and not (short and _remembers_no_vector(method, starts)),
        most_waiting=0.0 if expensive else _MANY_WAIT if form == SCALARS else _SOME_WAIT,
    )


_CHUNK, _LONG_CHUNK = {SCALARS: 8, BATCH_LAST: 4, BATCH_FIRST: 4}, 16
"""Steps; of the shortest steps the most."""
_UNROLL = 2
"""Of scalars that are multiplied and added: the numbers stay in registers from one step to the other. With more steps,
or longer operations, there are too few registers."""
_MANY_WAIT, _SOME_WAIT = 1 / 2, 1 / 8


def _remembers_no_vector(method: Method, starts: Float[Array, "n lanes"]) -> bool:
    memory = jax.eval_shape(method.init, starts[:, 0], starts[0, 0])
    return not any(leaf.ndim for leaf in jax.tree.leaves(memory))
