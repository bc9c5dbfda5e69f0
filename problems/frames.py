"""Data of users: a CSV file, a frame, a mapping of columns, or a pair of arrays, as float64 NumPy arrays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree


def inputs_and_target(data: Any, target: str | None) -> tuple[PyTree, np.ndarray]:
    """What a model is given, and what it is to predict.

    Args:
        data: a path of a CSV file, a frame, a mapping of names to columns, or a pair (inputs, values).
        target: the column to predict, of those that have columns; the last one unless told.

    Raises:
        ValueError: no such column, or one that holds text or empty fields; the message names it.
    """
    if isinstance(data, tuple):
        inputs, values = data
        return as_arrays(inputs), np.asarray(values, np.float64)
    columns = columns_of(data)
    name = list(columns)[-1] if target is None else target
    if name not in columns:
        raise ValueError(f'there is no column "{name}"; there are: {", ".join(columns)}')
    return {other: column for other, column in columns.items() if other != name}, columns[name]


def as_arrays(data: PyTree) -> PyTree:
    """The same pytree with NumPy arrays for leaves, numbers that are not whole in float64; a frame as its columns."""
    if hasattr(data, "columns"):
        return columns_of(data)

    def array(leaf: Any) -> np.ndarray:
        leaf = np.asarray(leaf)
        return leaf.astype(np.float64) if jax.numpy.issubdtype(leaf.dtype, jax.numpy.floating) else leaf

    return jax.tree.map(array, data)


def columns_of(data: Any) -> dict[str, np.ndarray]:
    """The columns of a CSV file, a frame or a mapping, float64.

    Raises:
        ValueError: one holds text or empty fields; the message names it.
    """
    if isinstance(data, str | Path):
        import pandas as pd

        data = pd.read_csv(data)
    names = data if isinstance(data, Mapping) else data.columns
    return {str(name): _column(str(name), np.asarray(data[name])) for name in names}


def _column(name: str, values: np.ndarray) -> np.ndarray:
    if values.dtype.kind not in "biuf":
        raise ValueError(f'the column "{name}" holds no numbers ({values.dtype}); leave it out, or make numbers of it')
    column = values.astype(np.float64)
    if empty := int(np.isnan(column).sum()):
        raise ValueError(f'the column "{name}" has {empty} empty fields; fill them, or drop their rows')
    return column
