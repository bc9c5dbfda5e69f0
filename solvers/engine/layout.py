"""Which device runs which lane: lanes are dealt like cards, so that no device gets the slow end of a batch."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int


@dataclass(frozen=True)
class Layout:
    """Room for `lanes` lanes on `devices` devices, each with a queue of its own in one block of the lane axis."""

    lanes: int
    devices: int = 1

    @property
    def per_device(self) -> int:
        """Length of a device's queue."""
        return -(-self.lanes // self.devices)

    @property
    def capacity(self) -> int:
        """Length of the lane axis: the lanes, rounded up to a multiple of the devices."""
        return self.per_device * self.devices

    def places(self, lanes: int) -> Int[np.ndarray, " lanes"]:
        """Where the first `lanes` lanes stand on the lane axis [capacity]."""
        lane = np.arange(lanes)
        return (lane % self.devices) * self.per_device + lane // self.devices

    def wanted(self, lanes: int) -> Int[np.ndarray, " devices"]:
        """Counts, for each device [devices], how many of the first `lanes` lanes it runs."""
        return ((lanes - np.arange(self.devices) + self.devices - 1) // self.devices).astype(np.int32)
