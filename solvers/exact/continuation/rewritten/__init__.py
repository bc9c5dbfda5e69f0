"""Other ways to write a system, one to one between the roots, with fewer paths."""
