"""Problems that go wrong on purpose, to try what measures them: --plugin problems.faults --problems "fault-*".

Each is the bowl |x - (2, 2)|^2 / 2 with a trap everywhere but in the middle. The referee's questions before the
measurement are about the middle and pass; the first start of a solver springs the trap. Nothing loads this module
unasked, so no listing shows them.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from problems.problem import Problem, Truth

_MIDDLE = np.full(2, 2.0)
Bowl = Callable[[Float[Array, " n"], Any], Float[Array, ""]]


def _bowl(x: Float[Array, " n"], data: Any) -> Float[Array, ""]:
    del data
    return jnp.sum((x - 2) ** 2) / 2


def _crash() -> None:
    os.write(2, b"fault-crash: aborts on purpose\n")
    os.abort()


def _hang() -> None:
    time.sleep(1e6)


def _exhaust_memory() -> None:
    np.ones(2**50)


def _garbage() -> None:
    for descriptor in (1, 2):
        os.write(descriptor, b'\x00\xff\xfe("ok", 1)\r\x1b[2J{"status": "ok"\n')


def _slow() -> None:
    time.sleep(0.01)


def _while_running(spring: Callable[[], None]) -> Bowl:
    """The bowl with a trap that springs while the compiled program runs."""

    @jax.custom_jvp
    def trapped(f: Float[Array, ""]) -> Float[Array, ""]:
        def look(values: Any) -> np.ndarray:
            values = np.asarray(values)
            if values.any():
                spring()
            return values

        return jax.pure_callback(look, jax.ShapeDtypeStruct(f.shape, f.dtype), f, vmap_method="expand_dims")

    trapped.defjvp(lambda f, slope: (trapped(*f), *slope))
    return lambda x, data: trapped(_bowl(x, data))


def _while_tracing(spring: Callable[[], None]) -> Bowl:
    """The bowl with a trap that springs while the function is traced for the compiler."""

    def fn(x: Float[Array, " n"], data: Any) -> Float[Array, ""]:
        spring()
        return _bowl(x, data)

    return fn


def _raise() -> None:
    raise ArithmeticError("fault-raise: raises on purpose")


def _nan(x: Float[Array, " n"], data: Any) -> Float[Array, ""]:
    f = _bowl(x, data)
    return jnp.where(f > 0, jnp.nan, f)


_FUNCTIONS = {
    "fault-crash": _while_running(_crash),
    "fault-hang": _while_running(_hang),
    "fault-hang-compile": _while_tracing(_hang),
    "fault-oom": _while_running(_exhaust_memory),
    "fault-nan": _nan,
    "fault-slow": _while_running(_slow),
    "fault-raise": _while_tracing(_raise),
    "fault-garbage-output": _while_running(_garbage),
}


def _problem(name: str) -> Problem:
    middle = _MIDDLE[None]
    truth = Truth("proved", "the bowl's middle", 0.0, middle, middle, complete=True)
    return Problem(name, _FUNCTIONS[name], _MIDDLE - 1, _MIDDLE + 1, truth, "this suite", tags=frozenset({"fault"}))


PROBLEMS = MappingProxyType({name: partial(_problem, name) for name in _FUNCTIONS})
