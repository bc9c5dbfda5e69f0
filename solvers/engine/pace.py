"""How the active lanes are stepped: decided here alone, from method, function, form and device; the loop obeys."""

from fractions import Fraction
from typing import Any, NamedTuple

import jax

from solvers.engine.forms import BATCH_FIRST, BATCH_LAST, SCALARS, Form
from solvers.engine.tuning import tuning
from solvers.method import Evaluations, Method, Objective
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

    @property
    def text(self) -> str:
        """For the column `solver_schedule`."""
        how = [f"chunks of {self.inner_steps}"] + ["speculative"] * self.speculative
        how += [f"unrolled by {self.unroll}"] * (self.unroll > 1) + ["early exit"] * self.early_exit
        how += ["one piece of code"] * self.single_kernel
        return ", ".join([*how, f"refill at {Fraction(self.most_waiting)}" if self.most_waiting else "refill at once"])


def pace_for(method: Method, fn: Objective, x: Any, form: Form, expensive: bool) -> Pace:
    """The pace of a loop.

    Args:
        method: the iteration, for one point.
        fn: the objective, for one point of this form: of n scalars, or of a vector [n].
        x: a vector [n] in the dtype of `fn`, or its shape.
        form: of the points of active lanes.
        expensive: whether a step costs more than to write a result and to load another start.
    """
    own, short = tuning(), form != BATCH_FIRST and method.per_step == Evaluations()
    number: Any = jax.ShapeDtypeStruct((), x.dtype)
    return Pace(
        inner_steps=own.long_chunk if short else 1 if expensive else own.chunk[form],
        speculative=short and not method.accounts,  # accounts are kept at every step
        unroll=1 if form != SCALARS or has_long_operations(fn, (number,) * x.size) else own.unroll,
        early_exit=own.early_exit and form != SCALARS and not short,
        single_kernel=form == BATCH_LAST and not (short and _remembers_no_vector(method, x)),
        most_waiting=0.0 if expensive else own.waiting[form],
    )


def _remembers_no_vector(method: Method, x: Any) -> bool:
    rate = jax.ShapeDtypeStruct((), x.dtype)
    return not any(leaf.ndim for leaf in jax.tree.leaves(jax.eval_shape(method.init, x, rate)))
