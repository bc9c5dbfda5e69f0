"""The measuring: cells, the worker, clocks, the referee and the benchmark files."""
