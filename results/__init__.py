"""The reading: columns, CSV, tables. Works on CSV files alone and never imports JAX.

The names are imported when they are asked for: what needs a small part does not wait for pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from results.analysis.profiles import MEASURES as MEASURES
    from results.schema import COLUMNS as COLUMNS
    from results.schema import SCHEMA_VERSION as SCHEMA_VERSION
    from results.table import read as read
    from results.table import to_frame as to_frame
    from results.table import write_csv as write_csv
    from results.terminal.algebra import render_algebra as render_algebra
    from results.terminal.growth import render_growth as render_growth
    from results.terminal.races import render_races as render_races
    from results.terminal.scaling import render_scaling as render_scaling
    from results.terminal.stationary import render_stationary as render_stationary
    from results.terminal.summary import console as console
    from results.terminal.summary import render as render
    from results.terminal.summary import render_footer as render_footer

_WHERE = {
    "MEASURES": "results.analysis.profiles",
    "COLUMNS": "results.schema",
    "SCHEMA_VERSION": "results.schema",
    "read": "results.table",
    "to_frame": "results.table",
    "write_csv": "results.table",
    "render_algebra": "results.terminal.algebra",
    "render_growth": "results.terminal.growth",
    "render_races": "results.terminal.races",
    "render_scaling": "results.terminal.scaling",
    "render_stationary": "results.terminal.stationary",
    "console": "results.terminal.summary",
    "render": "results.terminal.summary",
    "render_footer": "results.terminal.summary",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
