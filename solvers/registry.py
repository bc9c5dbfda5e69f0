"""One row per solver; every other view is derived."""

import optax

from solvers.closed_form import write_down
from solvers.descent import Descent
from solvers.newton import Newton
from solvers.peers import jaxopt, optimistix, scipy
from solvers.peers import optax as optax_loop
from solvers.solver import Solver


def log_grid(low: int, high: int, coarse_from: int | None = None) -> tuple[float, ...]:
    """Two step sizes a decade from 10^low to 10^high, and one a decade below that down to 10^coarse_from."""
    coarse = range(low if coarse_from is None else coarse_from, low)
    fine = (float(f"{digit}e{power}") for power in range(low, high) for digit in (1, 3))
    return *(float(f"1e{power}") for power in coarse), *fine, float(f"1e{high}")


SOLVERS = {
    solver.name: solver
    for solver in (
        Solver("closed-form", "exact", "each problem's own", exact=write_down),
        Solver("newton", "solve", "Nocedal & Wright 2006, algorithm 11.1", method=Newton(), banded=Newton),
        Solver("newton-dense", "solve", "newton, told of no structure", method=Newton()),
        Solver(
            "gd",
            "descend",
            "Cauchy 1847; optax.sgd",
            method=Descent(optax.sgd),
            # On data of which nobody scaled the columns the curvature reaches 1e27 (NIST Pontius).
            rates=log_grid(-8, 1, coarse_from=-30),
            patience=1000,
        ),
        Solver(
            "adam",
            "descend",
            "Kingma & Ba 2015, algorithm 1; optax.adam",
            method=Descent(optax.adam),
            rates=log_grid(-6, 1),
            patience=1000,
        ),
        Solver(
            "optimistix-newton", "peer", "optimistix.Newton, root_find", peer=optimistix.newton, library="optimistix"
        ),
        Solver(
            "optimistix-newton-dense",
            "peer",
            "optimistix.Newton, root_find",
            peer=optimistix.newton_dense,
            library="optimistix",
        ),
        Solver("optimistix-bfgs", "peer", "optimistix.BFGS", peer=optimistix.bfgs, library="optimistix"),
        Solver(
            "optimistix-gd",
            "peer",
            "optimistix.OptaxMinimiser(sgd)",
            peer=optimistix.gd,
            library="optimistix",
            rates=log_grid(-8, 1),
        ),
        Solver(
            "jaxopt-gd",
            "peer",
            "jaxopt.GradientDescent, constant step",
            peer=jaxopt.gd,
            library="jaxopt",
            rates=log_grid(-8, 1),
        ),
        Solver("jaxopt-lbfgs", "peer", "jaxopt.LBFGS", peer=jaxopt.lbfgs, library="jaxopt"),
        Solver("optax-adam", "peer", "optax.adam in a fori_loop", peer=optax_loop.adam, rates=log_grid(-6, 1)),
        Solver("scipy-root", "peer", "scipy.optimize.root, hybr", host=scipy.root, most_lanes=1000),
        Solver("scipy-trust-exact", "peer", "scipy.optimize.minimize", host=scipy.trust_exact, most_lanes=1000),
        Solver("scipy-lbfgsb", "peer", "scipy.optimize.minimize", host=scipy.lbfgsb, most_lanes=1000),
    )
}
