"""A pytree of parameters as a vector, and back: dicts, dataclasses, modules of equinox. Names are kept for messages."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, PyTree


class Leaf(NamedTuple):
    """One leaf: numbers of a shape, or what stays as it is, a function or a flag."""

    name: str
    shape: tuple[int, ...] = ()
    is_complex: bool = False
    """A complex number is a pair of variables, its real and its imaginary part."""
    kept: Any = None
    """What stays as it is."""
    varies: bool = True

    @property
    def size(self) -> int:
        """How many variables it is."""
        return prod(self.shape) * (2 if self.is_complex else 1) if self.varies else 0

    @property
    def names(self) -> list[str]:
        """Of its variables: w for one number, w[0,1] within an array, .re and .im of a complex one."""
        places = [f"[{','.join(map(str, at))}]" if self.shape else "" for at in np.ndindex(*self.shape)]
        parts = (".re", ".im") if self.is_complex else ("",)
        return [f"{self.name}{place}{part}" for place in places for part in parts] if self.varies else []


@dataclass(frozen=True, eq=False)
class Parameters:
    """How a pytree becomes a vector [n]; made by `parameters_of`."""

    structure: Any
    leaves: tuple[Leaf, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the n variables."""
        return tuple(name for leaf in self.leaves for name in leaf.names)

    def tree(self, x: Float[Array, " n"]) -> PyTree:
        """The pytree whose numbers are x, in the dtype of x."""
        ends = np.cumsum([0, *(leaf.size for leaf in self.leaves)])
        pieces = (x[low:high] for low, high in pairwise(ends))
        return jax.tree.unflatten(
            self.structure, [_shaped(leaf, piece) for leaf, piece in zip(self.leaves, pieces, strict=True)]
        )

    def vector(self, tree: PyTree) -> Float[np.ndarray, " n"]:
        """The numbers of such a pytree, float64; a single number stands for all of them.

        Raises:
            ValueError: its structure or a shape is another.
        """
        if isinstance(tree, int | float):
            return np.full(len(self.names), float(tree))
        leaves, structure = jax.tree.flatten(_with_arrays(tree))
        if structure != self.structure:
            raise ValueError(f"the parameters have the structure {self.structure}, got {structure}")
        return np.concatenate([_numbers(leaf, value) for leaf, value in zip(self.leaves, leaves, strict=True)])

    def box(
        self, start: Float[np.ndarray, " n"], lower: PyTree, upper: PyTree
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """The corners that are given; without them a tenth of max(1, |start_i|) to either side of the start.

        Raises:
            ValueError: one without the other, or a start outside of them, whose first variable is named.
        """
        if lower is None and upper is None:
            margin = 0.1 * np.maximum(1.0, np.abs(start))
            return start - margin, start + margin
        if lower is None or upper is None:
            raise ValueError("lower and upper are given together or not at all")
        low, high = self.vector(lower), self.vector(upper)
        if (outside := ~((low <= start) & (start <= high))).any():
            i = int(np.argmax(outside))
            raise ValueError(f"the start of {self.names[i]} is {start[i]:g}, outside its box [{low[i]:g}, {high[i]:g}]")
        return low, high

    def refuse_unless_real(self, fn: Callable[..., Any], data: PyTree) -> None:
        """Traces `fn(x, data)` once.

        Raises:
            ValueError: it returns something else than one real number.
        """
        found = jax.eval_shape(fn, self._shape(), data)
        if getattr(found, "shape", None) != () or found.dtype.kind == "c":
            told = f"{found.dtype} of shape {found.shape}" if hasattr(found, "shape") else type(found).__name__
            raise ValueError(f"a loss must return one real number, got {told}; take its sum, its mean or its .real")

    def refuse_other_shape(self, model: Callable[..., Any], data: tuple[PyTree, np.ndarray]) -> None:
        """Traces the model once.

        Raises:
            ValueError: its predictions have another shape than the values.
        """
        inputs, values = data
        found = jax.eval_shape(lambda x: model(self.tree(x), inputs), self._shape())
        if found.shape != values.shape:
            raise ValueError(f"the model predicts an array of shape {found.shape}, the values have {values.shape}")

    def _shape(self) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct((len(self.names),), jax.numpy.result_type(float))


def as_real(r: Array) -> Float[Array, " m"]:
    """Residuals as a vector of real numbers, complex ones as pairs."""
    return jax.numpy.stack([r.real, r.imag]).ravel() if jax.numpy.iscomplexobj(r) else r.ravel()


def own_name(function: Callable[..., Any]) -> str:
    """What a function is called, as a problem's name."""
    name = getattr(function, "__name__", type(function).__name__).replace("_", "-")
    return re.sub(r"[^\w.-]+", "-", name).strip("-")


def parameters_of(start: PyTree) -> Parameters:
    """How a start becomes a vector: its numbers vary; flags, functions, and whole numbers in arrays beside others stay.

    A list or tuple of numbers, or of such lists equally long, is an array, as SciPy's x0 is.

    Raises:
        ValueError: it holds no number.
    """
    paths, structure = jax.tree_util.tree_flatten_with_path(_with_arrays(start))
    some_real = any(_kind(leaf) in "fc" for _, leaf in paths)
    leaves = tuple(_leaf(_name(path), leaf, some_real) for path, leaf in paths)
    if not any(leaf.size for leaf in leaves):
        raise ValueError(f"the start holds no number that could vary, got {type(start).__name__}")
    return Parameters(structure, leaves)


def _with_arrays(tree: PyTree) -> PyTree:
    """The same with its lists of numbers as arrays, since functions of jax.numpy take no lists."""
    return jax.tree.map(lambda part: 1.0 * np.array(part) if _is_table(part) else part, tree, is_leaf=_is_table)


def _is_table(part: Any) -> bool:
    """Is it a list or plain tuple of numbers, or of such lists, all of one shape?"""
    return type(part) in (list, tuple) and _extent(part) is not None


def _extent(part: Any) -> tuple[int, ...] | None:
    """The shape of a number, or of nested lists of numbers; None for anything else."""
    if isinstance(part, int | float | complex) and not isinstance(part, bool):
        return ()
    if type(part) not in (list, tuple) or not part:
        return None
    within = {_extent(entry) for entry in part}
    return None if len(within) > 1 or None in within else (len(part), *within.pop())  # type: ignore[misc]


def _leaf(name: str, value: Any, some_real: bool) -> Leaf:
    kind = _kind(value)
    if kind in "fc" or (kind in "iu" and (isinstance(value, int) or not some_real)):
        return Leaf(name, np.shape(value), kind == "c")
    return Leaf(name, kept=value, varies=False)


def _kind(value: Any) -> str:
    """NumPy's letter for the kind of a number or an array; O for anything else."""
    if isinstance(value, bool | int | float | complex):
        return np.asarray(value).dtype.kind
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        return "O"
    return "f" if jax.numpy.issubdtype(dtype, jax.numpy.floating) else getattr(dtype, "kind", "O")


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".") or "x"


def _shaped(leaf: Leaf, piece: Any) -> Any:
    if not leaf.varies:
        return leaf.kept
    if leaf.is_complex:
        pairs = piece.reshape(*leaf.shape, 2)
        return pairs[..., 0] + 1j * pairs[..., 1]
    return piece.reshape(leaf.shape)


def _numbers(leaf: Leaf, value: Any) -> Float[np.ndarray, " k"]:
    if not leaf.varies:
        return np.zeros(0)
    array = np.asarray(value, np.complex128 if leaf.is_complex else np.float64)
    if array.shape != leaf.shape:
        raise ValueError(f"{leaf.name} has the shape {leaf.shape}, got {array.shape}")
    return np.stack([array.real, array.imag], axis=-1).ravel() if leaf.is_complex else array.ravel()
