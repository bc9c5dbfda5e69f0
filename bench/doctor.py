"""`zerograd doctor`: what this machine is, and whether the suite can measure on it."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import jax

from bench.device import configure, describe
from bench.roofline import bandwidth, peak_flops

_PACKAGES = ("jax", "jaxlib", "optax", "optimistix", "jaxopt", "scipy", "pandas", "pytest-benchmark")


def examine(device: str) -> Iterator[str]:
    """Lines to print, as they are found.

    Raises:
        NoDevice: `device` is not there.
    """
    configure(device)
    facts = describe()
    devices = jax.local_device_count()
    yield f"device       {facts['device']}: {facts['device_kind']}, {devices} x"
    yield f"processor    {facts['cpu_model']}"
    yield f"python       {facts['python_version']}"
    for package in _PACKAGES:
        yield f"{package:12} {_version(package)}"
    for dtype in ("float32", "float64"):
        one, all_ = peak_flops(dtype, 1), peak_flops(dtype, devices)
        yield f"{dtype:12} {all_ / 1e9:.0f} Gflop/s multiply-add on {devices}, {one / 1e9:.0f} on one"
    yield f"memory       {bandwidth(devices) / 1e9:.0f} GB/s read and written"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return 'not installed; pip install "zerograd[peers]"'
