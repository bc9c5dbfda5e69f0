"""A problem that lies about its optimum, its shape or its dtype is refused with the reason; and plug-ins."""

import textwrap
from dataclasses import replace
from importlib import metadata

import jax.numpy as jnp
import numpy as np
import pytest

from bench.ending import UsageError
from bench.measuring.honesty import (
    FalseTruth,
    refuse_false_statements,
    refuse_lower_than_proved,
    refuse_unlisted_points,
)
from bench.measuring.referee import Referee
from bench.plan.options import resolve
from problems import FalseProblem, Problem, Truth, get, names, plugins, registry
from problems.check import checked_problem


def bowl(**changes):
    """(x - 1)^2 + y^2, all of it true."""
    origin = np.array([[1.0, 0.0]])
    true = Problem(
        name="bowl",
        fn=lambda x, data: (x[0] - 1) ** 2 + x[1] ** 2,
        lower=np.full(2, -2.0),
        upper=np.full(2, 2.0),
        truth=Truth("proved", "a sum of squares", 0.0, origin, origin, True),
        reference="none",
        start=np.ones(2),
    )
    return replace(true, **changes)


def truth(**changes):
    return bowl().truth._replace(**changes)


@pytest.fixture(autouse=True)
def _forget():
    """What a test registers is gone after it."""
    yield
    for name in registry._PLUGGED:
        del registry._SINGLE[name]
    registry._PLUGGED.clear()
    get.cache_clear()


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ({"name": "dish"}, 'it calls itself "dish"'),
        ({"upper": np.full(3, 2.0)}, "upper must have the shape (2,), got (3,)"),
        ({"lower": np.full(2, -2.0, "float32")}, "lower must be a float64 NumPy array, got float32"),
        ({"lower": np.array([-2.0, 3.0])}, "its box is empty or infinite"),
        ({"upper": np.array([2.0, np.inf])}, "its box is empty or infinite"),
        ({"start": np.array([9.0, 0.0])}, "its start lies outside its box"),
        ({"start": [1.0, 1.0]}, "start must be a float64 NumPy array, got list"),
        ({"truth": truth(minimisers=np.zeros((1, 3)))}, "truth.minimisers must have the shape (1, 2), got (1, 3)"),
        ({"truth": truth(standing="unknown")}, 'a minimum and the standing "unknown" exclude each other'),
        ({"truth": truth(minimum=float("nan"))}, "its minimum is nan"),
    ],
)
def test_a_record_that_contradicts_itself(lie, reason):
    with pytest.raises(FalseProblem) as caught:
        checked_problem(bowl(**lie), "bowl")
    assert str(caught.value).startswith(f'problem "bowl" is refused: {reason}')


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ({"fn": lambda x, data: x**2}, "must give a float64 scalar for float64 variables, and gives float64(2,)"),
        ({"fn": lambda x, data: jnp.float32(x[0])}, "and gives float32()"),
        (
            {"truth": truth(minimisers=np.zeros((1, 2)), stationary=np.zeros((1, 2)))},
            "states that (0, 0) is stationary; the gradient there is (-2, 0)",
        ),
        ({"truth": truth(minimum=-1.0)}, "states the minimum -1, and f is 0 at its minimiser"),
        ({"fn": lambda x, data: x @ data, "load": lambda: np.array([0.0, 1e-3])}, "is stationary; the gradient there"),
    ],
)
def test_a_function_that_contradicts_its_record(lie, reason):
    with pytest.raises(FalseTruth) as caught:
        refuse_false_statements(Referee(bowl(**lie)), "float64")
    assert reason in str(caught.value)


def test_a_point_below_a_proved_minimum():
    higher = bowl(truth=truth(minimum=1.0))
    with pytest.raises(FalseTruth, match=r"bowl states the proved minimum 1, and a solver found 0\.25"):
        refuse_lower_than_proved(higher, np.array([[0.5, 0.0], [9.0, 9.0]]), np.array([0.25, -7.0]))
    outside = np.array([[9.0, 9.0]])
    refuse_lower_than_proved(higher, outside, np.array([-7.0]))


def test_a_point_that_a_complete_list_lacks():
    double = bowl(
        fn=lambda x, data: (x[0] ** 2 - 1) ** 2 + x[1] ** 2,
        truth=Truth("proved", "by hand", 0.0, np.array([[1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 0.0]]), True),
    )
    judge = Referee(double)
    listed = np.array([[1.0, 0.0], [0.0, 0.0]])
    refuse_unlisted_points(double, listed, judge.judge(listed, 1e-8, "float64"))
    other = np.array([[-1.0, 0.0]])
    with pytest.raises(
        FalseTruth, match=r"no stationary points but the 2 listed, .* a minimum at \(-1, 0\), where f is 0"
    ):
        refuse_unlisted_points(double, other, judge.judge(other, 1e-8, "float64"))
    one = np.array([[1.0, 0.0]])
    flat = replace(
        double,
        fn=lambda x, data: (x[0] - 1) ** 4 * (x[0] + 1) ** 4 + x[1] ** 4,
        truth=double.truth._replace(stationary=one),
    )
    with pytest.raises(FalseTruth, match=r"a singular point at \(-1, 0\)"):
        refuse_unlisted_points(flat, other, Referee(flat).judge(other, 1e-8, "float64"))
    smaller = replace(double, lower=np.array([-0.5, -2.0]))
    refuse_unlisted_points(smaller, other, Referee(smaller).judge(other, 1e-8, "float64"))
    open_list = replace(double, truth=double.truth._replace(complete=False))
    refuse_unlisted_points(open_list, other, judge.judge(other, 1e-8, "float64"))


def test_the_truth_passes():
    checked_problem(bowl(), "bowl")
    refuse_false_statements(Referee(bowl()), "float32")
    refuse_lower_than_proved(bowl(), np.zeros((1, 2)), np.ones(1))


PLUGIN = """
import numpy as np
from problems import Problem, Truth
def bowl():
    return Problem("bowl", lambda x, data: x @ x, -np.ones(2), np.ones({size}), Truth("proved", "squares", 0.0), "none")
PROBLEMS = {{"{name}": bowl}}
"""


def module(tmp_path, monkeypatch, text):
    (tmp_path / "mine.py").write_text(textwrap.dedent(text))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "mine", raising=False)


def test_a_module_brings_its_problems(tmp_path, monkeypatch):
    module(tmp_path, monkeypatch, PLUGIN.format(size=2, name="bowl"))
    plugins.load_problems(["mine"])
    assert get("bowl").dim == 2
    assert names()[-1] == "bowl"
    assert get("bowl~shifted").truth.minimum == 0.0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PLUGIN.format(size=3, name="bowl"), 'problem "bowl" is refused: upper must have the shape (2,), got (3,)'),
        (PLUGIN.format(size=2, name="dish"), 'problem "dish" is refused: it calls itself "bowl"'),
        (PLUGIN.format(size=2, name="himmelblau"), 'the name "himmelblau" is taken'),
        (PLUGIN.format(size=2, name="a~b"), 'the name "a~b" is taken, or holds more than'),
        ("PROBLEMS = {'seven': lambda: 7}", '"seven" makes a int, and must make a Problem'),
        ("PROBLEMS = [7]", "PROBLEMS must be a mapping of names to functions"),
    ],
)
def test_a_plugin_that_lies_is_one_line_and_exit_code_2(text, reason, tmp_path, monkeypatch):
    module(tmp_path, monkeypatch, text)
    with pytest.raises(UsageError) as caught:
        resolve({"plugin": "mine"}, tmp_path)
    assert str(caught.value).startswith('--plugin: the plug-in "mine" cannot be loaded (')
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_entry_point_is_a_warning(tmp_path, monkeypatch, capsys):
    module(tmp_path, monkeypatch, PLUGIN.format(size=2, name="bowl"))
    points = [metadata.EntryPoint(name, f"mine:{name}", plugins.PROBLEMS_GROUP) for name in ("bowl", "gone")]
    monkeypatch.setattr(plugins, "entry_points", lambda group: [p for p in points if p.group == group])
    plugins.load_problems()
    assert "bowl" in names()
    said = capsys.readouterr().err
    assert said.startswith('warning: the plug-in "mine:gone" cannot be loaded')
    assert said.count("\n") == 1
