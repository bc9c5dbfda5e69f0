"""What NVIDIA's management library says of the GPUs that this process may use; nothing where there is none."""

import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from bench.machine.lock import Lock

try:
    import pynvml
except ImportError:  # the package nvidia-ml-py comes with the extra cuda13
    pynvml = None


class Card:
    """One GPU; a figure that its driver does not tell is None."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self.uuid: str = pynvml.nvmlDeviceGetUUID(handle)

    def energy_j(self) -> float | None:
        """Joules since the driver was loaded."""
        return self._ask("nvmlDeviceGetTotalEnergyConsumption", scale=1e-3)

    def figures(self) -> dict[str, float | None]:
        """Columns of the row, as they are now."""
        return {
            "gpu_clock_hz": self._ask("nvmlDeviceGetClockInfo", pynvml.NVML_CLOCK_SM, scale=1e6),
            "gpu_temperature_c": self._ask("nvmlDeviceGetTemperature", pynvml.NVML_TEMPERATURE_GPU),
            "gpu_power_w": self._ask("nvmlDeviceGetPowerUsage", scale=1e-3),
        }

    def throttled(self) -> list[str]:
        """Why the clocks are lower than they could be; an idle GPU's are, and that is no reason."""
        reasons = int(self._ask("nvmlDeviceGetCurrentClocksEventReasons") or 0)
        return [name for name, bit in _REASONS.items() if reasons & getattr(pynvml, f"nvmlClocksEventReason{bit}")]

    def others(self) -> list[int]:
        """Processes other than this one that compute on it."""
        try:
            running = pynvml.nvmlDeviceGetComputeRunningProcesses(self._handle)
        except pynvml.NVMLError:
            return []
        return sorted(process.pid for process in running if process.pid != os.getpid())

    def _ask(self, name: str, *what: Any, scale: float = 1.0) -> float | None:
        try:
            return float(getattr(pynvml, name)(self._handle, *what)) * scale
        except pynvml.NVMLError:
            return None


_REASONS = {
    "power limit": "SwPowerCap",
    "hardware slowdown": "HwSlowdown",
    "temperature": "SwThermalSlowdown",
    "temperature (hardware)": "HwThermalSlowdown",
    "power brake": "HwPowerBrakeSlowdown",
}


@cache
def cards() -> tuple[Card, ...]:
    """The GPUs that CUDA_VISIBLE_DEVICES leaves, in its order."""
    if pynvml is None:
        return ()
    try:
        pynvml.nvmlInit()
        return tuple(Card(handle) for handle in _handles(os.environ.get("CUDA_VISIBLE_DEVICES")))
    except pynvml.NVMLError:
        return ()


def _handles(visible: str | None) -> Iterator[Any]:
    if visible is None:
        visible = ",".join(map(str, range(pynvml.nvmlDeviceGetCount())))
    for name in filter(None, map(str.strip, visible.split(","))):
        if name.startswith("-"):  # -1 ends the list, as CUDA has it
            return
        yield (
            pynvml.nvmlDeviceGetHandleByIndex(int(name)) if name.isdecimal() else pynvml.nvmlDeviceGetHandleByUUID(name)
        )


class Locks(NamedTuple):
    """Held by the process that measures on these GPUs."""

    held: tuple[Lock, ...]

    def close(self) -> None:
        """Frees them."""
        for lock in self.held:
            lock.close()


def lock_cards() -> Locks:
    """Takes the GPUs for this process, so that no two runs disturb each other's times.

    Raises:
        InUse: another run has one of them.
    """
    folder = Path(tempfile.gettempdir())
    return Locks(tuple(Lock(folder / f"zerograd-{card.uuid}.lock", f"GPU {card.uuid}") for card in cards()))


class Meter:
    """The first GPU over a stretch of time: energy from the making of the meter to `figures`, the rest at its end."""

    def __init__(self, on_gpu: bool) -> None:
        self._card = next(iter(cards()), None) if on_gpu else None
        self._before = self._card.energy_j() if self._card else None

    def figures(self) -> dict[str, float | None]:
        """Columns of the row; none without a GPU. An energy too small for the counter is None, too."""
        if self._card is None:
            return {}
        after = self._card.energy_j()
        spent = None if after is None or self._before is None else after - self._before
        return self._card.figures() | {"gpu_energy_j": spent or None}
