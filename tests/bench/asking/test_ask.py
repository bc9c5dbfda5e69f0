"""What `ask` makes of a race: the verdict, the lines to paste, and mistakes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bench import cli
from bench.asking import ask, recipes
from bench.asking.tape import Tape
from bench.ending import UsageError
from problems import Problem


def valley(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


@pytest.mark.heavy
def test_a_valley_of_minima_has_its_lines_too():
    def loss(x):
        return (x[0] * x[1] - 1) ** 2

    reply = ask(loss, [2.0, 3.0], solvers=("lbfgs",))
    assert any(line.startswith("lbfgs pays least for a minimum or a degenerate point: ") for line in reply.verdict)
    assert reply.proof.kind == "singular"
    held = {"loss": loss}
    exec(reply.code, held)
    assert loss(held["x"]) < 1e-12


@pytest.mark.heavy
def test_a_loss_without_reverse_mode_has_lines_too():
    def loss(x):
        return jax.lax.while_loop(lambda c: c[1] < 5, lambda c: (c[0] * 0.9, c[1] + 1), (jnp.sum((x - 1) ** 2), 0))[0]

    reply = ask(loss, [2.0, 3.0], solvers=("lbfgs",))
    held = {"loss": loss, "start": [2.0, 3.0]}
    exec(reply.code, held)
    np.testing.assert_allclose(held["x"], 1.0, atol=1e-6)
    assert reply.proof.kind == "minimum"


def test_the_verdict_rests_on_rows_and_the_lines_were_run(tmp_path, monkeypatch):
    told = []
    reply = ask(valley, np.array([-1.2, 1.0]), solvers=("newton", "gd"), tell=told.append)
    assert [row["solver"] for row in reply.rows] == ["newton", "gd"]
    newton = reply.frame.set_index("solver").loc["newton"]
    assert newton["n_minimum"] == 32
    assert reply.best == "newton"
    assert told[0] == "asked-valley   n=2   at the start x[0] = -1.2, x[1] = 1"
    assert any(line.startswith("newton pays least for a minimum: ") for line in reply.verdict)
    assert reply.proof.kind == "minimum"
    np.testing.assert_allclose(reply.x, [1.0, 1.0], atol=1e-6)
    held = {"loss": valley}
    exec(reply.code, held)
    np.testing.assert_allclose(held["x"], [1.0, 1.0], atol=1e-5)
    assert len(reply.code.splitlines()) <= 10


@pytest.mark.heavy
def test_ends_on_a_plateau_and_at_a_broken_minimiser_are_told():
    morse = Problem.from_loss(
        lambda r: 2.5 * (1 - jnp.exp(-1.5 * (r - 0.5))) ** 2, 1.0, lower=0.0, upper=3.0, name="morse"
    )
    verdict = ask(morse, solvers=("newton",)).verdict
    assert any("on plateaus" in line and line.startswith("newton: of 32 ends") for line in verdict)
    norm = ask(lambda x: jnp.linalg.norm(x - np.array([1.0, 2.0])) ** 2, np.array([4.0, -3.0]), solvers=("newton",))
    assert any(
        "at x[0] = 1, x[1] = 2, where f is finite: through the square root of 0" in s.fact for s in norm.symptoms
    )


def test_jax_is_left_as_it_was():
    before = jax.config.jax_enable_x64
    ask(lambda x: x**2, 1.0, solvers=())
    assert jax.config.jax_enable_x64 == before


def test_a_walk_finds_nothing_where_all_is_finite():
    tape = Tape(lambda x, data: jnp.sum(jnp.sqrt(x) * data), 2, np.ones(2))
    assert [tape.origin(np.ones(2), what) for what in ("value", "gradient", "Hessian")] == [None] * 3


def test_the_command_answers_and_mistakes_are_one_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "asked_loss.py").write_text("start = {'a': 2.0}\ndef loss(p): return (p['a'] - 1) ** 4 + p['a'] ** 2\n")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["ask", "asked_loss.py:loss", "--start", "start", "--solvers", "newton"]) == 0
    shown = capsys.readouterr().out
    assert "asked-loss   n=1   at the start a = 2" in shown
    assert "from asked_loss import loss\n" in shown
    for words, message in {
        ("himmelblo",): "no problem matches",
        ("asked_loss:lost", "--start", "1"): 'asked_loss has no "lost"; it has: loss',
        ("asked_loss:loss",): "a loss needs a start",
        ("asked_loss:loss", "--start", "1,,"): '"1,," is not understood; give numbers',
        ("asked_loss:loss", "--start", "begin"): 'there is no start "begin" in the module',
    }.items():
        assert cli.main(["ask", *words]) == 2
        told = capsys.readouterr().err
        assert message in told
        assert told.count("\n") == 1


def test_a_loss_that_is_no_number_is_refused():
    with pytest.raises(UsageError, match="a loss must return one real number"):
        ask(lambda x: x, np.ones(2))


@pytest.mark.parametrize("solver", [*recipes.PASTED])
def test_every_pasted_text_runs_and_ends_in_the_minimum(solver):
    row = {"solver": solver, "max_steps": 500, "solver_options": '{"learning_rate": 0.1}'}
    fit = "Problem.least_squares(lambda p, x: p * x, (jnp.ones(3), 2 * jnp.ones(3)), 1.0)"
    line = f"from problems import Problem\nproblem = {fit}"
    held = {}
    exec(recipes.code_for(row, recipes.Source(line, is_problem=True), plain=False), held)
    np.testing.assert_allclose(held["x"], [2.0], atol=1e-5)


def test_a_dear_loss_is_looked_at_as_far_as_the_time_goes_and_that_is_said():
    """Of a tenth of a millisecond nothing is left after the first point; what it shows is told all the same."""
    said = []
    reply = ask(lambda x: jnp.sqrt(jnp.sum(x**2)), np.zeros(2), seconds=1e-4, tell=said.append)
    assert [symptom.about for symptom in reply.symptoms][:1] == ["gradient"]
    assert said[-2] == (
        "f is dear for 0.0001 s: of 64 points f and its gradient were looked at in 1, the Hessian in 1; "
        "rounding was not looked at"
    )
    assert said[-1].startswith("no solver is raced: judging its ends alone takes about ")
    assert (reply.rows, reply.verdict, reply.code) == ([], [], None)
