"""Grids of step sizes."""


def log_grid(low: int, high: int, coarse_from: int | None = None) -> tuple[float, ...]:
    """Two step sizes a decade from 10^low to 10^high, and one a decade below that down to 10^coarse_from."""
    coarse = range(low if coarse_from is None else coarse_from, low)
    fine = (float(f"{digit}e{power}") for power in range(low, high) for digit in (1, 3))
    return *(float(f"1e{power}") for power in coarse), *fine, float(f"1e{high}")
