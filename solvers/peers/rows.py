"""One row per solver of another library."""

from solvers.peers import jaxopt, optimistix, plain, scipy
from solvers.peers import optax as optax_loop
from solvers.rates import log_grid
from solvers.solver import Host, Library

PEERS = (
    Library("optimistix-newton", "peer", "optimistix.Newton, root_find", optimistix.newton, library="optimistix"),
    Library(
        "optimistix-newton-dense",
        "peer",
        "optimistix.Newton, root_find",
        optimistix.newton_dense,
        library="optimistix",
    ),
    Library("optimistix-bfgs", "peer", "optimistix.BFGS", optimistix.bfgs, library="optimistix"),
    Library(
        "optimistix-gd",
        "peer",
        "optimistix.OptaxMinimiser(sgd)",
        optimistix.gd,
        library="optimistix",
        rates=log_grid(-8, 1),
        default_rate=1e-2,
    ),
    Library(
        "jaxopt-gd",
        "peer",
        "jaxopt.GradientDescent, constant step",
        jaxopt.gd,
        library="jaxopt",
        rates=log_grid(-8, 1),
        default_rate=1e-2,
    ),
    Library("jaxopt-lbfgs", "peer", "jaxopt.LBFGS", jaxopt.lbfgs, library="jaxopt"),
    Library(
        "optax-adam",
        "peer",
        "optax.adam in a fori_loop",
        optax_loop.adam,
        library="optax",
        rates=log_grid(-6, 1),
        default_rate=1e-3,
    ),
    Library("plain-newton", "peer", "a while_loop around jnp.linalg.solve", plain.newton),
    Library(
        "plain-gd",
        "peer",
        "a while_loop around jax.grad",
        plain.gd,
        rates=log_grid(-8, 1),
        default_rate=1e-2,
    ),
    Host("scipy-root", "peer", "scipy.optimize.root, hybr", scipy.root, library="scipy", most_lanes=1000),
    Host(
        "scipy-trust-exact",
        "peer",
        "scipy.optimize.minimize",
        scipy.trust_exact,
        library="scipy",
        most_lanes=1000,
    ),
    Host("scipy-lbfgsb", "peer", "scipy.optimize.minimize", scipy.lbfgsb, library="scipy", most_lanes=1000),
)
