"""What a kernel does with data, as operations of JAX: to read a number, and to sum over the rows of a data set.

Inside a kernel such a sum is a loop: a row is read, a term computed from it and from numbers that are the same for all
rows, and added. Its derivatives are sums over the same rows, so value, gradient and Hessian of a statistical model are
each one loop, whatever the length of the data.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Primitive, jaxpr_as_fun
from jax.interpreters import ad
from jaxtyping import Array


class RowColumn(NamedTuple):
    """One number a row: of array number `array`, at the indices `others` of its other axes, `axis` being the rows'."""

    array: int
    axis: int
    others: tuple[int, ...]
    dtype: str

    def place(self, row: Any) -> tuple[Any, ...]:
        """The index of the number in a row."""
        return *self.others[: self.axis], row, *self.others[self.axis :]


INDEX = RowColumn(-1, 0, (), "int32")
"""The number of the row itself."""

read_p = Primitive("read")
"""A number of an array, read where it is used: parameters `array`, `place` (its index) and `dtype`; no operands."""
read_p.def_abstract_eval(lambda *, array, place, dtype: jax.core.ShapedArray((), np.dtype(dtype)))
row_sum_p = Primitive("row_sum")
"""Parameters: `term`, a closed jaxpr of the common numbers and one number per column; `columns`; `rows`, their count.
Operands: the common numbers, each a scalar. Results: the sum of every result of `term`."""
row_sum_p.multiple_results = True
_tangents_p = Primitive("row_sum_tangents")
"""The derivative of a row sum along a direction: the same parameters; the operands are point and direction."""
_tangents_p.multiple_results = True


def row_sum(term: ClosedJaxpr, columns: tuple[RowColumn, ...], rows: int, *common: Any) -> list[Any]:
    """The sums over all rows of the results of `term(*common, *row)`."""
    return row_sum_p.bind(*common, term=term, columns=columns, rows=rows)


def _result_types(*operands: Any, term: ClosedJaxpr, **_: Any) -> list[Any]:
    del operands
    return term.out_avals


row_sum_p.def_abstract_eval(_result_types)
_tangents_p.def_abstract_eval(_result_types)


def _jvp(primals: Sequence[Any], tangents: Sequence[Any], **params: Any) -> tuple[list[Any], list[Any]]:
    directions = [ad.instantiate_zeros(tangent) for tangent in tangents]
    return row_sum_p.bind(*primals, **params), _tangents_p.bind(*primals, *directions, **params)


def _transpose(cotangents: Sequence[Any], *operands: Any, term: ClosedJaxpr, **params: Any) -> list[Any]:
    common = operands[: len(operands) // 2]
    pulls = [ad.instantiate_zeros(cotangent) for cotangent in cotangents]
    gradient = row_sum_p.bind(*common, *pulls, term=_pulled_back(term, len(common)), **params)
    return [*[None] * len(common), *gradient]


ad.primitive_jvps[row_sum_p] = _jvp
ad.primitive_transposes[_tangents_p] = _transpose


@lru_cache(maxsize=64)
def _pulled_back(term: ClosedJaxpr, common: int) -> ClosedJaxpr:
    """The term of the gradient: of the common numbers, the cotangents of the sums, and the row."""
    shapes = [jax.ShapeDtypeStruct((), aval.dtype) for aval in term.in_avals]
    pulls = [jax.ShapeDtypeStruct((), aval.dtype) for aval in term.out_avals]

    def gradient(*values: Array) -> list[Any]:
        given, pull, row = values[:common], values[common : common + len(pulls)], values[common + len(pulls) :]
        pull_back = jax.vjp(lambda *given: jaxpr_as_fun(term)(*given, *row), *given)[1]
        return list(pull_back(list(pull)))

    return jax.make_jaxpr(gradient)(*shapes[:common], *pulls, *shapes[common:])


class PerRow:
    """A number that differs from row to row, kept as the computation that makes it until its rows are summed."""

    __slots__ = ("inputs", "make")

    def __init__(self, make: Callable[..., Any], inputs: Sequence[Any]) -> None:
        self.make, self.inputs = make, tuple(inputs)

    @classmethod
    def read(cls, column: RowColumn) -> "PerRow":
        """The number of a column."""
        return cls(lambda value: value, [column])


def deferred(fn: Callable[..., Any]) -> Callable[..., Any]:
    """`fn` of scalars, put off where one of them differs from row to row."""

    def call(*inputs: Any) -> Any:
        return PerRow(fn, inputs) if any(isinstance(value, PerRow) for value in inputs) else fn(*inputs)

    return call


def summed(numbers: Sequence[Any], rows: int, dtype: Any) -> list[Any]:
    """The sums over the rows of numbers that differ from row to row, or not."""
    leaves = {id(leaf): leaf for number in numbers for leaf in _leaves(number, set())}.values()
    columns = list(dict.fromkeys(leaf for leaf in leaves if isinstance(leaf, RowColumn)))
    common = [leaf for leaf in leaves if isinstance(leaf, jax.core.Tracer)]

    def term(given: list[Array], row: list[Array]) -> list[Array]:
        known = dict(zip(map(id, common), given, strict=True)) | dict(zip(columns, row, strict=True))
        return [jnp.asarray(_computed(number, known), dtype) for number in numbers]

    kinds = [[jax.ShapeDtypeStruct((), leaf.dtype) for leaf in part] for part in (common, columns)]
    return row_sum(jax.make_jaxpr(term)(*kinds), tuple(columns), rows, *common)


def _leaves(node: Any, seen: set[int]) -> Iterator[Any]:
    """What a number is made of in the end, in a fixed order: columns and common numbers."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if not isinstance(node, PerRow):
        yield node
        return
    for value in node.inputs:
        yield from _leaves(value, seen)


def _computed(node: Any, known: dict[Any, Any]) -> Any:
    """The number, each part of it computed once; `known` holds what is given and grows."""
    if isinstance(node, RowColumn):
        return known[node]
    if not isinstance(node, PerRow):
        return known.get(id(node), node)
    if id(node) not in known:
        known[id(node)] = node.make(*(_computed(value, known) for value in node.inputs))
    return known[id(node)]
