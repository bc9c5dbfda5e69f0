"""How the fused kernel is cut into blocks."""

from typing import NamedTuple


class Blocks(NamedTuple):
    """How a kernel is cut into blocks of lanes."""

    lanes: int = 32
    """Of a block; a power of two."""
    warps: int = 1
    queued: int = 0
    """So many blocks share a queue of all starts; 0 if every block has starts of its own."""
