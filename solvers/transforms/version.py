"""All that leans on parts of JAX and XLA which they do not document, or which differ between versions.

Where a later version does not know a part, what is built on it is slower, not wrong: marks and options are left away,
and an equation that cannot be read has no rule (`jaxpr.NoRule`), so that JAX's own `vmap` takes its function.
`tests/solvers/transforms/test_version.py` says which part has changed.
"""

import os
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr

from solvers.transforms.target import target

try:
    from jax.experimental import xla_metadata
except ImportError:
    xla_metadata = None  # type: ignore[assignment]

Equation = Any
"""A JaxprEqn; JAX's own annotations do not know that its variables have shapes."""

VERSION = tuple(int(part) for part in jax.__version__.split(".")[:2])

ONE_PASS = VERSION < (0, 12)
"""Are all results of a step of scalars computed in one loop over the lanes (`solvers.transforms.kernel.together`)?

It takes a half to a ninth of the time up to 0.11.2. In 0.12.0 most short steps take twice as long by it (adam on beale
2.7 to 3.2 times), and without XLA's optimisations such a loop inside a loop hands back what it was given: wrong ends.
"""

_NO_YNNPACK = "--xla_cpu_experimental_ynn_fusion_type="


def avoid_known_faults() -> None:
    """Sets what keeps XLA from known faults in this process; to be called before its backends start.

    In 0.12.0 XLA:CPU's fusions for the library YNNPACK end the process, by a segmentation fault, when the Hessian of a
    loss with second derivatives in it is compiled for a batch (pinn-poisson, three points): none are made. Other
    versions do not know the flag, and would refuse to start.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if VERSION == (0, 12) and _NO_YNNPACK not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_NO_YNNPACK}".strip()


_OPTIONS = {
    # A pass over the lanes is short, and parting it over threads costs more: devices share the lanes, not threads.
    "xla_disable_hlo_passes": "cpu-parallel-task-assigner",
    "xla_cpu_prefer_vector_width": 512,
}


def compiler_options() -> dict[str, Any]:
    """With which a program that runs lanes is to be compiled, on the default backend; none where XLA has no such ones.

    Without them XLA:CPU refuses long loops in one piece of code, of which it would part the arrays over threads.
    """
    return dict(_OPTIONS) if target() == "cpu" and _known(tuple(_OPTIONS.items())) else {}


@cache
def _known(options: tuple[tuple[str, Any], ...]) -> bool:
    try:
        jax.jit(lambda: 0, compiler_options=dict(options)).lower().compile()
    except Exception:
        return False
    return True


_NO_TRITON_PRODUCTS = {"xla_gpu_enable_triton_gemm": False}


def compile_lowered(lowered: jax.stages.Lowered, options: dict[str, Any] | None = None) -> jax.stages.Compiled:
    """The program of a lowered one; for a GPU without XLA's own kernels of matrix products where it can make none.

    For some shapes ([500 000, 20] times [20, 20] in float64, jax 0.10.2) it ends with "Couldn't find output tile
    sizes": then a library makes the product.
    """
    try:
        return lowered.compile(options)
    except Exception:
        if target() != "gpu":
            raise
        return lowered.compile({**(options or {}), **_NO_TRITON_PRODUCTS})


def one_piece(results: Any) -> Any:
    """Marks the results of a call that XLA:CPU is to make one piece of code of; elsewhere nothing happens."""
    # Without the options such a call is refused.
    return _marked(results, inlineable="false", xla_cpu_small_call="true") if compiler_options() else results


def not_inlined(results: Any) -> Any:
    """Marks the results of a call that XLA:CPU is to keep a computation of its own."""
    return _marked(results, inlineable="false") if target() == "cpu" else results


MARK = "xla_metadata_value"
"""The primitive that a mark is in a jaxpr."""


def _marked(results: Any, **attributes: str) -> Any:
    return xla_metadata.set_xla_metadata(results, **attributes) if xla_metadata else results


def binder(eqn: Equation) -> Callable[..., Any]:
    """The equation's primitive with its parameters, as a function of its inputs."""
    params = eqn.primitive.get_bind_params(eqn.params)
    functions, params = params if isinstance(params, tuple) else ((), params)  # JAX before 0.10 gave a pair
    return partial(eqn.primitive.bind, *functions, **params)


_CALLS = {
    **{"jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr"},
    **{"remat2": "jaxpr", "checkpoint": "jaxpr"},
}


CALLED = frozenset(_CALLS)
"""Primitives that do nothing but call a function."""


def inner(eqn: Equation) -> ClosedJaxpr | None:
    """The function that an equation calls, if all it does is to call it."""
    called = eqn.params.get(_CALLS.get(eqn.primitive.name))
    return called if called is None or isinstance(called, ClosedJaxpr) else ClosedJaxpr(called, ())


def parts(eqn: Equation) -> list[Any]:
    """The jaxprs that an equation holds: of a function that it calls, or of a loop's body."""
    values = [value for held in eqn.params.values() for value in (held if isinstance(held, tuple) else (held,))]
    return [getattr(value, "jaxpr", value) for value in values if hasattr(value, "jaxpr") or hasattr(value, "eqns")]


def written_at(eqn: Equation) -> tuple[str, int] | None:
    """File and line of the user's code that an equation comes from; None where JAX does not tell."""
    try:
        from jax._src import source_info_util

        frame = next(iter(source_info_util.user_frames(eqn.source_info.traceback)), None)
        return None if frame is None else (frame.file_name, frame.start_line)
    except (ImportError, AttributeError, TypeError):
        return None


def scan_parts(eqn: Equation) -> tuple[int, int]:
    """How many of a scan's inputs are constants, and how many are carried; the others are scanned over."""
    if "ft_in" in eqn.params:  # since JAX 0.11 the three parts stand in one tree
        n_consts, n_carry, _ = map(len, eqn.params["ft_in"].unpack())
        return n_consts, n_carry
    return eqn.params["num_consts"], eqn.params["num_carry"]


def derivative_rule(eqn: Equation) -> ClosedJaxpr:
    """Of a `custom_jvp_call`: primals and tangents -> values and slopes."""
    jaxpr, consts, _ = eqn.params["jvp_jaxpr_fun"].call_wrapped(*(False,) * len(eqn.invars))
    return ClosedJaxpr(jaxpr, consts)
