"""How one cell is measured and judged."""
