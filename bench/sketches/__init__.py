"""What pictures are drawn from, computed when they are asked for."""
