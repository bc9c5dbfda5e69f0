"""A lock that dies with its process, however that dies: what it guards is free again at once."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class InUse(ValueError):
    """Another process holds the lock; the message says which."""


class Lock:
    """Held until `close`, or until the process ends; not inherited by children."""

    def __init__(self, path: Path, what: str) -> None:
        """Takes the lock on the file `path`, which guards `what`.

        Raises:
            InUse: another process has it.
            OSError: the file cannot be made.
        """
        self._descriptor = _opened(path)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 20).decode(errors="replace").strip()
            self.close()
            raise InUse(f"{what} is in use by another run (process {holder or 'unknown'})") from None
        with suppress(OSError):  # another user's file can be locked, if not written to
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def close(self) -> None:
        """Frees it."""
        os.close(self._descriptor)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except PermissionError:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
