"""Kernels of our own for a GPU, and what is made of a function for them."""
