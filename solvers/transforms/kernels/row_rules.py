"""Scalar rules for functions of data whose rows (observations) are never written out.

Of every array with an axis as long as there are rows, one row stands for all: its numbers are computations put off,
`row_sums.PerRow`, until a sum over that axis makes a loop of them. Whatever else combines rows has no rule.
"""

import math
from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np

from solvers.transforms.jaxpr import NoRule, Rule
from solvers.transforms.kernels.row_sums import INDEX, PerRow, deferred, summed
from solvers.transforms.scalars import scalar_rules
from solvers.transforms.version import Equation

_RULES = scalar_rules(deferred)
_SUMS = ("reduce_sum", "dot_general")
_SPREAD = ("broadcast_in_dim", "iota")
"""What may make an axis of rows where there was none."""
_REORDERED = ("rev", "gather", "pad", "cumsum")


class RowRules:
    """The rules for `rows` rows."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def __call__(self, name: str) -> Rule | None:
        """The rule for a primitive; None if there is none."""
        if (rule := _RULES.get(name)) is None:
            return None

        def on_one_row(eqn: Equation, *inputs: Any) -> Any:
            _refuse_what_mixes_rows(eqn, self.rows)
            if name == "iota" and self.along(eqn.params["shape"]) == eqn.params["dimension"]:
                return self._numbers(eqn)
            results = rule(one_row(eqn, self.rows), *inputs)
            return self._summed(eqn, results) if name in _SUMS and self._sums_rows(eqn) else results

        return on_one_row

    def along(self, shape: Any) -> int | None:
        """Which axis is the rows'."""
        return list(shape).index(self.rows) if self.rows in shape else None

    def _sums_rows(self, eqn: Equation) -> bool:
        row = self.along(eqn.invars[0].aval.shape)
        if eqn.primitive.name == "reduce_sum":
            return row in eqn.params["axes"]
        (over, _), _ = eqn.params["dimension_numbers"]
        return row in over

    def _summed(self, eqn: Equation, terms: np.ndarray) -> np.ndarray:
        totals = summed(list(terms.ravel()), self.rows, eqn.outvars[0].aval.dtype)
        cells = np.empty(len(totals), object)
        for k, total in enumerate(totals):
            cells[k] = total
        return cells.reshape(terms.shape)

    def _numbers(self, eqn: Equation) -> np.ndarray:
        """The number of the row, as a number of the equation's dtype."""
        dtype = eqn.outvars[0].aval.dtype
        number = PerRow(lambda k: jnp.asarray(k, dtype), [INDEX])
        return np.full(shrunk(eqn.params["shape"], self.rows), number, object)


def shrunk(shape: Any, rows: int) -> tuple[int, ...]:
    """The shape with one row."""
    return tuple(1 if size == rows else size for size in shape)


def one_row(eqn: Equation, rows: int) -> Equation:
    """The equation for one row."""

    def variable(v: Any) -> Any:
        return SimpleNamespace(aval=SimpleNamespace(shape=shrunk(v.aval.shape, rows), dtype=v.aval.dtype))

    params = dict(eqn.params)
    for name in ("shape", "new_sizes", "limit_indices"):
        if params.get(name) is not None:
            params[name] = shrunk(params[name], rows)
    own = {"primitive": eqn.primitive, "params": params}
    return SimpleNamespace(**own, invars=list(map(variable, eqn.invars)), outvars=list(map(variable, eqn.outvars)))


def _refuse_what_mixes_rows(eqn: Equation, rows: int) -> None:
    name, shapes = eqn.primitive.name, [v.aval.shape for v in eqn.invars]
    (after, *_), given = [v.aval.shape for v in eqn.outvars], [shape for shape in shapes if rows in shape]
    if any(list(shape).count(rows) > 1 for shape in (after, *shapes)):
        raise NoRule("two axes are as long as there are rows")
    if not given and rows in after and name not in _SPREAD:
        raise NoRule(f'"{name}" makes an axis as long as there are rows')
    if given and rows not in after and name not in _SUMS:
        raise NoRule(f'"{name}" takes rows apart')
    if given and name in _REORDERED:
        raise NoRule(f'"{name}" may set rows against each other')
    if given and name == "reshape" and _before(given[0], rows) != _before(after, rows):
        raise NoRule("a reshape mixes rows with something else")
    if name == "dot_general":
        _refuse_mixed_products(eqn, rows)


def _refuse_mixed_products(eqn: Equation, rows: int) -> None:
    (over_a, over_b), _ = eqn.params["dimension_numbers"]
    a, b = (v.aval.shape for v in eqn.invars)
    if any((a[i] == rows) != (b[j] == rows) for i, j in zip(over_a, over_b, strict=True)):
        raise NoRule("a product pairs rows with something else")


def _before(shape: tuple[int, ...], rows: int) -> int:
    """Numbers between one row and the next of a slower axis: which part of the order is not the rows'."""
    return math.prod(shape[: shape.index(rows)])
