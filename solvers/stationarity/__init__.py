"""Is the end of a lane near a stationary point, and of what kind: what judges ends, in float64."""
