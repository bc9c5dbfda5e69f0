"""The reading: columns, CSV, tables. Works on CSV files alone and never imports JAX."""

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
