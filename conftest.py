"""In a clone `pytest bench` measures; the options and the hooks are the suite's, in `bench.pytest_hooks`."""

pytest_plugins = ["bench.pytest_hooks"]
