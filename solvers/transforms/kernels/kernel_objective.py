"""An objective as scalar code for a kernel: numbers of x in registers, data read where they are used.

Three things are told apart in the function's jaxpr: what is constant is computed now; what depends on the data alone is
computed once a batch, outside the kernel; what depends on x is recorded, to be run on scalars inside it. Where the data
have many rows, sums over them become loops.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from solvers.transforms.jaxpr import NoRule, RuleFor, for_all, rule_of, walk
from solvers.transforms.kernels.row_rules import RowRules, one_row
from solvers.transforms.kernels.row_sums import PerRow, RowColumn, read_p
from solvers.transforms.scalars import RULES, Scalars, as_cells, as_vector, operations
from solvers.transforms.version import Equation, binder

_MOST_OPERATIONS = 700
"""Of one evaluation, the term of a sum over rows counted once: beyond it the code is long and spills registers."""
_PLAIN = 40
"""Up to so many operations rows are written out: a loop costs more than it saves."""
_FEWEST_ROWS = 5


class Slot(NamedTuple):
    """A value that depends on x, by its number; x itself is number 0."""

    number: int


class Given(NamedTuple):
    """A value that depends on the data, and not on x."""

    value: Any


class Operation(NamedTuple):
    """An equation of values that depend on x."""

    eqn: Equation
    inputs: tuple[Any, ...]
    outputs: tuple[Slot, ...]


@dataclass(frozen=True, eq=False)
class KernelObjective:
    """A function of x whose data are bound: what is done with x, and the arrays that this reads."""

    dtype: Any
    operations: tuple[Operation, ...]
    result: Any
    arrays: tuple[Array, ...]
    """Computed from the data, or constants with a number for every row."""
    rows: int | None
    """The length of the axis that loops sum over; None where everything is written out."""

    def __call__(self, x: Scalars) -> Any:
        """The value at n scalars; only `kernels.folding` can run it, which knows where the arrays are."""
        rule_for: RuleFor = RULES.get if self.rows is None else RowRules(self.rows)
        cells = {id(array): self._cells(number) for number, array in enumerate(self.arrays)}
        values = {Slot(0): as_vector(x)}

        def value(atom: Any) -> np.ndarray:
            if isinstance(atom, Slot):
                return values[atom]
            held = atom.value if isinstance(atom, Given) else atom
            return cells[id(held)] if id(held) in cells else as_cells(held)

        for operation in self.operations:
            result = rule_of(operation.eqn, rule_for)(operation.eqn, *map(value, operation.inputs))
            results = result if isinstance(result, list) else [result]
            values.update(zip(operation.outputs, results, strict=True))
        return jnp.asarray(value(self.result)[()], self.dtype)

    def _cells(self, number: int) -> np.ndarray:
        array = self.arrays[number]
        axis = list(array.shape).index(self.rows) if self.rows in array.shape else None
        shape = array.shape if axis is None else (*array.shape[:axis], 1, *array.shape[axis + 1 :])
        cells = np.empty(shape, object)
        for index in np.ndindex(shape):
            if axis is None:
                cells[index] = read_p.bind(array=number, place=index, dtype=str(array.dtype))
            else:
                others = (*index[:axis], *index[axis + 1 :])
                cells[index] = PerRow.read(RowColumn(number, axis, others, str(array.dtype)))
        return cells


def kernel_objective(fn: Callable[[Any, PyTree], Any], n: int, dtype: Any, data: PyTree) -> KernelObjective:
    """`fn(x, data)` for x [n] of `dtype`; data may be traced.

    Raises:
        NoRule: it is too long, or holds what has no scalar rule.
    """
    recorder = _Recorder()
    leaves, tree = jax.tree.flatten(data)
    kinds = [jax.ShapeDtypeStruct((n,), dtype), *(jax.ShapeDtypeStruct(np.shape(leaf), leaf.dtype) for leaf in leaves)]
    closed = jax.make_jaxpr(lambda x, *leaves: fn(x, jax.tree.unflatten(tree, leaves)))(*kinds)
    (result,) = walk(closed, for_all(recorder.record), _known, [Slot(0), *map(Given, leaves)])
    failures: list[str] = []
    for rows in _candidates(recorder.done, n):
        try:
            objective = _read_by(recorder.done, result, dtype, rows)
            _try(objective, n)
            return objective
        except NoRule as reason:
            failures.append(_clause(rows, reason))
    raise NoRule("; ".join(reversed(failures)))


def _clause(rows: int | None, reason: NoRule) -> str:
    text = str(reason).partition(";")[0]
    return text if rows is None else f"with a loop over {rows} rows: {text}"


class _Recorder:
    """Computes what does not depend on x, and records what does."""

    def __init__(self) -> None:
        self.done: list[Operation] = []
        self._slots = 1

    def record(self, eqn: Equation, *values: Any) -> list[Any]:
        if not any(isinstance(value, Slot) for value in values):
            return _computed(eqn, values)
        outputs = tuple(Slot(self._slots + k) for k in range(len(eqn.outvars)))
        self._slots += len(outputs)
        self.done.append(Operation(eqn, values, outputs))
        return list(outputs)


def _computed(eqn: Equation, values: Sequence[Any]) -> list[Any]:
    if any(isinstance(value, Given) for value in values):
        results = binder(eqn)(*(value.value if isinstance(value, Given) else value for value in values))
        return list(map(Given, results if eqn.primitive.multiple_results else [results]))
    with jax.ensure_compile_time_eval():
        results = binder(eqn)(*values)
        return list(map(np.asarray, results if eqn.primitive.multiple_results else [results]))


def _known(constant: Any) -> Any:
    return Given(constant) if isinstance(constant, jax.core.Tracer) else np.asarray(constant)


def _candidates(done: Sequence[Operation], n: int) -> Iterator[int | None]:
    """Lengths that the axis of the rows may have, the longest first; None for no such axis."""
    plain = sum(operations(operation.eqn) for operation in done)
    if plain <= _PLAIN:
        yield None
        return
    held = [atom for operation in done for atom in operation.inputs if not isinstance(atom, Slot)]
    lengths = {size for atom in held for size in np.shape(atom.value if isinstance(atom, Given) else atom)}
    yield from sorted((size for size in lengths - {n} if size >= _FEWEST_ROWS), reverse=True)
    yield None


def _read_by(done: Sequence[Operation], result: Any, dtype: Any, rows: int | None) -> KernelObjective:
    length = sum(operations(operation.eqn if rows is None else one_row(operation.eqn, rows)) for operation in done)
    if length > _MOST_OPERATIONS:
        raise NoRule(f"{length} operations are too many for a kernel, at most {_MOST_OPERATIONS} are allowed")
    # What has a number for every row must be read; other constants are part of the code.
    constants: dict[int, Any] = {}

    def atom(held: Any) -> Any:
        if isinstance(held, Slot | Given) or rows not in np.shape(held):
            return held
        return constants.setdefault(id(held), Given(jnp.asarray(held)))

    done = tuple(operation._replace(inputs=tuple(map(atom, operation.inputs))) for operation in done)
    given = [held.value for operation in done for held in (*operation.inputs, result) if isinstance(held, Given)]
    arrays = {id(value): value for value in given}
    return KernelObjective(dtype, done, result, tuple(arrays.values()), rows)


def _try(objective: KernelObjective, n: int) -> None:
    """Raises NoRule where an operation has no rule."""
    kinds = (jax.ShapeDtypeStruct((), objective.dtype),) * n
    jax.eval_shape(jax.grad(objective), kinds)
