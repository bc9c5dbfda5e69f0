"""What is said of versions of JAX holds of the installed one: a failure here says which part has changed."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from solvers import kernel, version
from solvers.jaxpr import scan_parts

HESSIANS = """
from solvers.version import avoid_known_faults
avoid_known_faults()
import jax, numpy as np
from problems import get
problem = get("pinn-poisson")
hessian = jax.hessian(lambda x: problem.fn(x, problem.data))
jax.jit(jax.vmap(hessian)).lower(np.ones((3, problem.dim))).compile()
"""


def test_a_scan_tells_its_parts():
    def fn(carry, xs, constant):
        return jax.lax.scan(lambda carry, x: (carry * constant + x, (x, carry)), carry, xs)

    (eqn,) = jax.make_jaxpr(fn)(1.0, np.ones((5, 2))[:, 0], 2.0).eqns
    assert scan_parts(eqn) == (1, 1)


@pytest.mark.parametrize("one_pass", [version.ONE_PASS, False])
def test_steps_of_scalars_in_a_loop_do_what_they_do_one_by_one(one_pass, monkeypatch):
    """A loop that hands back what it was given, as XLA made of it in 0.12.0, is noticed."""
    monkeypatch.setattr(kernel, "ONE_PASS", one_pass)

    def step(a, b):
        return a / 2 + b, b * a + 1, jnp.where(a > b, a, b)

    def steps(a, b):
        return jax.lax.fori_loop(0, 3, lambda _, ab: kernel.together(step)(*ab)[:2], (a, b))

    a, b = np.linspace(-1, 1, 16), np.linspace(2, 3, 16)
    looped = jax.jit(steps)(a, b)
    for _ in range(3):
        a, b = a / 2 + b, b * a + 1
    np.testing.assert_allclose(looped, (a, b), rtol=1e-14)


def test_the_guard_is_set_where_it_is_needed_and_known(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=/nowhere")
    for _ in range(2):
        version.avoid_known_faults()
    flags = os.environ["XLA_FLAGS"].split()
    assert flags[0] == "--xla_dump_to=/nowhere"
    assert len(flags) == 1 + (version.VERSION == (0, 12))


def test_second_derivatives_of_second_derivatives_compile_for_a_batch():
    done = subprocess.run([sys.executable, "-c", HESSIANS], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-500:]
