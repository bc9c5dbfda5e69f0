"""A solver of one's own, its options, and what a broken one does."""

import re
import textwrap
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bench.measuring import measure
from bench.plan.cell import Cell
from bench.running import child
from problems import plugins as problem_plugins
from problems import registry as problem_registry
from solvers import (
    SOLVERS,
    Evaluations,
    Iterative,
    Library,
    Method,
    Solver,
    WrongOption,
    find,
    from_function,
    from_pair,
    plugins,
)
from solvers.method import Step
from solvers.registry import register

ROOT = Path(__file__).parents[2]
CELL = Cell("himmelblau", "newton", 9, "float64", 0, 1e-8, 500, rounds=1, timed_s=0.0)


pytestmark = pytest.mark.usefixtures("own_solvers")


def fixed_steps(fn, x0):
    return jax.lax.fori_loop(0, 400, lambda _, x: x - 0.01 * jax.grad(fn)(x), x0)


def halving(fn, x, g, memory):
    return x - memory * g, memory


def test_a_function_is_a_solver_and_is_judged_by_the_referee():
    register(from_function("mine", fixed_steps))
    row = measure.measure(replace(CELL, solver="mine")).figures
    assert row["frac_minimum"] == 1.0
    assert "steps_sum" not in row  # its steps are its own affair: not told, not guessed


def test_a_pair_gets_batching_counts_statuses_and_tuning():
    register(from_pair("pair", lambda x, rate: rate, halving, rates=(1e-3, 1e-2, 1e6)))
    theirs, ours = (measure.measure(replace(CELL, solver=name)).figures for name in ("pair", "gd:learning_rate=0.01"))
    assert theirs["solver_options"] == '{"learning_rate": 0.01, "patience": 1000}'
    for name in ("steps_sum", "steps_max", "n_f", "n_g", "n_converged", "frac_minimum"):
        assert theirs[name] == ours[name], name
    register(from_pair("dear", lambda x, rate: rate, halving, per_step=Evaluations(f=2)))
    assert measure.measure(replace(CELL, solver="dear", max_steps=3)).figures["n_f"] >= 3 * 9


def module(tmp_path, monkeypatch, text):
    (tmp_path / "mysolvers.py").write_text(textwrap.dedent(text))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "mysolvers", raising=False)


def test_a_module_brings_its_solvers(tmp_path, monkeypatch):
    module(tmp_path, monkeypatch, "SOLVERS = {'still': lambda fn, x0: x0}")
    plugins.load_solvers(["mysolvers"])
    assert find("still").kind == "peer"
    assert measure.measure(replace(CELL, solver="still")).figures["frac_stationary"] == 0.0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("", "it has neither SOLVERS nor PROBLEMS"),
        ("SOLVERS = [7]", r"a Solver or a named function \(fn, x0\) -> x is needed, got int"),
        ("SOLVERS = {'newton': lambda fn, x0: x0}", 'the name "newton" is taken'),
        ("SOLVERS = {'a,b': lambda fn, x0: x0}", 'the name "a,b" is taken, or holds more'),
    ],
)
def test_a_broken_module_is_one_line(text, reason, tmp_path, monkeypatch):
    module(tmp_path, monkeypatch, text)
    with pytest.raises(plugins.BrokenPlugin, match=reason) as caught:
        plugins.load_solvers(["mysolvers"])
    assert "\n" not in str(caught.value)


def test_entry_points_are_found_and_a_broken_one_is_a_warning(tmp_path, monkeypatch, capsys):
    module(tmp_path, monkeypatch, "def still(fn, x0):\n    return x0")
    points = [
        metadata.EntryPoint("still", "mysolvers:still", plugins.SOLVERS_GROUP),
        metadata.EntryPoint("gone", "mysolvers:gone", plugins.SOLVERS_GROUP),
    ]
    monkeypatch.setattr("problems.plugins.entry_points", lambda group: [p for p in points if p.group == group])
    plugins.load_solvers()
    assert find("still").name == "still"
    assert "gone" not in SOLVERS
    said = capsys.readouterr().err
    assert said.startswith('warning: the plug-in "mysolvers:gone" cannot be loaded (AttributeError:')
    assert said.endswith("; it is left out\n")
    assert said.count("\n") == 1


def test_options_in_a_name_change_what_they_say():
    fixed = measure.measure(replace(CELL, solver="gd:learning_rate=0.01:patience=77")).figures
    assert fixed["solver_options"] == '{"learning_rate": 0.01, "patience": 77}'
    assert fixed["tune_s"] is None
    assert find("newton-cg:most_products=3").method.most_products == 3
    assert find("optax:lion:patience=5").patience == 5
    default = measure.measure(replace(CELL, solver="adam", tune=False, max_steps=5)).figures
    assert default["solver_options"] == '{"learning_rate": 0.001, "patience": 1000}'


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gd:rate=1", 'gd has no option "rate"; it has: patience, learning_rate'),
        ("closed-form:rate=1", 'closed-form has no option "rate"; it has: factorisation'),
        ("optimistix-newton:rate=1", 'optimistix-newton has no option "rate"; it has none'),
        (
            "closed-form:factorisation=lu",
            'closed-form: factorisation "lu" is not allowed; there are: qr, svd, normal',
        ),
        (
            "gd:learning_rate=fast",
            'gd: learning_rate "fast" is not allowed; give a number greater than 0, at most 1000000000',
        ),
        (
            "newton:patience=1.5",
            'newton: patience "1.5" is not allowed; give a whole number greater than 0, at most 1000000000',
        ),
        ("lbfgs:pairs=0", 'lbfgs: pairs "0" is not allowed; give a whole number greater than 0, at most 1000000000'),
    ],
)
def test_a_wrong_option_is_listed_with_what_there_is(name, message):
    with pytest.raises(WrongOption) as caught:
        find(name)
    assert str(caught.value) == message


@pytest.mark.heavy
def test_linear_solves_are_counted_for_what_solves_them():
    counts = {}
    for solver in ("newton", "newton-modified", "newton-cg", "gd"):
        row = measure.measure(replace(CELL, solver=solver)).figures
        counts[solver] = (row["n_linear_solves"], row["steps_sum"])
    assert all(counts[name][0] == counts[name][1] for name in ("newton", "newton-modified"))
    assert counts["newton-cg"][0] == counts["gd"][0] == 0
    assert np.all([steps > 0 for _, steps in counts.values()])


def _jittered(fn, x, g, memory):
    rate, key = memory
    key, now = jax.random.split(key)
    return x - rate * g * jax.random.uniform(now, x.shape, x.dtype, 0.5, 1.5), (rate, key)


def _averaged(fn, x, g, memory):
    rate, past = memory
    past = jnp.roll(past, 1, axis=0).at[0].set(g)
    return x - rate * np.float64(1) * jnp.mean(past, axis=0), (rate, past)


def _preconditioned(fn, x, g, rate):
    def product(v):
        return jax.jvp(jax.grad(fn), (x,), (v,))[1] + 60 * v

    return x - jax.scipy.sparse.linalg.cg(product, g, maxiter=4)[0], rate


PAIRS = {
    "typed keys": (lambda x, rate: (rate, jax.random.key(1)), _jittered),
    "old keys": (lambda x, rate: (rate, jax.random.PRNGKey(1)), _jittered),
    "buffers": (lambda x, rate: (rate, jnp.zeros((4, x.size))), _averaged),
    "a library's loop": (lambda x, rate: rate, _preconditioned),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_may_remember_keys_and_buffers_and_call_loops(name, dtype):
    register(from_pair("own", *PAIRS[name], rates=(5e-3,)))
    gtol = 1e-8 if dtype == "float64" else 1e-2
    row = measure.measure(replace(CELL, solver="own", dtype=dtype, gtol=gtol, max_steps=2000)).figures
    assert row["frac_minimum"] == 1.0
    assert row["solver_schedule"].startswith("loop: rows")


class Blunt(Method):
    """Gradient descent that claims to take scalars, and does not."""

    scalars = True

    def init(self, x, rate):
        return rate

    def step(self, fn, x, g, memory):
        return Step(x - 5e-3 * g.astype(x.dtype), memory)


def test_a_method_that_fails_on_scalars_runs_on_vectors():
    register(Iterative("blunt", "descend", "own", Blunt()))
    row = measure.measure(replace(CELL, solver="blunt", max_steps=2000)).figures
    assert row["frac_minimum"] == 1.0
    assert row["solver_schedule"].startswith("loop: rows")
    assert "no scalars: 'tuple' object has no attribute 'astype'" in row["solver_schedule"]


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: Iterative("own", "descend", "own", {}), "own: its method is a dict, no subclass of solvers.Method"),
        (
            lambda: Iterative("own", "peer", "own", Blunt()),
            'own: kind "peer" is not allowed for Iterative; give solve, descend',
        ),
        (lambda: Library("own", "peer", "own", 7), "own: its run is a int, which cannot be called"),
        (
            lambda: Solver("own", "descend", "own", method=Blunt()),
            "own: declare it as solvers.Iterative, ClosedForm, Library or Host, not as Solver",
        ),
    ],
)
def test_a_wrong_declaration_is_one_line(declare, message):
    with pytest.raises(TypeError) as caught:
        declare()
    assert str(caught.value) == message


def test_a_mistake_in_a_plug_in_is_told_with_file_and_line(tmp_path, monkeypatch):
    text = """
        from solvers import from_pair

        def step(fn, x, g, memory):
            return x - memory * g.wrong, memory

        SOLVERS = [from_pair("broken", lambda x, rate: rate, step)]
    """
    module(tmp_path, monkeypatch, text)
    plugins.load_solvers(["mysolvers"])
    kind, (detail, traceback) = child.answer(replace(CELL, solver="broken"), lambda: None)
    assert kind == "error"
    assert f'"{tmp_path / "mysolvers.py"}", line 5, in step' in traceback
    assert detail.startswith("AttributeError: ")
    assert detail.endswith(f"({tmp_path / 'mysolvers.py'}:5)")
    assert "\n" not in detail


def readme(word):
    """The block of Python in README.md that has this word."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return next(block for block in blocks if word in block)


def test_the_readmes_solver_and_problem_run_as_they_are_pasted(tmp_path, monkeypatch):
    monkeypatch.setattr(problem_registry, "_SINGLE", dict(problem_registry._SINGLE))
    monkeypatch.setattr(problem_registry, "_PLUGGED", [])
    module(tmp_path, monkeypatch, "\n".join([readme("# my_solver.py"), readme("# my_loss.py")]))
    plugins.load_solvers(["mysolvers"])
    problem_plugins.load_problems(["mysolvers"])
    row = measure.measure(replace(CELL, problem="my-loss", solver="mine")).figures
    assert row["f_best"] < 1e-20
    assert row["frac_minimum"] == 1.0
