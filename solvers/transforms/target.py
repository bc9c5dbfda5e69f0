"""Which kind of device a program is made for: the default backend's, unless it is compiled for another."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import jax

_TOLD: ContextVar[str | None] = ContextVar("target", default=None)


def target() -> str:
    """The platform that programs traced now will run on: "cpu", "gpu" or "tpu"."""
    return _TOLD.get() or jax.default_backend()


@contextmanager
def made_for(platform: str) -> Iterator[None]:
    """Programs traced inside are made for `platform`, whatever this process has."""
    token = _TOLD.set(platform)
    try:
        yield
    finally:
        _TOLD.reset(token)
