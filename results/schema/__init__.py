"""What the tables of a run hold, declared once."""

from results.schema.main_table import COLUMNS
from results.schema.other_tables import QUANTILES, TABLES
from results.schema.words import (
    ACCURACIES,
    ENDS,
    GOALS,
    KEY,
    RENAMED,
    SCHEMA_VERSION,
    STATIONARY,
    STATUSES,
    STOPS,
    TARGET_ARRIVALS,
    UNJUDGED,
    arrivals_of,
)

__all__ = [
    "ACCURACIES",
    "COLUMNS",
    "ENDS",
    "GOALS",
    "KEY",
    "QUANTILES",
    "RENAMED",
    "SCHEMA_VERSION",
    "STATIONARY",
    "STATUSES",
    "STOPS",
    "TABLES",
    "TARGET_ARRIVALS",
    "UNJUDGED",
    "arrivals_of",
]
