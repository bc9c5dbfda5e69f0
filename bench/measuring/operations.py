"""The operations of a jaxpr, counted: what depends on the lane, and apart from it what the data alone decide.

A loop counts as often as it runs, a choice as its dearest branch, and what no result needs not at all. An elementary
function is one operation; what LAPACK and callbacks do is not seen. XLA's own count is the same where there is no loop,
but takes the body of a loop once, and does not tell what depends on what.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr

from solvers.transforms.jaxpr import NoRule, Rule, for_all, walk
from solvers.transforms.primitives import ELEMENTWISE
from solvers.transforms.version import Equation, parts, scan_parts


class Work(NamedTuple):
    """Floating-point operations, and the bytes that all operations read and write, one by one."""

    flops: float = 0.0
    bytes: float = 0.0

    def plus(self, other: "Work", times: float = 1.0) -> "Work":
        """This, and `times` the other."""
        return Work(self.flops + times * other.flops, self.bytes + times * other.bytes)


_NONE = Work()


class Bill(NamedTuple):
    """What a function of one lane asks for."""

    lane: Work = _NONE
    """Every time and for every lane."""
    batch: Work = _NONE
    """Once, since it depends on no lane: a constant Hessian, and its elimination."""
    products: bool = False
    """Are there products of arrays?"""

    def total(self, times: int) -> Work:
        """Of so many calls, of all lanes together."""
        return self.batch.plus(self.lane, times)


class Endless(NoRule):
    """A loop of which no jaxpr tells how often it runs."""


def charged(closed: ClosedJaxpr, moves: Sequence[bool]) -> Bill:
    """The bill of a jaxpr, of whose inputs those depend on the lane for which `moves` is true.

    Raises:
        Endless: it holds a loop without a fixed number of passes.
    """
    return _sum(_values(closed, moves))


@dataclass(frozen=True, eq=False)
class _Value:
    """A value of the jaxpr: does it depend on the lane, what did its own operation take, and of what was it made?"""

    moves: bool
    bill: Bill | None = None
    of: tuple["_Value", ...] = ()


def _values(closed: ClosedJaxpr, moves: Iterable[bool]) -> list[_Value]:
    return walk(closed, for_all(_operation, **_RULES), _constant, [_Value(each) for each in moves])


def _constant(number: Any) -> _Value:
    del number
    return _Value(False)


def _sum(results: Iterable[_Value]) -> Bill:
    """Of all that the results need, each operation once."""
    lane, batch, products = _NONE, _NONE, False
    seen, waiting = set[_Value](), list(results)
    while waiting:
        value = waiting.pop()
        if value in seen:
            continue
        seen.add(value)
        waiting += value.of
        if value.bill is not None:
            lane, batch = lane.plus(value.bill.lane), batch.plus(value.bill.batch)
            products |= value.bill.products
    return Bill(lane, batch, products)


def _made(inputs: Sequence[_Value], bill: Bill, moves: Sequence[bool]) -> list[_Value]:
    """The results of an operation, which is paid for once however many of them are needed."""
    paid = _Value(any(moves), bill, tuple(inputs))
    return [_Value(each, None, (paid,)) for each in moves]


def _operation(eqn: Equation, *inputs: _Value) -> list[_Value]:
    if eqn.primitive.name == "while" or any(map(_endless, parts(eqn))):
        raise Endless(f"{eqn.primitive.name} runs as often as it takes")
    moves = any(value.moves for value in inputs)
    work = Work(_flops(eqn), float(sum(map(_bytes, (*eqn.invars, *eqn.outvars)))))
    lane, batch = (work, _NONE) if moves else (_NONE, work)
    return _made(inputs, Bill(lane, batch, eqn.primitive.name in _PRODUCTS), [moves] * len(eqn.outvars))


def _endless(jaxpr: Any) -> bool:
    return any(eqn.primitive.name == "while" or any(map(_endless, parts(eqn))) for eqn in jaxpr.eqns)


def _scan(eqn: Equation, *inputs: _Value) -> list[_Value]:
    """What comes to depend on the lane on the way counts as if it did from the start."""
    n_consts, n_carry = scan_parts(eqn)
    moves, carried = [value.moves for value in inputs], slice(n_consts, n_consts + n_carry)
    while True:
        results = _values(eqn.params["jaxpr"], moves)
        after = [a or b.moves for a, b in zip(moves[carried], results[:n_carry], strict=True)]
        if after == moves[carried]:
            break
        moves[carried] = after
    once, passes = _sum(results), eqn.params["length"]
    bill = Bill(_NONE.plus(once.lane, passes), _NONE.plus(once.batch, passes), once.products)
    return _made(inputs, bill, [value.moves for value in results])


def _cond(eqn: Equation, *inputs: _Value) -> list[_Value]:
    branches = [_values(branch, (value.moves for value in inputs[1:])) for branch in eqn.params["branches"]]
    dearest = max(map(_sum, branches), key=lambda bill: bill.total(1).flops)
    chosen = inputs[0].moves
    return _made(
        inputs, dearest, [chosen or any(value.moves for value in each) for each in zip(*branches, strict=True)]
    )


def _call(eqn: Equation, *inputs: _Value) -> list[_Value]:
    """Of a function that has a derivative of its own."""
    called = next(value for value in eqn.params.values() if isinstance(value, ClosedJaxpr))
    return walk(called, for_all(_operation, **_RULES), _constant, inputs)


_RULES: dict[str, Rule] = {"scan": _scan, "cond": _cond, "custom_jvp_call": _call, "custom_vjp_call": _call}
_PRODUCTS = ("dot_general", "conv_general_dilated")
_MOVES = ("convert_element_type", "copy", "select_n", "stop_gradient")
_SUMS = ("reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "cumsum", "cumprod", "cummax", "cummin")


def _flops(eqn: Equation) -> float:
    """Operations that make a floating-point number of others."""
    name, made = eqn.primitive.name, eqn.outvars[0].aval if eqn.outvars else None
    if made is None or not jnp.issubdtype(made.dtype, jnp.floating):
        return 0.0
    size = float(math.prod(made.shape))
    if name == "dot_general":
        (contracted, _), _ = eqn.params["dimension_numbers"]
        return 2 * size * math.prod(eqn.invars[0].aval.shape[axis] for axis in contracted)
    if name == "conv_general_dilated":
        kernel, numbers = eqn.invars[1].aval.shape, eqn.params["dimension_numbers"]
        return 2 * size * math.prod(kernel) / kernel[numbers.rhs_spec[0]]
    if name in _SUMS:
        return float(math.prod(eqn.invars[0].aval.shape))
    if name == "integer_pow":
        return size * _multiplications(eqn.params["y"])
    return size if name in ELEMENTWISE and name not in _MOVES else 0.0


def _multiplications(power: int) -> int:
    """Of x^power by squaring; a division makes 1 / x of it."""
    bits = bin(abs(power)).count("1") + abs(power).bit_length() - 2
    return max(0, bits) + (power < 0)


def _bytes(variable: Any) -> int:
    kind = getattr(variable.aval, "dtype", None)
    return math.prod(getattr(variable.aval, "shape", ())) * getattr(kind, "itemsize", 0)
