"""One row per solver of another library."""

from solvers.peers import jaxopt, optimistix, plain, scipy
from solvers.peers import optax as optax_loop
from solvers.rates import log_grid
from solvers.solver import Solver

PEERS = (
    Solver("optimistix-newton", "peer", "optimistix.Newton, root_find", peer=optimistix.newton, library="optimistix"),
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
        default_rate=1e-2,
    ),
    Solver(
        "jaxopt-gd",
        "peer",
        "jaxopt.GradientDescent, constant step",
        peer=jaxopt.gd,
        library="jaxopt",
        rates=log_grid(-8, 1),
        default_rate=1e-2,
    ),
    Solver("jaxopt-lbfgs", "peer", "jaxopt.LBFGS", peer=jaxopt.lbfgs, library="jaxopt"),
    Solver(
        "optax-adam",
        "peer",
        "optax.adam in a fori_loop",
        peer=optax_loop.adam,
        library="optax",
        rates=log_grid(-6, 1),
        default_rate=1e-3,
    ),
    Solver("plain-newton", "peer", "a while_loop around jnp.linalg.solve", peer=plain.newton),
    Solver(
        "plain-gd",
        "peer",
        "a while_loop around jax.grad",
        peer=plain.gd,
        rates=log_grid(-8, 1),
        default_rate=1e-2,
    ),
    Solver("scipy-root", "peer", "scipy.optimize.root, hybr", host=scipy.root, library="scipy", most_lanes=1000),
    Solver(
        "scipy-trust-exact",
        "peer",
        "scipy.optimize.minimize",
        host=scipy.trust_exact,
        library="scipy",
        most_lanes=1000,
    ),
    Solver("scipy-lbfgsb", "peer", "scipy.optimize.minimize", host=scipy.lbfgsb, library="scipy", most_lanes=1000),
)
