"""A function of scalars made ready for a kernel: no dead code, nothing left to do with constants, loops over rows.

A compiler of kernels (Triton) refuses operations on constants, and would run a loop whose result nobody uses.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.core import ClosedJaxpr, Literal
from jaxtyping import PyTree

from solvers.transforms.jaxpr import NoRule, length
from solvers.transforms.kernels.row_sums import INDEX
from solvers.transforms.version import Equation, binder, inner

_MOST_OPERATIONS = 4000
"""Of a step, those that folding removes included: beyond it a kernel takes a minute to compile."""
Load = Callable[[int, tuple[Any, ...]], Any]
"""(number of an array, index) -> the number there, inside the kernel."""


def folded(fn: Callable[..., PyTree], load: Load) -> Callable[..., PyTree]:
    """`fn` of trees of scalars, simplified; data are read by `load`.

    Raises:
        NoRule: when called, if `fn` is too long for a kernel.
    """

    def call(*args: PyTree) -> PyTree:
        closed, shapes = jax.make_jaxpr(fn, return_shape=True)(*args)
        if (operations := length(closed.jaxpr)) > _MOST_OPERATIONS:
            raise NoRule(
                f"{operations} operations in a step are too many for a kernel; at most {_MOST_OPERATIONS} are allowed"
            )
        wanted = [True] * len(closed.jaxpr.outvars)
        return jax.tree.unflatten(jax.tree.structure(shapes), _run(closed, jax.tree.leaves(args), wanted, load))

    return call


def _run(closed: ClosedJaxpr, args: Sequence[Any], wanted: Sequence[bool], load: Load) -> list[Any]:
    """The results; None for those that are not wanted."""
    jaxpr = closed.jaxpr
    needed = _needed(jaxpr, wanted)
    values: dict[Any, Any] = dict(zip(jaxpr.invars, args, strict=True))
    values |= dict(zip(jaxpr.constvars, map(_plain, closed.consts), strict=True))

    def read(atom: Any) -> Any:
        return _plain(atom.val) if isinstance(atom, Literal) else values[atom]

    for eqn in jaxpr.eqns:
        used = [v in needed for v in eqn.outvars]
        if any(used):
            values.update(zip(eqn.outvars, _results(eqn, list(map(read, eqn.invars)), used, load), strict=True))
    return [read(atom) if keep else None for atom, keep in zip(jaxpr.outvars, wanted, strict=True)]


def _needed(jaxpr: Any, wanted: Sequence[bool]) -> set[Any]:
    """The variables that the wanted results depend on."""
    needed = _variables(atom for atom, keep in zip(jaxpr.outvars, wanted, strict=True) if keep)
    for eqn in reversed(jaxpr.eqns):
        if not needed.isdisjoint(eqn.outvars):
            needed |= _variables(eqn.invars)
    return needed


def _variables(atoms: Iterable[Any]) -> set[Any]:
    return {atom for atom in atoms if not isinstance(atom, Literal)}


def _results(eqn: Equation, inputs: list[Any], used: list[bool], load: Load) -> list[Any]:
    name = eqn.primitive.name
    # A derivative rule has done its work where its function is called: it can be taken apart.
    called = eqn.params["call_jaxpr"] if name == "custom_jvp_call" else inner(eqn)
    if called is not None:
        return _run(called, inputs, used, load)
    if name == "read":
        return [load(eqn.params["array"], eqn.params["place"])]
    if name == "row_sum":
        return _loop(eqn, inputs, used, load)
    if name in ("copy", "copy_p"):
        return inputs
    if name == "mul" and (one := next((k for k in (0, 1) if _is_one(inputs[k])), None)) is not None:
        return [inputs[1 - one]]
    results = _bound(eqn, inputs)
    return list(results) if eqn.primitive.multiple_results else [results]


def _bound(eqn: Equation, inputs: list[Any]) -> Any:
    if any(isinstance(value, jax.core.Tracer) for value in inputs):
        return binder(eqn)(*inputs)
    with jax.ensure_compile_time_eval():
        return jax.tree.map(_plain, binder(eqn)(*inputs))


def _plain(constant: Any) -> Any:
    """A NumPy scalar, which a kernel holds as a part of its code."""
    return constant if isinstance(constant, jax.core.Tracer) else np.asarray(constant)[()]


def _is_one(value: Any) -> bool:
    return isinstance(value, np.generic) and bool(value == 1)


def _loop(eqn: Equation, common: list[Any], used: list[bool], load: Load) -> list[Any]:
    """A sum over the rows: of each row one term after the other, in the order of the data."""
    term, columns, rows = (eqn.params[name] for name in ("term", "columns", "rows"))
    kept = [aval.dtype for aval, use in zip(term.out_avals, used, strict=True) if use]

    def add(row: Any, totals: list[Any]) -> list[Any]:
        numbers = [row if column == INDEX else load(column.array, column.place(row)) for column in columns]
        terms = [value for value in _run(term, [*common, *numbers], used, load) if value is not None]
        return [total + value for total, value in zip(totals, terms, strict=True)]

    totals = iter(lax.fori_loop(np.int32(0), np.int32(rows), add, [jnp.zeros((), dtype) for dtype in kept]))
    return [next(totals) if use else None for use in used]
