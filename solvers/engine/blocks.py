"""How the fused kernel is cut into blocks, and whether there is one. The kernel, `fused`, is imported to run.

Pallas takes a tenth of a second to import, which no run on a CPU need pay, and its way by Triton is one that JAX may
drop: then the loop runs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import NamedTuple


class Blocks(NamedTuple):
    """How a kernel is cut into blocks of lanes."""

    lanes: int = 32
    """Of a block; a power of two."""
    warps: int = 1
    queued: int = 0
    """So many blocks share a queue of all starts; 0 if every block has starts of its own."""


_INTERPRETED: ContextVar[bool] = ContextVar("interpreted", default=False)


def interpreted() -> bool:
    """Are kernels traced now to be run operation by operation, on the CPU?"""
    return _INTERPRETED.get()


@contextmanager
def interpreting() -> Iterator[None]:
    """Kernels traced inside run operation by operation, on the CPU: for tests."""
    token = _INTERPRETED.set(True)
    try:
        yield
    finally:
        _INTERPRETED.reset(token)


@cache
def no_pallas() -> str | None:
    """Why this JAX can have no such kernel, as a clause; None where it can."""
    try:
        import solvers.engine.fused  # noqa: F401
    except (ImportError, AttributeError) as missing:
        return f"this JAX has no Pallas with Triton ({missing})"
    return None
