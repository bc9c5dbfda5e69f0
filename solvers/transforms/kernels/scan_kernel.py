"""A recurrence along the vector of every lane as one kernel, for GPUs (Pallas, lowered by Triton).

XLA makes some kernels of each of its rows, to start one of which takes longer than its arithmetic. Here a thread has a
lane: what the recurrence carries stays in registers, and rows are read and written once, lanes beside each other.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun
from jaxtyping import Array

from solvers.transforms.jaxpr import length, primitives
from solvers.transforms.kernels.folding import folded
from solvers.transforms.kernels.pallas import interpreted, no_kernels
from solvers.transforms.primitives import ELEMENTWISE


class Recurrence(NamedTuple):
    """A scan over the rows of all lanes, whose body is arithmetic on numbers."""

    body: ClosedJaxpr
    """Of constants, what is carried and the row; gives what is carried on, and the row's results."""
    rows: int
    reverse: bool
    lanes: int
    constants: int
    """How many operands of the body are the same in all rows."""
    carried: int


def has_kernel(body: ClosedJaxpr) -> bool:
    """Can the body of a scan be made one, in the programs that are traced now?"""
    jaxpr = body.jaxpr
    variables = [*jaxpr.invars, *jaxpr.outvars, *(v for eqn in jaxpr.eqns for v in eqn.outvars)]
    numbers = not body.consts and all(not v.aval.shape for v in variables)
    return numbers and primitives(jaxpr) <= _KNOWN and length(jaxpr) <= _LONG and no_kernels() is None


_KNOWN = ELEMENTWISE - {"digamma", "erf", "erfc", "erf_inv", "lgamma", "le_to", "lt_to"}
"""Triton has no code for the functions left out."""
_LONG = 300
"""Operations of a row; of more the start of a kernel is a small part."""


def in_scan_kernel(known: Recurrence, operands: Sequence[Array]) -> list[Array]:
    """What is carried in the end, [lanes] each, and the results of all rows, [rows, lanes] each.

    Args:
        known: the recurrence.
        operands: constants, [lanes] each, or [] where all lanes share one; what is carried into the first row, [lanes]
            each; rows, [rows, lanes] each.
    """
    from jax.experimental import pallas as pl
    from jax.experimental.pallas import triton

    room = known.lanes + interpreted()  # there masked stores write at the masked places, too: at nobody's
    kinds = [aval.dtype for aval in known.body.out_avals]
    shapes = [(room,)] * known.carried + [(known.rows, room)] * (len(kinds) - known.carried)
    results = pl.pallas_call(
        partial(_run, known, room - 1 if interpreted() else 0),
        out_shape=[jax.ShapeDtypeStruct(*of) for of in zip(shapes, kinds, strict=True)],
        grid=(-(-known.lanes // _BLOCK),),
        interpret=interpreted(),
        compiler_params=triton.CompilerParams(num_warps=_BLOCK // 32, num_stages=1),
        name="recurrence",
    )(*map(jnp.atleast_1d, operands))
    return [result[..., : known.lanes] for result in results]


_BLOCK = 128
"""Lanes of a block; a power of two."""


def _run(known: Recurrence, nobodys: int, *refs: Any) -> None:
    """The kernel: the operands in, the results out."""
    from jax.experimental import pallas as pl
    from jax.experimental.pallas import triton

    place = jnp.int32(pl.program_id(0)) * _BLOCK + jnp.arange(_BLOCK, dtype=jnp.int32)
    inside = place < known.lanes
    at, to = jnp.where(inside, place, 0), jnp.where(inside, place, nobodys)
    load, store = partial(triton.load, mask=inside, other=0), partial(triton.store, mask=inside)
    step = jax.vmap(folded(jaxpr_as_fun(known.body), _nothing_to_read))
    inputs, outputs = refs[: len(known.body.in_avals)], refs[len(known.body.in_avals) :]
    begin, first_row = known.constants, known.constants + known.carried
    constants = [load(ref.at[at if ref.shape[0] > 1 else jnp.zeros_like(at)]) for ref in inputs[:begin]]

    def row(k: Any, carry: list[Array]) -> list[Array]:
        number = known.rows - 1 - k if known.reverse else k
        results = step(*constants, *carry, *(load(ref.at[number, at]) for ref in inputs[first_row:]))
        for ref, value in zip(outputs[known.carried :], results[known.carried :], strict=True):
            store(ref.at[number, to], value)
        return results[: known.carried]

    carry = lax.fori_loop(
        jnp.int32(0), jnp.int32(known.rows), row, [load(ref.at[at]) for ref in inputs[begin:first_row]]
    )
    for ref, value in zip(outputs, carry, strict=False):
        store(ref.at[to], value)


def _nothing_to_read(array: int, place: Any) -> Any:
    raise AssertionError(f"a recurrence reads no data, but array {array} at {place} was asked for")
