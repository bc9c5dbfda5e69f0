"""Other packages' collections: listed without them, made by them, and never by more than is needed."""

import sys

import jax.numpy as jnp
import numpy as np
import pytest

from problems import UnknownName, bbob, cutest, get, select
from problems.check import checked_problem

MODULE = """
import jax.numpy as jnp
from ..._misc import half
class BOWL:
    args = None
    y0 = jnp.array([3.0, -4.0])
    def objective(self, y, args):
        return half(jnp.sum(y**2))
"""


@pytest.fixture
def sif2jax(tmp_path, monkeypatch):
    """A package of that shape whose own __init__ must not run."""
    deep = tmp_path / "sif2jax" / "cutest" / "_unconstrained_minimisation"
    deep.mkdir(parents=True)
    for folder in (deep, deep.parent, deep.parent.parent):
        (folder / "__init__.py").write_text("raise RuntimeError('a minute of imports')")
    (tmp_path / "sif2jax" / "_misc.py").write_text("half = lambda value: value / 2")
    (deep / "bowl.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "sif2jax"]:
        monkeypatch.delitem(sys.modules, name)
    row = {"module": "bowl", "class": "BOWL", "n": 2, "minimum": 0.0, "minimiser": [0.0, 0.0]}
    monkeypatch.setattr(cutest, "table", lambda: {"bowl": row})
    get.cache_clear()
    yield
    get.cache_clear()


@pytest.mark.usefixtures("sif2jax")
def test_a_problem_is_loaded_without_its_package():
    problem = checked_problem(get("cutest-bowl"), "cutest-bowl")
    assert float(problem.fn(jnp.array([1.0, 2.0]), ())) == 2.5
    assert problem.fn(jnp.array([1.0, 2.0], "float32"), ()).dtype == "float32"
    np.testing.assert_array_equal(problem.start, [3.0, -4.0])
    assert (problem.truth.standing, problem.truth.minimum) == ("best_known", 0.0)
    assert select("cutest-*") == ("cutest-bowl",)
    assert not [name for name in sys.modules if name.split(".")[0] == "sif2jax"]  # a true import is still to be had


@pytest.mark.usefixtures("sif2jax")
def test_only_globs_with_the_prefix_reach_a_collection():
    assert "cutest-bowl" not in select("*")
    with pytest.raises(UnknownName, match='no problem matches "cutest-bawl"; nearest: cutest-bowl'):
        select("cutest-bawl")


@pytest.mark.parametrize("name", ["bbob-sphere-n1", "bbob-sphere-n", "bbob-sphere", "bbob-katsuura-n2"])
def test_a_bbob_function_that_is_not_there(name):
    with pytest.raises(UnknownName, match=f'no problem "{name}"; there are bbob-NAME-nN, N >= 2, with NAME: sphere,'):
        get(name)


def test_bbob_is_built_around_its_minimiser():
    pytest.importorskip("bbobax.bbob")
    problem = get("bbob-rosenbrock-n2")
    (minimiser,) = problem.truth.minimisers
    assert float(problem.fn(jnp.asarray(minimiser), problem.data)) == problem.truth.minimum
    assert bbob.bbob("bbob-rosenbrock-n2").truth.minimisers.tolist() == [minimiser.tolist()]


def test_the_table_of_cutest_is_complete():
    """Every unconstrained problem of sif2jax 0.0.8, with a minimum or the reason why there is none."""
    rows = cutest.table()
    assert len(rows) >= 190
    assert all(("minimum" in row) != ("why" in row) for row in rows.values())
    assert sum("minimum" in row for row in rows.values()) >= 80
    # Theorems and certified values among them, from other sources.
    published = {
        "rosenbr": 0.0,
        "beale": 0.0,
        "chwirut2ls": 513.04802941,
        "rat42ls": 8.0565229338,
        "brownden": 85822.2016,
    }
    for name, value in published.items():
        assert rows[name]["minimum"] == pytest.approx(value, rel=1e-7, abs=1e-10), name
