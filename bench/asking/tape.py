"""A function's operations one by one at a point: where a value, a slope or a curvature stops being finite.

The operations are run forward with their values and their slopes along a direction, then backward with the weights of
f's gradient and how these change along the direction, as reverse mode does inside JAX. Whatever is finite on the way
into an operation and not finite on the way out, that operation has made.
"""

import linecache
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core
from jaxtyping import Float, PyTree

from solvers.transforms.primitives import ELEMENTWISE
from solvers.transforms.version import Equation, binder, inner, written_at

MOST_OPERATIONS = 1500
"""Of a function that is walked through: each operation is compiled by itself, which takes some ten milliseconds."""
Broken = Literal["value", "gradient", "Hessian"]
_Place = tuple[str, int] | None


class TapeEntry(NamedTuple):
    """One operation: what it is, and the numbers of its inputs and results among all values."""

    eqn: Equation
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    place: _Place


class Origin(NamedTuple):
    """The operation at which something stops being finite."""

    what: Broken
    operation: str
    """JAX's name of it."""
    at: str
    """The numbers that went into it, in words."""
    unused: bool
    """Is its slope multiplied by 0, as in the branch of a `where` that is not taken?"""
    chosen: bool
    """Does a `where`, a maximum or a minimum further on choose between what comes of it and something else?"""
    place: str
    """File, line and the text there; empty where JAX does not tell."""


class Tape:
    """The operations of `fn(x, data)` for a vector x [n], functions that it calls written out; value 0 is x."""

    def __init__(self, fn: Callable[[Any, Any], Any], n: int, data: PyTree = ()) -> None:
        leaves, structure = jax.tree.flatten(data)
        x = jax.ShapeDtypeStruct((n,), jnp.result_type(float))
        closed = jax.make_jaxpr(lambda x, *leaves: fn(x, jax.tree.unflatten(structure, leaves)))(x, *leaves)
        self.entries: list[TapeEntry] = []
        self.constants: dict[int, Any] = {1 + k: jnp.asarray(leaf) for k, leaf in enumerate(leaves)}
        self._count = 1 + len(leaves)
        consts = [self._constant(value) for value in closed.consts]
        self.result = self._walk(closed.jaxpr, consts, list(range(1 + len(leaves))), None)[0]

    def evaluated(self, wanted: int, x: Any, data: PyTree) -> Any:
        """The value of that number, for another x and other data; nothing that comes after it is computed."""
        values = {**self.constants, 0: x, **{1 + k: leaf for k, leaf in enumerate(jax.tree.leaves(data))}}
        for entry in self.entries:
            if wanted in values:
                break
            inputs = [values[i] for i in entry.ins]
            values.update(zip(entry.outs, _of(entry, inputs, ())(), strict=True))
        return values[wanted]

    def origin(self, x: Float[np.ndarray, " n"], what: Broken) -> Origin | None:
        """The operation that makes f, its gradient or its Hessian at x infinite or NaN, where the others are finite.

        None where there is none, or where the walk itself fails, as it does at an operation without a derivative.
        """
        if len(self.entries) > MOST_OPERATIONS:
            return None
        try:
            walk = _Walk(self, jnp.asarray(x), what)
            return walk.value() if what == "value" else walk.slope()
        except (TypeError, ValueError, NotImplementedError):
            return None

    def _walk(self, jaxpr: Any, consts: list[int], args: list[int], called_at: _Place) -> list[int]:
        held = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *args], strict=True))

        def number(atom: Any) -> int:
            return self._constant(atom.val) if isinstance(atom, core.Literal) else held[atom]

        for eqn in jaxpr.eqns:
            ins, place = [number(atom) for atom in eqn.invars], called_at or written_at(eqn)
            if (called := inner(eqn)) is not None:
                outs = self._walk(called.jaxpr, [self._constant(value) for value in called.consts], ins, place)
            else:
                outs = [self._new() for _ in eqn.outvars]
                self.entries.append(TapeEntry(eqn, tuple(ins), tuple(outs), place))
            held.update(zip(eqn.outvars, outs, strict=True))
        return [number(atom) for atom in jaxpr.outvars]

    def _constant(self, value: Any) -> int:
        number = self._new()
        self.constants[number] = jnp.asarray(value)
        return number

    def _new(self) -> int:
        self._count += 1
        return self._count - 1


class _Walk:
    """One walk along a tape, at one point."""

    def __init__(self, tape: Tape, x: Any, what: Broken) -> None:
        self.tape, self.what = tape, what
        self.values: dict[int, Any] = {**tape.constants, 0: x}
        self.slopes: dict[int, Any] = {0: jnp.ones_like(x)}
        """Of what depends on x; of a gradient alone only which those are."""
        for entry in tape.entries:
            self._forward(entry)

    def value(self, of: int | None = None) -> Origin | None:
        """The last operation, seen from f or another value, that makes of finite numbers what is not finite."""
        needed = {self.tape.result if of is None else of}
        for entry in reversed(self.tape.entries):
            if needed.isdisjoint(entry.outs) or _finite(self.values[i] for i in entry.outs):
                continue
            if _finite(self.values[i] for i in entry.ins):
                return self._origin(entry, [~np.isfinite(np.asarray(self.values[i])) for i in entry.outs])
            needed.update(entry.ins)
        return None

    def slope(self) -> Origin | None:
        """The first operation on the way back from f whose weights or their changes are not finite."""
        one = jnp.ones_like(self.values[self.tape.result])
        weights, changes = {self.tape.result: one}, {self.tape.result: jnp.zeros_like(one)}
        for entry in reversed(self.tape.entries):
            moving = [k for k, i in enumerate(entry.ins) if i in self.slopes]
            if (
                moving
                and any(i in weights for i in entry.outs)
                and (made := self._back(entry, moving, weights, changes))
            ):
                return made
        return None

    def _forward(self, entry: TapeEntry) -> None:
        inputs = [self.values[i] for i in entry.ins]
        moving = [k for k, i in enumerate(entry.ins) if i in self.slopes]
        fn, at = _of(entry, inputs, moving), [inputs[k] for k in moving]
        if not moving or self.what != "Hessian":
            results = fn(*at)
            tangents = [0.0 if result.dtype.kind in "fc" else None for result in results] if moving else []
        else:
            along = [self.slopes[entry.ins[k]] for k in moving]
            results, tangents = jax.jit(lambda at, along: jax.jvp(fn, at, along))(at, along)
        self.values.update(zip(entry.outs, results, strict=True))
        self.slopes.update((i, t) for i, t in zip(entry.outs, tangents, strict=False) if _is_slope(t))

    def _back(
        self, entry: TapeEntry, moving: list[int], weights: dict[int, Any], changes: dict[int, Any]
    ) -> Origin | None:
        inputs = [self.values[i] for i in entry.ins]
        fn, at = _of(entry, inputs, moving), [inputs[k] for k in moving]
        zeros = [_zeros(self.values[i]) for i in entry.outs]
        given, shift = ([held.get(i, z) for i, z in zip(entry.outs, zeros, strict=True)] for held in (weights, changes))

        def pull(at: Any, given: Any) -> Any:
            return jax.vjp(fn, *at)[1](given)

        if self.what == "Hessian":
            along = [self.slopes[entry.ins[k]] for k in moving]
            back, shifted = jax.jit(lambda p, t: jax.jvp(pull, p, t))((at, given), (along, shift))
        else:
            back = shifted = jax.jit(pull)(at, given)
        for held, made in ((weights, back), (changes, shifted)):
            for k, part in zip(moving, made, strict=True):
                held[entry.ins[k]] = held[entry.ins[k]] + part if entry.ins[k] in held else part
        if not _finite([*given, *shift]) or _finite([*back, *shifted]):
            return None
        bad = [~(np.isfinite(np.asarray(b)) & np.isfinite(np.asarray(s))) for b, s in zip(back, shifted, strict=True)]
        unused = not any(np.any(_culprit(entry, g, bad)) for g in given)
        for i in entry.ins:
            # 0 times the infinity of a branch that is not taken: the fault is where that infinity was made.
            if not _finite([self.values[i]]) and (made := self.value(of=i)):
                return made._replace(unused=unused)
        return self._origin(entry, bad, unused)

    def _origin(self, entry: TapeEntry, bad: Sequence[np.ndarray], unused: bool = False) -> Origin:
        at = " and ".join(dict.fromkeys(_shown(_culprit(entry, self.values[i], bad)) for i in entry.ins))
        place = shown_place(entry.place)
        return Origin(self.what, entry.eqn.primitive.name, at, unused, self._is_chosen(entry), place)

    def _is_chosen(self, entry: TapeEntry) -> bool:
        """Is what comes of the operation one of the branches of a choice?"""
        reached = set(entry.outs)
        for later in self.tape.entries[self.tape.entries.index(entry) + 1 :]:
            branches = later.ins[1:] if later.eqn.primitive.name == "select_n" else later.ins
            if later.eqn.primitive.name in _CHOICES and not reached.isdisjoint(branches):
                return True
            if not reached.isdisjoint(later.ins):
                reached.update(later.outs)
        return False


_CHOICES = ("select_n", "max", "min")


def _of(entry: TapeEntry, inputs: Sequence[Any], moving: Sequence[int]) -> Callable[..., list[Any]]:
    """The operation as a function of those of its inputs that move with x."""

    def fn(*moved: Any) -> list[Any]:
        whole = list(inputs)
        for k, value in zip(moving, moved, strict=True):
            whole[k] = value
        made = binder(entry.eqn)(*whole)
        return list(made) if entry.eqn.primitive.multiple_results else [made]

    return fn


def _is_slope(tangent: Any) -> bool:
    return tangent is not None and getattr(tangent, "dtype", None) != jax.dtypes.float0


def _zeros(value: Any) -> Any:
    """A weight of a result that has none; of whole numbers JAX wants one of a kind of its own."""
    return jnp.zeros_like(value) if value.dtype.kind in "fc" else np.zeros(value.shape, jax.dtypes.float0)


def _finite(values: Any) -> bool:
    arrays = (np.asarray(value) for value in values)
    return all(np.isfinite(array).all() for array in arrays if array.dtype.kind in "fc")


def _culprit(entry: TapeEntry, given: Any, bad: Sequence[np.ndarray]) -> np.ndarray:
    """Of an operation element by element that one which is not finite; the whole array of any other."""
    value, masks = np.asarray(given), [mask for mask in bad if mask.any()]
    one_by_one = entry.eqn.primitive.name in (*ELEMENTWISE, "custom_jvp_call")
    return value[masks[0]][:1] if one_by_one and masks and masks[0].shape == value.shape else value


_LONGEST = 120
"""Characters of a line of code that are shown."""


def shown_place(place: _Place) -> str:
    """File, line and the text there."""
    if place is None:
        return ""
    text = linecache.getline(*place).strip()[:_LONGEST]
    return f"{Path(place[0]).name}:{place[1]}" + (f": {text}" if text else "")


def _shown(value: Any) -> str:
    """A number, or of an array what may matter: its smallest and largest, and how many are 0."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiu" or not array.size:
        return f"an array {array.shape}"
    if array.size == 1:
        return f"{array.ravel()[0]:.4g}"
    zeros = int((array == 0).sum())
    told = f", {zeros} of {array.size} are 0" if zeros else ""
    return f"numbers from {array.min():.4g} to {array.max():.4g}{told}"
