"""What a column is, and what is done with its figures: said where it is declared, and nowhere else."""

from collections.abc import Iterable
from enum import Flag, auto
from typing import Literal, NamedTuple

Type = Literal["str", "int", "float", "bool"]


class Use(Flag):
    """How the figures of a column are compared, merged and grouped."""

    NONE = 0
    """Not compared, not merged: noise, or computed of other columns."""
    EXACT = auto()
    """`compare`: a function of the code alone; any difference is a finding."""
    DRIFT = auto()
    """`compare`: rounding moves it; a difference of more than the column's slack is a finding."""
    CONDITION = auto()
    """`compare`: two rows are compared in earnest only where it is equal."""
    PINNED = auto()
    """`--resume`: all rows of a run have it in common."""
    LISTED = auto()
    """The report lists its values among the conditions of a run."""
    SUM = auto()
    """Several processes with lanes of one batch: the figures are added."""
    MEAN = auto()
    """They are averaged over the lanes."""
    MAX = auto()
    """The largest is kept."""
    MIN = auto()
    """The smallest is kept."""


class Column(NamedTuple):
    """One column; a missing figure is an empty field."""

    name: str
    type: Type
    unit: str
    """"s", "bytes", ...; "1" for counts and fractions, "" for what has none."""
    meaning: str
    use: Use | None = None
    """None only in the tables beside the results, which are neither compared nor merged by column."""
    slack: float = 0.0
    least: float | None = None
    most: float | None = None
    """No figure is smaller, or larger."""


def declared(*columns: Column) -> tuple[Column, ...]:
    """The columns of the results, each of which says its use.

    Raises:
        ValueError: one does not, or says two that exclude each other.
    """
    for column in columns:
        if column.use is None:
            raise ValueError(f"column {column.name} does not say how it is compared and merged; give it a Use")
        for group in _EXCLUSIVE:
            if (column.use & group).value.bit_count() > 1:
                raise ValueError(f"column {column.name} has the uses {column.use & group}; only one of them is allowed")
    return columns


_EXCLUSIVE = (Use.EXACT | Use.DRIFT, Use.SUM | Use.MEAN | Use.MAX | Use.MIN)


def used(columns: Iterable[Column], use: Use) -> tuple[str, ...]:
    """Names of the columns of this use, in their order."""
    return tuple(column.name for column in columns if column.use is not None and use in column.use)
