"""`zerograd doctor`: what this machine is, and whether the suite can measure on it."""

import json
import os
import shutil
from argparse import Namespace
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import jax

from bench.machine import gpu
from bench.machine.device import configure, device_facts, free_bytes
from bench.measuring.roofline import memory_bandwidth, peak_flops
from problems.installing import installs

_PACKAGES = ("jax", "jaxlib", "optax", "scipy", "pandas", "pytest-benchmark")
_EXTRAS = {
    "optimistix": "peers", "jaxopt": "peers", "sympy": "symbolic", "sif2jax": "cutest", "bbobax": "bbob",
    "nvidia-ml-py": "cuda13", "ray": "cluster", "submitit": "slurm",
}  # fmt: skip
_MEMORY = ("XLA_PYTHON_CLIENT_PREALLOCATE", "XLA_PYTHON_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_ALLOCATOR")


class Fact(NamedTuple):
    """One thing that the doctor found."""

    name: str
    value: Any
    """For a program: JSON."""
    text: str
    """For a person."""


def run(words: Namespace) -> Iterator[str]:
    """Prints what is found."""
    findings = _examine("gpu" if words.require_gpu else words.device)
    return facts_as_json(findings) if words.json else lines(findings)


def _examine(device: str) -> Iterator[Fact]:
    """Findings, as they are made; the measured ones last.

    Raises:
        NoDevice: `device` is not there.
    """
    configure(device)
    yield from _device(device_facts())
    yield from _software()
    yield from _gpus()
    yield from _peaks(jax.local_device_count())


def lines(findings: Iterable[Fact]) -> Iterator[str]:
    """For a person."""
    for finding in findings:
        yield f"{finding.name:18} {finding.text}"


def facts_as_json(findings: Iterable[Fact]) -> Iterator[str]:
    """For a program: one object, values by name."""
    yield json.dumps({finding.name: finding.value for finding in findings}, indent=2, allow_nan=False)


def _device(facts: dict[str, Any]) -> Iterator[Fact]:
    yield Fact("device", facts["device"], f"{facts['device']}: {facts['device_kind']}, {facts['device_count']} x")
    for name in ("device_kind", "device_count", "driver_version", "machine", "x64", "matmul_precision", "xla_flags"):
        yield Fact(name, facts[name], str(facts[name] if facts[name] is not None else "none"))
    yield Fact("processor", facts["cpu_model"], str(facts["cpu_model"]))
    if hasattr(os, "getloadavg"):
        busy = os.getloadavg()[0]
        text = f"{busy:.1f} processes want to run" + ("; times will be disturbed" if busy > 1 else "")
        yield Fact("load", busy, text)
    free = free_bytes()
    yield Fact("memory_free_bytes", free, "unknown" if free is None else f"{free / 2**30:.1f} GiB")
    for name in _MEMORY:
        yield Fact(name.lower(), os.environ.get(name), os.environ.get(name) or "not set: JAX's default")
    disk = shutil.disk_usage(Path.cwd()).free
    yield Fact("disk_free_bytes", disk, f"{disk / 2**30:.1f} GiB here")


def _software() -> Iterator[Fact]:
    for package in _PACKAGES:
        yield Fact(package, _version(package), _version(package) or "not installed")
    for package, extra in _EXTRAS.items():
        yield Fact(package, _version(package), _version(package) or f"not installed; {installs(extra)}")


def _gpus() -> Iterator[Fact]:
    for number, card in enumerate(gpu.cards()):
        now, throttled, others = card.figures(), card.throttled(), card.others()
        yield Fact(f"gpu_{number}", {"uuid": card.uuid} | now, f"{card.uuid} {_shown(now)}")
        yield Fact(f"gpu_{number}_throttled", throttled, ", ".join(throttled) or "no")
        text = f"processes {', '.join(map(str, others))}; times will be disturbed" if others else "none"
        yield Fact(f"gpu_{number}_others", others, text)


def _shown(now: dict[str, float | None]) -> str:
    clock, temperature, power = now["gpu_clock_hz"], now["gpu_temperature_c"], now["gpu_power_w"]
    known = {"MHz": clock and clock / 1e6, "C": temperature, "W": power}
    return "  ".join(f"{value:.0f} {unit}" for unit, value in known.items() if value is not None)


def _peaks(devices: int) -> Iterator[Fact]:
    for dtype in ("float32", "float64"):
        one, all_ = peak_flops(dtype, 1), peak_flops(dtype, devices)
        text = f"{all_ / 1e9:.0f} Gflop/s at most on {devices}, {one / 1e9:.0f} on one"
        yield Fact(f"{dtype}_flops_per_s", all_, text)
    moved = memory_bandwidth(devices)
    yield Fact("bandwidth_bytes_per_s", moved, f"{moved / 1e9:.0f} GB/s read and written")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
