"""Rules for arrays of objects, whatever the objects are: scalars of JAX, or expressions of algebra."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from solvers.transforms.jaxpr import NoRule, Rule
from solvers.transforms.version import Equation


def each(bind: Callable[..., Any]) -> Rule:
    """A rule that goes element by element, with broadcasting."""

    def rule(eqn: Equation, *inputs: np.ndarray) -> np.ndarray:
        outputs = np.empty(eqn.outvars[0].aval.shape, object)
        spread = np.broadcast_arrays(*inputs) if len(inputs) > 1 else inputs
        for index in np.ndindex(outputs.shape):
            outputs[index] = bind(eqn, *(values[index] for values in spread))
        return outputs

    return rule


def fold(combine: Callable[[Any, Any], Any]) -> Rule:
    """A rule that combines all elements along the equation's axes."""

    def rule(eqn: Equation, values: np.ndarray) -> np.ndarray:
        axes = eqn.params["axes"]
        kept = [axis for axis in range(values.ndim) if axis not in axes]
        rows = values.transpose(*kept, *axes).reshape(*(values.shape[axis] for axis in kept), -1)
        outputs = np.empty(rows.shape[:-1], object)
        for index in np.ndindex(outputs.shape):
            outputs[index] = tree_fold(combine, list(rows[index]))
        return outputs

    return rule


def tree_fold(combine: Callable[[Any, Any], Any], terms: list[Any]) -> Any:
    """Pairwise, so that rounding grows with the logarithm of the length and the chain of dependences stays short."""
    while len(terms) > 1:
        pairs = [combine(a, b) for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
    return terms[0]


def _slice(eqn: Equation, values: np.ndarray) -> np.ndarray:
    p = eqn.params
    strides = p["strides"] or (1,) * values.ndim
    return values[tuple(map(slice, p["start_indices"], p["limit_indices"], strides))]


def _broadcast(eqn: Equation, values: np.ndarray) -> np.ndarray:
    shape = [1] * len(eqn.params["shape"])
    for axis, size in zip(eqn.params["broadcast_dimensions"], values.shape, strict=True):
        shape[axis] = size
    return np.broadcast_to(values.reshape(shape), eqn.params["shape"])


def _reshaped(eqn: Equation, values: np.ndarray) -> np.ndarray:
    return values.reshape(eqn.outvars[0].aval.shape)


def _joined(eqn: Equation, *parts: np.ndarray) -> np.ndarray:
    return np.concatenate(parts, axis=eqn.params["dimension"])


def _stacked(eqn: Equation, *parts: np.ndarray) -> np.ndarray:
    return np.stack(parts, axis=eqn.params["axis"])


def _parted(eqn: Equation, values: np.ndarray) -> list[np.ndarray]:
    ends = np.cumsum(eqn.params["sizes"])[:-1]
    return np.split(values, ends, axis=eqn.params["axis"])


def _unstacked(eqn: Equation, values: np.ndarray) -> list[np.ndarray]:
    pieces = np.split(values, len(eqn.outvars), axis=eqn.params["axis"])
    return [piece.reshape(v.aval.shape) for piece, v in zip(pieces, eqn.outvars, strict=True)]


def _transposed(eqn: Equation, values: np.ndarray) -> np.ndarray:
    return values.transpose(eqn.params["permutation"])


def _reversed(eqn: Equation, values: np.ndarray) -> np.ndarray:
    return np.flip(values, eqn.params["dimensions"])


def _padded(eqn: Equation, values: np.ndarray, around: np.ndarray) -> np.ndarray:
    outputs = np.full(eqn.outvars[0].aval.shape, around[()], object)
    config = eqn.params["padding_config"]
    if any(low < 0 or high < 0 for low, high, _ in config):
        raise NoRule("pad by less than nothing has no scalar rule")
    places = [
        slice(low, size - high, 1 + inner) for (low, high, inner), size in zip(config, outputs.shape, strict=True)
    ]
    outputs[tuple(places)] = values
    return outputs


def _gathered(eqn: Equation, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """From places that are known: what is gathered are the elements' numbers, then the elements."""
    try:
        places = np.asarray(at, eqn.invars[1].aval.dtype)
    except (TypeError, ValueError, jax.errors.TracerArrayConversionError):
        raise NoRule("gather from places that are computed has no scalar rule") from None
    numbers = np.arange(1, values.size + 1, dtype=np.int32).reshape(values.shape)
    with jax.ensure_compile_time_eval():
        chosen = np.asarray(eqn.primitive.bind(numbers, places, **eqn.params | {"fill_value": 0}))
    if chosen.size and chosen.min() < 1:
        raise NoRule("gather from beyond an array has no scalar rule")
    return values.ravel()[chosen - 1]


def _as_it_is(eqn: Equation, values: np.ndarray) -> np.ndarray:
    del eqn
    return values


STRUCTURE: dict[str, Rule] = {
    "slice": _slice,
    "broadcast_in_dim": _broadcast,
    "reshape": _reshaped,
    "squeeze": _reshaped,
    "expand_dims": _reshaped,
    "concatenate": _joined,
    "stack": _stacked,
    "split": _parted,
    "unstack": _unstacked,
    "transpose": _transposed,
    "rev": _reversed,
    "pad": _padded,
    "gather": _gathered,
    "reshard": _as_it_is,
}
"""What moves elements and changes none."""
