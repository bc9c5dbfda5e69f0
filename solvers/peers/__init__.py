"""Other libraries' solvers, each run as its own authors advise, on the same starts and under the same referee."""
