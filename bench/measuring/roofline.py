"""The limit: what the devices can do at most. What a step asks of them is in `bench.measuring.work`.

A step of a small problem lives in registers and cache, so its limit is arithmetic: the rate of fused multiply-adds on
the devices that share the lanes. Products of arrays are left to a library, which uses all cores of a CPU whatever the
number of devices: there the limit is the higher of the two rates. On a GPU it always is, since XLA's own code for it
multiplies and adds in two instructions (jax 0.10.2 and 0.11.2, read in the code for an H100), a library's in one.
"""

import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from solvers import compiler_options

_CHAINS, _LINKS = 16, 8
_MEASURED_S = 0.3
_COPIED, _COPIED_BY_A_GPU = 2**25, 2**28  # which would else take less time than its call
_highest: dict[tuple[str, int, bool], float] = {}


def peak_flops(dtype: str, devices: int, products: bool = False, seen: float = 0.0) -> float:
    """Operations per second at most, measured once.

    Args:
        dtype: float32 or float64.
        devices: that share the lanes.
        products: whether a library multiplies arrays.
        seen: a rate that a program has reached. Where it is higher, the peak was measured while something else had
            the machine, and is measured again.
    """
    if products and jax.default_backend() == "cpu":
        devices = jax.local_device_count()  # the library's threads, one for each core
    key = dtype, devices, products
    if _highest.get(key, 0.0) <= seen:
        _highest[key] = max(_highest.get(key, 0.0), _peak(*key))
    return _highest[key]


@cache
def memory_bandwidth(devices: int) -> float:
    """Bytes per second of a copy too large for any cache, read and written, on `devices` devices together."""
    numbers = _COPIED if jax.default_backend() == "cpu" else _COPIED_BY_A_GPU
    x = np.ones((devices, numbers // devices))
    return 2.0 * x.nbytes / _fastest(_on_all(lambda x: x + 1, x))


def _peak(dtype: str, devices: int, products: bool) -> float:
    peak = _multiply_adds(dtype, devices)
    return max(peak, _product(dtype, devices)) if products or jax.default_backend() != "cpu" else peak


def _multiply_adds(dtype: str, devices: int) -> float:
    """Long enough for a call not to count, short enough for a moment in which nothing else runs."""
    work, lanes, passes = (_in_a_loop, 1024, 100) if jax.default_backend() == "cpu" else (_in_a_sum, 2**20, 256)
    x = np.ones((devices, lanes), dtype)
    seconds = _fastest(_on_all(partial(work, passes), x, compiler_options()))
    return 2.0 * _CHAINS * (_LINKS + 1) * passes * x.size / seconds


def _in_a_loop(passes: int, x: jax.Array) -> jax.Array:
    """For a CPU: the numbers stay in the nearest cache from pass to pass."""
    return jax.lax.fori_loop(0, passes, lambda _, x: _chains(x) / _CHAINS, x)


def _in_a_sum(passes: int, x: jax.Array) -> jax.Array:
    """For a GPU: one kernel with all passes in it, so that launches do not count."""
    return jnp.sum(_chains(x[..., None] + jnp.arange(passes, dtype=x.dtype)), axis=-1)


def _chains(x: jax.Array) -> jax.Array:
    """Chains of multiply-adds that do not wait for each other; each also begins and ends with an addition."""
    total = jnp.zeros_like(x)
    for chain in range(_CHAINS):
        y = x + chain
        for _ in range(_LINKS):
            y = y * 0.999 + 0.001
        total += y
    return total


def _product(dtype: str, devices: int) -> float:
    """Of a matrix by itself, on all cores of a CPU, or on one GPU and taken for all."""
    n, alike = (384, 1) if jax.default_backend() == "cpu" else (4096, devices)
    x = jax.device_put(np.ones((n, n), dtype))
    return 2.0 * n**3 * alike / _fastest(partial(jax.jit(lambda x: x @ x), x))


def _on_all(
    work: Callable[[jax.Array], jax.Array], x: np.ndarray, options: dict[str, Any] | None = None
) -> Callable[[], jax.Array]:
    """A call of `work` on x [devices, ...], every device on its own row."""
    mesh, rows = Mesh(np.array(jax.local_devices()[: len(x)]), ("devices",)), PartitionSpec("devices")
    sharded = jax.shard_map(work, mesh=mesh, in_specs=rows, out_specs=rows, check_vma=False)
    return partial(jax.jit(sharded, compiler_options=options), jax.device_put(x, NamedSharding(mesh, rows)))


def _fastest(call: Callable[[], jax.Array]) -> float:
    """Seconds of the fastest of the calls that there is time for, of five at the least."""
    jax.block_until_ready(call())
    taken: list[float] = []
    while len(taken) < 5 or sum(taken) < _MEASURED_S:
        start = time.perf_counter()
        jax.block_until_ready(call())
        taken.append(time.perf_counter() - start)
    return min(taken)
