"""SIGTERM and SIGHUP end a command as Ctrl-C does: what it has put aside, a folder or a worktree, is taken away."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_HEEDED = (signal.SIGTERM, signal.SIGHUP)


class Signalled(KeyboardInterrupt):
    """A signal has asked the command to end."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.code = 128 + number
        """What a shell tells of a process that a signal has ended."""


@contextmanager
def heeded(before: Callable[[Signalled], Any] = lambda signalled: None) -> Iterator[None]:
    """As long as this lasts they raise `Signalled` in the main thread, once, after `before` was called.

    A signal that is ignored, as under nohup, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.getsignal(number) or signal.SIG_DFL for number in _HEEDED}  # None is a handler in C

    def end(number: int, frame: Any) -> None:
        del frame
        for each in _HEEDED:
            signal.signal(each, signal.SIG_IGN)  # nothing interrupts the tidying up
        signalled = Signalled(number)
        before(signalled)
        raise signalled

    for number, handler in former.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
