"""The measuring: cells, the worker, clocks, the referee and the benchmark files."""

from pathlib import Path

SUITE = Path(__file__).parent
"""The folder of the benchmark files."""
