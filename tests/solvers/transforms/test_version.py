"""What is said of versions of JAX holds of the installed one: a failure here says which part has changed."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from solvers.transforms import kernel, version
from solvers.transforms.jaxpr import NoRule, walk
from solvers.transforms.one_kernel import in_one_kernel
from solvers.transforms.target import made_for
from solvers.transforms.version import compile_lowered

HESSIANS = """
from solvers.transforms.version import avoid_known_faults, scan_parts
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
    assert version.scan_parts(eqn) == (1, 1)


class Tree:
    """As JAX keeps a scan's inputs since 0.11."""

    def __init__(self, *parts):
        self.parts = parts

    def unpack(self):
        return self.parts


@pytest.mark.parametrize(
    "parameters", [{"num_consts": 2, "num_carry": 3}, {"ft_in": Tree("ab", "cde", "f")}], ids=["to 0.10", "since 0.11"]
)
def test_a_scan_tells_its_parts_in_the_words_of_every_version(parameters):
    assert version.scan_parts(SimpleNamespace(params=parameters)) == (2, 3)


def test_a_rule_of_derivatives_is_found():
    (eqn,) = jax.make_jaxpr(jax.nn.relu)(1.0).eqns
    rule = version.derivative_rule(eqn).jaxpr
    assert len(rule.invars) == len(rule.outvars) == 2


READ = {
    "dot_general": (lambda x: x @ x, "dimension_numbers", "precision"),
    "reduce_sum": (lambda x: jnp.sum(x), "axes"),
    "broadcast_in_dim": (lambda x: jnp.broadcast_to(x, (2, 3)), "shape", "broadcast_dimensions"),
    "concatenate": (lambda x: jnp.concatenate([x, x]), "dimension"),
    "split": (lambda x: jnp.split(x, 3), "sizes", "axis"),
    "transpose": (lambda x: jnp.transpose(jnp.outer(x, x)), "permutation"),
    "rev": (lambda x: x[::-1], "dimensions"),
    "pad": (lambda x: jnp.pad(x, 1), "padding_config"),
    "integer_pow": (lambda x: jax.lax.integer_pow(x, 3), "y"),
    "iota": (lambda x: jax.lax.iota(float, 3), "shape", "dimension"),
    "reshape": (lambda x: jax.lax.reshape(jnp.outer(x, x), (9,)), "new_sizes"),
    "gather": (lambda x: x[jnp.asarray([0, 2])], "dimension_numbers"),
    "cumsum": (lambda x: jax.lax.cumsum(x), "axis", "reverse"),
    "convert_element_type": (lambda x: jax.lax.convert_element_type(x, jnp.float32), "new_dtype"),
    "scan": (lambda x: jax.lax.scan(lambda a, b: (a + b, a), 0.0, x), "length", "jaxpr"),
    "cond": (lambda x: jax.lax.cond(jnp.sum(x) > 0, jnp.sin, jnp.cos, x), "branches"),
    "custom_jvp_call": (lambda x: jax.nn.relu(x), "call_jaxpr", "jvp_jaxpr_fun"),
}
"""Primitives, what makes them, and the parameters that rules read."""


@pytest.mark.parametrize("name", READ)
def test_primitives_have_the_parameters_that_rules_read(name):
    make, *parameters = READ[name]

    def equations(jaxpr):
        for eqn in jaxpr.eqns:
            yield eqn
            for part in version.parts(eqn):
                yield from equations(part)

    found = next(eqn for eqn in equations(jax.make_jaxpr(make)(jnp.ones(3)).jaxpr) if eqn.primitive.name == name)
    assert [parameter for parameter in parameters if parameter not in found.params] == []


def test_a_parameter_of_another_name_means_no_rule_and_a_slower_form():
    def rule(eqn, *values):
        return eqn.params["of another name"]

    with pytest.raises(NoRule, match=r'"exp" has no parameter .of another name. in JAX'):
        walk(jax.make_jaxpr(jnp.exp)(1.0), {"exp": rule}.get, lambda value: value, [1.0])


def loop(x):
    return jax.lax.fori_loop(0, 10, lambda _, x: x - 1e-3 * jnp.sin(x), x)


@pytest.mark.parametrize(
    "lost", [{"xla_metadata": None}, {"_OPTIONS": {"xla_no_such_option": 1}}], ids=["marks", "options"]
)
def test_what_xla_does_not_know_is_left_away(lost, monkeypatch):
    for name, value in lost.items():
        monkeypatch.setattr(version, name, value)
    x = jnp.linspace(0.0, 1.0, 40).reshape(2, 20)
    program = jax.jit(in_one_kernel(loop), compiler_options=version.compiler_options())
    assert "xla_cpu_small_call" not in program.lower(x).as_text()
    np.testing.assert_allclose(program(x), loop(x), rtol=1e-14)
    assert (version.compiler_options() == {}) == (name == "_OPTIONS")


def test_the_options_and_marks_of_today_are_known():
    assert version.compiler_options()
    assert "xla_cpu_small_call" in jax.jit(in_one_kernel(loop)).lower(jnp.ones((2, 20))).as_text()


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


UNDOCUMENTED = (
    "jax._src",
    "xla_metadata",
    "get_bind_params",
    "call_wrapped",
    "num_consts",
    "ft_in",
    "xla_cpu",
    "XLA_FLAGS",
)


def test_ci_takes_the_oldest_jax_that_is_allowed_and_the_newest():
    """It tested one version: the newest was broken, and nobody knew."""
    root = Path(version.__file__).parents[2]
    bounds = tomllib.loads((root / "pyproject.toml").read_text())["project"]["dependencies"]
    oldest = next(bound.removeprefix("jax>=") for bound in bounds if bound.startswith("jax>="))
    matrix, steps = (root / ".github/workflows/tests.yml").read_text().split("\n    steps:\n")[:2]
    assert {"oldest", "newest"} <= set(re.findall(r"jax: (\w+)", matrix))
    assert f'pip install "jax=={oldest}.*" "jaxlib=={oldest}.*"' in steps
    assert "pip install --upgrade jax jaxlib" in steps
    assert ".newest/bin/pytest" in (root / ".ci/run").read_text()


def test_what_is_not_documented_is_used_in_one_file_alone():
    root, allowed = Path(version.__file__).parents[2], ("version.py", "device.py")  # the latter writes flags into rows
    files = [path for room in ("bench", "problems", "solvers") for path in (root / room).rglob("*.py")]
    texts = {path.name: path.read_text() for path in files if path.name not in allowed}
    assert len(files) > 100
    assert [(file, name) for file, text in texts.items() for name in UNDOCUMENTED if name in text] == []


def test_without_products_by_triton_where_xla_can_make_none():
    """A program for a GPU is compiled once more without them; for a CPU a failure is one."""

    class Lowered:
        def compile(self, options):
            if not options:
                raise RuntimeError("Couldn't find output tile sizes")
            return options

    with made_for("gpu"):
        assert compile_lowered(Lowered()) == {"xla_gpu_enable_triton_gemm": False}
    with made_for("cpu"), pytest.raises(RuntimeError, match="tile sizes"):
        compile_lowered(Lowered())
