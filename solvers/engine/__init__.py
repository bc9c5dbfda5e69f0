"""Many starts at once: any method of one point over a batch, by the schedule that fits problem and device."""
