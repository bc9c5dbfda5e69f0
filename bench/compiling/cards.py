"""Cards that programs are compiled for where no such card is: what XLA asks of them, from published figures.

Sources: NVIDIA's data sheets (multiprocessors, clocks, memory, bandwidth) and the CUDA C++ Programming Guide 13.0,
table "Technical Specifications per Compute Capability" (threads, blocks, registers, shared memory).
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CardModel:
    """A GPU; sizes in bytes, rates per second."""

    kind: str
    """As JAX names the device."""
    capability: tuple[int, int]
    multiprocessors: int
    clock_ghz: float
    """Boost."""
    memory: int
    bandwidth: int
    l2: int
    shared: int
    """Of a multiprocessor; a block may have 1 KiB less of it."""
    threads: int
    """Of a multiprocessor, at most."""
    blocks: int
    """Of a multiprocessor, at most."""
    accelerated: bool = False
    """Does its architecture have features of its own (sm_90a)?"""

    @property
    def architecture(self) -> str:
        """As ptxas calls it."""
        return "sm_{}{}{}".format(*self.capability, "a" if self.accelerated else "")

    def warps(self, registers: int, warps_a_block: int = 1) -> int:
        """Warps that a multiprocessor holds of a kernel with so many registers a thread; they come 256 at a time."""
        of_a_warp = -(-registers * _WARP // 256) * 256
        return min(_REGISTERS // of_a_warp, self.threads // _WARP, self.blocks * warps_a_block)

    def description(self) -> str:
        """XLA's target description (a GpuTargetConfigProto) as text."""
        return _text(
            gpu_device_info={
                "threads_per_block_limit": 1024,
                "threads_per_warp": _WARP,
                "shared_memory_per_block": 48 * 1024,
                "shared_memory_per_core": self.shared,
                "shared_memory_per_block_optin": self.shared - 1024,
                "threads_per_core_limit": self.threads,
                "core_count": self.multiprocessors,
                "fpus_per_core": 64 if self.capability == (8, 0) else 128,
                "block_dim_limit_x": 2**31 - 1,
                "block_dim_limit_y": 65535,
                "block_dim_limit_z": 65535,
                "memory_bandwidth": self.bandwidth,
                "l2_cache_size": self.l2,
                "clock_rate_ghz": self.clock_ghz,
                "device_memory_size": self.memory,
                "registers_per_core_limit": _REGISTERS,
                "registers_per_block_limit": _REGISTERS,
                "cuda_compute_capability": {"major": self.capability[0], "minor": self.capability[1]}
                | ({"feature_extension": "ACCELERATED_FEATURES"} if self.accelerated else {}),
                "name": f'"{self.kind}"',
            }
            | dict.fromkeys(("driver_version", "runtime_version", "compile_time_toolkit_version"), '"13.0.0"'),
            platform_name='"CUDA"',
            dnn_version_info={"major": 9, "minor": 10, "patch": 0},
            device_description_str=f'"{self.kind}"',
        )


_WARP, _REGISTERS = 32, 65536
_GIB, _MIB, _KIB = 2**30, 2**20, 2**10


def _text(**fields: Any) -> str:
    """A protocol buffer as text."""
    return " ".join(
        f"{name} {{ {_text(**value)} }}" if isinstance(value, dict) else f"{name}: {value}"
        for name, value in fields.items()
    )


_HOPPER: dict[str, Any] = {
    "capability": (9, 0),
    "shared": 228 * _KIB,
    "threads": 2048,
    "blocks": 32,
    "accelerated": True,
}
_ADA: dict[str, Any] = {"capability": (8, 9), "shared": 100 * _KIB, "threads": 1536, "blocks": 24}
CARDS: dict[str, CardModel] = {
    "h100": CardModel("NVIDIA H100 80GB HBM3", multiprocessors=132, clock_ghz=1.98, memory=80 * _GIB,
                 bandwidth=3_350_000_000_000, l2=50 * _MIB, **_HOPPER),
    "h200": CardModel("NVIDIA H200", multiprocessors=132, clock_ghz=1.98, memory=141 * _GIB,
                 bandwidth=4_800_000_000_000, l2=50 * _MIB, **_HOPPER),
    "a100": CardModel("NVIDIA A100-SXM4-80GB", capability=(8, 0), multiprocessors=108, clock_ghz=1.41, memory=80 * _GIB,
                 bandwidth=2_039_000_000_000, l2=40 * _MIB, shared=164 * _KIB, threads=2048, blocks=32),
    "l4": CardModel("NVIDIA L4", multiprocessors=58, clock_ghz=2.04, memory=24 * _GIB,
               bandwidth=300_000_000_000, l2=48 * _MIB, **_ADA),
    "rtx4090": CardModel("NVIDIA GeForce RTX 4090", multiprocessors=128, clock_ghz=2.52, memory=24 * _GIB,
                    bandwidth=1_008_000_000_000, l2=72 * _MIB, **_ADA),
}  # fmt: skip
