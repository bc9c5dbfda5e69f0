"""Parameters as any pytree: into a vector and back, and problems made of losses and models."""

from dataclasses import dataclass

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from problems import Problem, get, plugins
from problems.pytrees import parameters_of


@jax.tree_util.register_dataclass
@dataclass
class Line:
    """A pytree."""

    slope: float
    offset: float


TREES = {
    "a dict": ({"w": np.ones((2, 1)), "b": 0.5}, ("b", "w[0,0]", "w[1,0]")),
    "a dataclass": (Line(2.0, 1.0), ("slope", "offset")),
    "a list in a dict": ({"layers": [1.0, np.zeros(2)]}, ("layers.0", "layers.1[0]", "layers.1[1]")),
    "a vector": (np.array([1.0, 2.0]), ("x[0]", "x[1]")),
    "whole numbers alone": (np.array([1, 2]), ("x[0]", "x[1]")),
    "complex numbers": ({"z": np.array([1 + 2j])}, ("z[0].re", "z[0].im")),
}


@pytest.mark.parametrize("kind", TREES)
def test_a_tree_becomes_a_vector_and_comes_back(kind):
    tree, names = TREES[kind]
    parameters = parameters_of(tree)
    assert parameters.names == names
    x = parameters.vector(tree)
    assert x.dtype == np.float64
    assert x.shape == (len(names),)
    for back in (parameters.tree(x), parameters.tree(jnp.asarray(x))):
        assert jax.tree.structure(back) == jax.tree.structure(tree)
        jax.tree.map(np.testing.assert_array_equal, back, tree)


LISTS = {
    "a list": ([1, 2.5], ("x[0]", "x[1]")),
    "a tuple": ((3, 4), ("x[0]", "x[1]")),
    "a table": ([[1, 2], [3, 4]], ("x[0,0]", "x[0,1]", "x[1,0]", "x[1,1]")),
    "within a dict": ({"b": 0.5, "w": [1, 2]}, ("b", "w[0]", "w[1]")),
    "unequal lists": ([[1.0], [2.0, 3.0]], ("0[0]", "1[0]", "1[1]")),
    "beside an array": ([[1, 2], np.zeros(1)], ("0[0]", "0[1]", "1[0]")),
}


@pytest.mark.parametrize("kind", LISTS)
def test_lists_of_numbers_are_arrays_that_vary(kind):
    tree, names = LISTS[kind]
    parameters = parameters_of(tree)
    assert parameters.names == names
    assert all(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(parameters.tree(parameters.vector(tree))))


def test_a_loss_of_an_array_takes_a_list_as_its_start():
    problem = Problem.from_loss(lambda x: ((x - 1.0) ** 2).sum(), [3, 4], lower=[0, 0], upper=(5, 5))
    np.testing.assert_array_equal(problem.start, [3.0, 4.0])
    assert float(problem.fn(jnp.asarray(problem.start), ())) == 13.0


def test_an_equinox_module_keeps_its_functions_and_its_whole_numbers():
    class Net(equinox.Module):
        layer: equinox.nn.MLP
        calls: jax.Array

    net = Net(equinox.nn.MLP(2, 1, 3, 1, key=jax.random.key(0)), jnp.arange(2))
    parameters = parameters_of(net)
    assert len(parameters.names) == 2 * 3 + 3 + 3 + 1
    assert parameters.names[0] == "layer.layers.0.weight[0,0]"
    back = parameters.tree(parameters.vector(net))
    assert back.layer.activation is net.layer.activation
    x = jnp.array([0.3, -0.2])
    np.testing.assert_allclose(back.layer(x), net.layer(x), rtol=1e-6)
    np.testing.assert_array_equal(back.calls, [0, 1])


def test_a_problem_of_a_dict_has_the_losss_value_and_gradient():
    def loss(p, data):
        return jnp.sum((p["w"] @ data["x"] - data["y"]) ** 2) + p["b"] ** 2

    data = {"x": np.arange(3.0), "y": np.ones(2)}
    start = {"w": np.full((2, 3), 0.5), "b": 2.0}
    problem = Problem.from_loss(loss, start, data)
    assert problem.name == "loss"
    assert problem.dim == 7
    value, slope = jax.value_and_grad(problem.fn)(problem.start, problem.data)
    assert value == loss(start, data)
    theirs = jax.grad(loss)(jax.tree.map(jnp.asarray, start), data)
    np.testing.assert_allclose(slope, problem.parameters.vector(theirs), rtol=1e-12)


def test_complex_parameters_are_pairs_whose_gradient_is_that_of_two_real_variables():
    problem = Problem.from_loss(lambda z: jnp.abs(z - (1 + 2j)) ** 2, 0j, name="circle")
    slope = jax.grad(problem.fn)(jnp.zeros(2), ())
    np.testing.assert_allclose(slope, [-2.0, -4.0])


def test_a_fit_of_a_csv_is_three_lines(tmp_path):
    t = np.linspace(0, 2, 9)
    pd.DataFrame({"t": t, "y": 3 * np.exp(-0.5 * t)}).to_csv(tmp_path / "decay.csv", index=False)

    def decay(p, columns):
        return p["a"] * jnp.exp(-p["rate"] * columns["t"])

    problem = Problem.least_squares(decay, tmp_path / "decay.csv", {"a": 1.0, "rate": 1.0}, lower=0.0, upper=5.0)
    at = np.array([3.0, 0.5])
    assert problem.fn(at, problem.data) < 1e-24
    r = problem.residuals(problem.start, problem.data)
    np.testing.assert_allclose(r, np.exp(-t) - 3 * np.exp(-0.5 * t))
    assert problem.fn(problem.start, problem.data) == pytest.approx(float(r @ r))
    swapped = Problem.least_squares(
        lambda p, columns: p * columns["y"], pd.read_csv(tmp_path / "decay.csv"), 1.0, target="t"
    )
    assert swapped.parameters.names == ("x",)
    np.testing.assert_array_equal(swapped.data[1], t)


def test_complex_residuals_count_both_parts():
    problem = Problem.least_squares(lambda z, x: z * x, (np.array([1.0, 2.0]), np.zeros(2)), 1 + 1j)
    assert problem.fn(problem.start, problem.data) == pytest.approx(2 * (1 + 4))


WRONG = {
    r"a loss must return one real number, got float\d+ of shape \(2,\)": lambda: Problem.from_loss(
        lambda x: x, np.ones(2)
    ),
    r"one real number, got complex\d+ of shape \(\)": lambda: Problem.from_loss(lambda z: z, 1j),
    "the start holds no number that could vary, got dict": lambda: Problem.from_loss(lambda p: 0.0, {"f": jnp.tanh}),
    "lower and upper are given together": lambda: Problem.from_loss(lambda x: x, 1.0, lower=0.0),
    r"the start of w\[1\] is 9, outside its box \[0, 5\]": lambda: Problem.from_loss(
        lambda p: p["w"].sum(), {"w": np.array([1.0, 9.0])}, lower=0.0, upper=5.0
    ),
    r"the model predicts an array of shape \(\), the values have \(2,\)": lambda: Problem.least_squares(
        lambda p, x: p, (np.ones(2), np.ones(2)), 1.0
    ),
    'the column "who" holds no numbers': lambda: Problem.least_squares(
        lambda p, c: p, {"who": ["a", "b"], "y": [1, 2]}, 1.0
    ),
    'the column "y" has 1 empty fields': lambda: Problem.least_squares(lambda p, c: p, {"y": [1.0, np.nan]}, 1.0),
    'there is no column "z"; there are: t, y': lambda: Problem.least_squares(
        lambda p, c: p, {"t": [1.0], "y": [1.0]}, 1.0, target="z"
    ),
    "w has the shape": lambda: parameters_of({"w": np.ones(2)}).vector({"w": np.ones(3)}),
    "the parameters have the structure": lambda: parameters_of({"w": 1.0}).vector({"v": 1.0}),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_is_one_line_that_names_it(message):
    with pytest.raises(ValueError, match=message):
        WRONG[message]()


@pytest.mark.usefixtures("own_problems")
def test_a_plug_in_may_hold_the_problem_itself():
    plugins._register_all({"their-loss": Problem.from_loss(lambda x: x**2, 1.0)})
    assert get("their-loss").dim == 1
    assert get("their-loss").parameters.names == ("x",)
