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
    from results.terminal.summary import console as console
    from results.terminal.summary import render as render
    from results.terminal.summary import render_footer as render_footer
    from results.terminal.tables import render_all as render_all

_WHERE = {
    "MEASURES": "results.analysis.profiles",
    "COLUMNS": "results.schema",
    "SCHEMA_VERSION": "results.schema",
    "read": "results.table",
    "to_frame": "results.table",
    "write_csv": "results.table",
    "console": "results.terminal.summary",
    "render": "results.terminal.summary",
    "render_footer": "results.terminal.summary",
    "render_all": "results.terminal.tables",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
