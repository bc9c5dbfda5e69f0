"""Copies under a change of variables: the same function, the same truth, other coordinates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from problems import UnknownName, get, select
from problems.registry import COPIES


@pytest.mark.parametrize("suffix", ["rotated", "shifted", "ill1e6"])
@pytest.mark.parametrize("name", ["himmelblau", "nist-longley", "mgh-bard", "rosenbrock-n10"])
def test_a_copy_takes_the_same_values_at_the_carried_points(name, suffix):
    plain, copy = get(name), get(f"{name}~{suffix}")
    pairs = [(plain.truth.points, copy.truth.points)]
    pairs += [(plain.start[None], copy.start[None])] if plain.start is not None else []
    for theirs, ours in pairs:
        assert (np.abs(theirs - ours).max(axis=1) > 1e-6).all()  # no point has stayed where it was
        values = [float(problem.fn(x, problem.data)) for problem, xs in ((plain, theirs), (copy, ours)) for x in xs]
        half = len(theirs)
        size = float(jnp.sum(plain.data[1] ** 2)) if "nist" in plain.tags else 1.0
        np.testing.assert_allclose(values[half:], values[:half], rtol=1e-8, atol=1e-9 * size)


def test_units_make_the_condition_number_worse_by_a_million():
    plain, copy = get("quadratic-n10"), get("quadratic-n10~ill1e6")
    before, after = (np.linalg.cond(jax.hessian(p.fn)(jnp.zeros(10), p.data)) for p in (plain, copy))
    assert 1e4 < after / before < 1e7


def test_a_far_start_is_the_published_one_times_the_factor():
    for factor in (10, 100):
        far = get(f"mgh-wood~x{factor}")
        np.testing.assert_array_equal(far.start, factor * get("mgh-wood").start)
        assert (far.lower <= far.start).all()
        assert (far.start <= far.upper).all()


def test_a_noisy_start_is_near_the_published_one_and_always_the_same():
    plain, copy = get("rosenbrock-n10"), get("rosenbrock-n10~noisy-start")
    off = np.abs(copy.start - plain.start) / np.abs(plain.start)
    assert 0.05 < off.max() <= 0.1
    get.cache_clear()
    np.testing.assert_array_equal(get("rosenbrock-n10~noisy-start").start, copy.start)


def test_residuals_and_closed_forms_are_carried_too():
    copy = get("nist-norris~shifted")
    data = jax.tree.map(jnp.asarray, copy.data)
    np.testing.assert_allclose(copy.closed_form(data), copy.truth.minimisers, rtol=1e-9)
    x = copy.truth.minimisers[0] + 1
    assert float(jnp.sum(copy.residuals(x, data) ** 2)) == pytest.approx(float(copy.fn(x, data)), rel=1e-12)


def test_suffixes_follow_each_other():
    twice = get("himmelblau~shifted~rotated")
    assert twice.name == "himmelblau~shifted~rotated"
    assert select("himmelblau~shifted~rotated") == ("himmelblau~shifted~rotated",)
    values = [float(twice.fn(x, twice.data)) for x in twice.truth.minimisers]
    np.testing.assert_allclose(values, 0, atol=1e-20)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("himmelblau~bent", 'no problem "himmelblau~bent": no suffix "~bent"; there are: ~rotated, ~ill1e6, ~shifted'),
        ("himmelblau~x10", 'no problem "himmelblau~x10": himmelblau has no published start to change'),
        ("quadratic-n2000~rotated", "~rotated is for n <= 1000"),
        ("himmelblo~rotated", "no problem matches"),
    ],
)
def test_a_copy_that_cannot_be_says_why(name, reason):
    with pytest.raises(UnknownName) as caught:
        select(name)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_changed_box_is_no_longer_a_complete_list():
    assert get("himmelblau").truth.complete
    assert get("himmelblau~shifted").truth.complete
    assert not get("himmelblau~rotated").truth.complete


def test_the_listed_copies_are_of_listed_problems():
    assert set(COPIES) <= set(select("*~*"))
