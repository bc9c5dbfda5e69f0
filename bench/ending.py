"""How a command ends that cannot go on: for each reason an exception, whose message is one line, and an exit code.

Imports nothing, so that what only parses words starts at once.
"""

from collections.abc import Callable
from typing import Any

USAGE, INFRASTRUCTURE = 2, 3


class UsageError(ValueError):
    """Wrong input; the message is one line saying what was got, what is allowed and what to do."""


class NoDevice(RuntimeError):
    """The device asked for is not there; the message says what is and what to do."""


class Exit(Exception):
    """The verb is done, with an exit code that is not 0."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def usage(action: Callable[[], Any]) -> Any:
    """The result of `action`; what the caller got wrong is a line on stderr.

    Raises:
        UsageError: with the message of what was raised.
    """
    try:
        return action()
    except (ValueError, LookupError, OSError) as mistake:
        raise UsageError(str(mistake)) from None
    except ImportError as missing:
        raise UsageError(f"{missing.name or 'pyarrow'} is not installed; pip install pyarrow") from None
