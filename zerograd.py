"""The one module that bears the suite's own name: the command and the pytest plug-in begin here.

`bench`, `problems`, `results` and `solvers` are names that a user's folder may have, too. Whoever has them must be able
to run pytest in an environment with this suite in it, and be told by the command what hides what.
"""

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_HOME = Path(__file__).parent
_ROOMS = ("bench", "problems", "results", "solvers")


def hidden() -> str | None:
    """A line that says which file stands before a package of the suite; None where none does."""
    for room in _ROOMS:
        found = find_spec(room)
        if found is None or found.origin is None or Path(found.origin).parent != _HOME / room:
            there = Path((found and found.origin) or room)
            return (
                f'"{there}" hides the suite\'s own package {room}; call the command zerograd itself, '
                "not python -m, and leave that folder out of PYTHONPATH"
            )
    return None


def main() -> int:
    """The command `zerograd`."""
    if line := hidden():
        print(f"error: {line}", file=sys.stderr)
        return 2
    from bench.cli import main as command

    return command()


def pytest_load_initial_conftests(early_config: Any, args: Sequence[str]) -> None:
    """`pytest --pyargs bench` has the suite's options and cells; any other call of pytest has none of them."""
    named = any(word == "bench" or word.startswith("bench.") for word in args)
    if early_config.known_args_namespace.pyargs and named and hidden() is None:
        early_config.pluginmanager.import_plugin("bench.pytest_hooks")


if __name__ == "__main__":
    sys.exit(main())
