"""A network of one hidden layer, its parameters a dict; the same works for a module of equinox.

zerograd run problems --plugin examples/network.py --problems spirals --solvers adam,lbfgs,newton-cg --batch 16
"""

import jax
import jax.numpy as jnp
import numpy as np

from problems import Problem


def two_spirals(per_arm=40):
    angle = np.linspace(0.5, 2.5 * np.pi, per_arm)
    arm = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1) / 8
    return {"points": np.concatenate([arm, -arm]), "labels": np.repeat([1.0, -1.0], per_arm)}


def loss(p, data):
    """Mean logistic loss, and a little weight decay, without which there is no minimum."""
    hidden = jnp.tanh(data["points"] @ p["inner"] + p["offset"])
    margins = data["labels"] * (hidden @ p["outer"])
    return jnp.mean(jnp.logaddexp(0, -margins)) + 1e-3 * sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(p))


rng = np.random.default_rng(0)
START = {"inner": rng.normal(size=(2, 8)), "offset": np.zeros(8), "outer": rng.normal(size=8)}
PROBLEMS = {"spirals": Problem.from_loss(loss, START, two_spirals())}
