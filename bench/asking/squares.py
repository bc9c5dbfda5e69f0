"""Is a function written as a sum of squares? Then the residuals are there, and methods for least squares can run."""

import jax
import jax.numpy as jnp
import numpy as np

from bench.asking.tape import Tape, TapeEntry
from problems import Problem
from problems.least_squares import Residuals


def residuals_of(problem: Problem, tape: Tape) -> tuple[Residuals, int] | None:
    """The residuals r with f = sum(r^2), and how many: the problem's own, or those that f's last operations show.

    Looked for are sum(r**2), sum(r * r), r @ r, and means and positive multiples of them.
    """
    residuals = problem.residuals or _found(tape)
    if residuals is None:
        return None
    x, data = jax.ShapeDtypeStruct((problem.dim,), jnp.result_type(float)), jax.tree.map(np.asarray, problem.data)
    size = jax.eval_shape(residuals, x, data).size
    return (residuals, size) if size > 1 else None


def _found(tape: Tape) -> Residuals | None:
    made = {number: entry for entry in tape.entries for number in entry.outs}
    factor, entry = 1.0, made.get(tape.result)
    while entry is not None:
        name = entry.eqn.primitive.name
        if name == "dot_general" and entry.ins[0] == entry.ins[1]:
            return _scaled(tape, entry.ins[0], factor)
        if name == "reduce_sum":
            square = made.get(entry.ins[0])
            return _scaled(tape, square.ins[0], factor) if square is not None and _is_square(square) else None
        kept, by = _multiple(entry, tape)
        if kept is None or by <= 0:
            return None
        factor, entry = factor * by, made.get(kept)
    return None


def _scaled(tape: Tape, number: int, factor: float) -> Residuals:
    return lambda x, data: jnp.ravel(tape.evaluated(number, x, data)) * factor**0.5


def _is_square(entry: TapeEntry) -> bool:
    name = entry.eqn.primitive.name
    power = name == "integer_pow" and entry.eqn.params["y"] == 2
    return power or name == "square" or (name == "mul" and entry.ins[0] == entry.ins[1])


def _multiple(entry: TapeEntry, tape: Tape) -> tuple[int | None, float]:
    """Of a multiple by a constant, what is multiplied, and the constant; None where it is none."""
    name = entry.eqn.primitive.name
    if name in ("copy", "squeeze", "reshape", "convert_element_type"):
        return entry.ins[0], 1.0
    if name not in ("mul", "div"):
        return None, 1.0
    left, right = (tape.constants.get(i) for i in entry.ins)
    if right is not None and right.size == 1:
        return entry.ins[0], float(right.ravel()[0]) ** (1 if name == "mul" else -1)
    if left is not None and left.size == 1 and name == "mul":
        return entry.ins[1], float(left.ravel()[0])
    return None, 1.0
