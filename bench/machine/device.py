"""The device a process measures on: choosing it, and what is known of it."""

import hashlib
import os
import platform
import uuid
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jaxlib

from bench.ending import NoDevice
from bench.machine.group import Group
from problems.installing import installs
from solvers.transforms.version import avoid_known_faults

DEVICES = ("auto", "cpu", "gpu")


def configure(device: str, group: Group | None = None) -> None:
    """Sets up JAX in the process that measures: float64 available, full matmul precision, no compile cache.

    Raises:
        NoDevice: `device` is gpu and JAX finds none (there is no silent fall-back), or the group does not gather.
    """
    avoid_known_faults()
    if device == "cpu":
        jax.config.update("jax_platforms", "cpu")
    with suppress(RuntimeError):  # a backend is up already (in this process, for debuggers): its devices stay
        jax.config.update("jax_num_cpu_devices", _cores())  # a loop on every core
    # A loop blocks the thread it runs on, so the pool needs a thread more than there are loops, or nobody is left to
    # do a loop's work and all of them wait for ever (seen with LAPACK calls inside the loop, jax 0.10.2).
    os.environ |= dict.fromkeys(("NPROC", "PJRT_NPROC"), str(_cores() + 1))
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_default_matmul_precision", "highest")
    jax.config.update("jax_enable_compilation_cache", False)  # compile_s must be a compilation
    if group is not None:
        _join(group)
    if device == "gpu" and jax.default_backend() != "gpu":
        raise NoDevice(
            f"--device gpu, but JAX finds only {jax.default_backend()}. "
            f"Install: {installs('cuda13')}, or use --device cpu"
        )


def _join(group: Group) -> None:
    own: dict[str, Any] = (
        {}
        if group.address is None
        else {
            "coordinator_address": group.address,
            "coordinator_bind_address": group.address,  # JAX's own default is every interface
            "num_processes": group.of,
            "process_id": group.part - 1,
        }
    )
    try:
        jax.distributed.initialize(initialization_timeout=_GATHER_S, **own)
    except (RuntimeError, ValueError) as failure:
        reason = str(failure).strip().splitlines()[0]
        raise NoDevice(
            f"the processes did not gather within {_GATHER_S} s ({reason}); were all {group.of} started?"
        ) from None


_GATHER_S = 60


def device_facts() -> dict[str, Any]:
    """The provenance columns that only the measuring process knows."""
    device = jax.local_devices()[0]
    return {
        "device": device.platform,
        "device_kind": device.device_kind,
        "device_count": jax.local_device_count(),
        "machine": _machine(),
        "host": platform.node() or None,
        "driver_version": _driver(),
        "cpu_model": _cpu_model(),
        "jax_version": jax.__version__,
        "jaxlib_version": jaxlib.__version__,
        "optax_version": version("optax"),
        "scipy_version": version("scipy"),
        "python_version": platform.python_version(),
        "x64": bool(jax.config.values["jax_enable_x64"]),
        "matmul_precision": str(jax.config.values["jax_default_matmul_precision"]),
        "xla_flags": os.environ.get("XLA_FLAGS") or None,
    }


def free_bytes() -> int | None:
    """Memory a program may still take on the default device; None where nobody says."""
    statistics = jax.devices()[0].memory_stats()
    if statistics and "bytes_limit" in statistics:
        return statistics["bytes_limit"] - statistics["bytes_in_use"]
    return _available_memory()


def peak_bytes() -> int | None:
    """Most memory in use on the device since the process began; None on a CPU, where it is not counted."""
    statistics = jax.devices()[0].memory_stats()
    return statistics.get("peak_bytes_in_use") if statistics else None


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _available_memory() -> int | None:
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return None
    lines = (line.split() for line in meminfo.read_text(encoding="utf-8").splitlines())
    return next((int(words[1]) * 1024 for words in lines if words[0] == "MemAvailable:"), None)


def _machine() -> str:
    """Tells machines apart without naming them."""
    identity = Path("/etc/machine-id")
    text = identity.read_text(encoding="utf-8").strip() if identity.exists() else ""
    return hashlib.sha256(f"zerograd {text or (platform.node(), uuid.getnode())}".encode()).hexdigest()[:12]


def _cpu_model() -> str | None:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or None)


def _driver() -> str | None:
    version = Path("/proc/driver/nvidia/version")
    return version.read_text(encoding="utf-8").splitlines()[0].strip() if version.exists() else None
