"""Function in, function out: what a function is, read from its jaxpr, and the same function in other forms."""
