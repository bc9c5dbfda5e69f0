"""Whether this process can have kernels of its own on a GPU: JAX's Pallas, lowered by Triton.

Pallas takes a tenth of a second to import, which no run on a CPU need pay: it is imported where a kernel is made. Its
way by Triton is one that JAX may drop: then kernels are done without.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from solvers.transforms.target import target

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


def no_kernels() -> str | None:
    """Why programs traced now can have no kernels of ours, as a clause; None where they can."""
    if target() != "gpu" and not interpreted():
        return "no GPU"
    return no_pallas()


@cache
def no_pallas() -> str | None:
    """Why this JAX has no such kernels, as a clause; None where it has."""
    try:
        from jax.experimental.pallas import triton

        _ = triton.CompilerParams, triton.load, triton.store, triton.atomic_add
    except (ImportError, AttributeError) as missing:
        return f"this JAX has no Pallas with Triton ({missing})"
    return None
