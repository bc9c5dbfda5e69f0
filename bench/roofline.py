"""The limit: what the device can do at most, and what a lane's step asks of it.

A step of a small problem lives in registers and cache, so its limit is arithmetic: the attainable peak is that of fused
multiply-adds on all the devices that share the lanes. What is counted is the algorithm's own arithmetic for one lane,
as XLA counts it before it optimises; recomputation, masks, idle lanes and what LAPACK does are not credited.
"""

import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from problems import Problem
from solvers import Inputs, Method, compiler_options
from solvers.domain import gradient_tells
from solvers.jaxpr import NoRule
from solvers.solver import again_of

_CHAINS, _LINKS, _LANES = 8, 32, 1024
_COPIED = 2**25


@cache
def peak_flops(dtype: str, devices: int) -> float:
    """Operations per second of fused multiply-adds (two each) on `devices` devices together."""
    repeats = 2000

    def chains(x: jax.Array) -> jax.Array:
        total = jnp.zeros_like(x)
        for chain in range(_CHAINS):
            y = x + chain
            for _ in range(_LINKS):
                y = y * 0.999 + 0.001
            total += y
        return total / _CHAINS

    def work(x: jax.Array) -> jax.Array:
        return jax.lax.fori_loop(0, repeats, lambda _, x: chains(x), x)

    seconds = _fastest(work, np.ones((devices, _LANES), dtype), devices, compiler_options())
    return 2.0 * _CHAINS * _LINKS * _LANES * devices * repeats / seconds


@cache
def bandwidth(devices: int) -> float:
    """Bytes per second of a copy too large for any cache, read and written, on `devices` devices together."""
    x = np.ones((devices, _COPIED // devices))
    return 2.0 * x.nbytes / _fastest(lambda x: x + 1, x, devices)


class Work(NamedTuple):
    """Of one step of one lane, its test included, as XLA counts before it fuses or optimises anything."""

    flops: float
    bytes: float


def work_per_step(method: Method, problem: Problem, inputs: Inputs) -> Work | None:
    """None for methods whose steps hold loops: XLA counts the body of a loop once."""
    if hasattr(method, "spent"):
        return None
    try:
        return _counted(method, problem, inputs)
    except NoRule:  # the quick way is not for so many variables; what a library does is not counted
        return _counted(again_of(method, problem.dim) or method, problem, inputs)


def _counted(method: Method, problem: Problem, inputs: Inputs) -> Work | None:
    def step(x: Any, rate: Any, data: Any) -> Any:
        fn = partial(_with, problem.fn, data)
        # The value itself is part of a step only where its absence must be noticed.
        told, g = ((), jax.grad(fn)(x)) if gradient_tells(fn, x) else jax.value_and_grad(fn)(x)
        return told, method.step(fn, x, g, method.init(x, rate)).x

    x, rate = np.asarray(inputs.starts)[:, 0], np.asarray(inputs.rates)[0]
    analysis = jax.jit(step).lower(x, rate, inputs.data).cost_analysis() or {}
    work = Work(analysis.get("flops", 0.0), analysis.get("bytes accessed", 0.0))
    return work if work.flops > 0 else None


def _with(fn: Callable[..., Any], data: Any, x: Any) -> Any:
    return fn(x, data)


def _fastest(
    work: Callable[[jax.Array], jax.Array], x: np.ndarray, devices: int, options: dict[str, Any] | None = None
) -> float:
    """Seconds of the fastest of five calls, every device on its own row."""
    mesh, rows = Mesh(np.array(jax.devices()[:devices]), ("devices",)), PartitionSpec("devices")
    sharded = jax.shard_map(work, mesh=mesh, in_specs=rows, out_specs=rows, check_vma=False)
    call = jax.jit(sharded, compiler_options=options)
    placed = jax.device_put(x, NamedSharding(mesh, rows))
    jax.block_until_ready(call(placed))
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        jax.block_until_ready(call(placed))
        taken.append(time.perf_counter() - start)
    return min(taken)
