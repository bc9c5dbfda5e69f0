"""Samples of the data: what is an estimate of f, and what is refused since it is none."""

import re
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import problems
from problems import HeldOut, Problem, random_rows
from problems.stochastic.check import sample_complaint
from problems.stochastic.minibatch import share_of_rows

RNG = np.random.default_rng(0)
A, Y = RNG.standard_normal((40, 3)), RNG.standard_normal(40)


def mean_loss(w, data):
    inputs, values = data
    return jnp.mean((inputs @ w - values) ** 2) + 0.1 * w @ w


def of_loss(sample, loss=mean_loss, data=(A, Y)):
    return Problem.from_loss(loss, np.ones(3), data, sample=sample)


def complaint(problem):
    return sample_complaint(problem, problem.start)


def test_rows_of_a_mean_are_an_estimate_of_it_and_rows_of_a_sum_are_not():
    assert complaint(of_loss(random_rows(8))) is None
    summed = of_loss(random_rows(8), lambda w, data: jnp.sum((data[0] @ w - data[1]) ** 2))
    assert "f is " in complaint(summed)
    assert complaint(summed).endswith("it is biased")


def test_a_fit_by_minibatches_weighs_its_rows():
    fit = Problem.least_squares(lambda w, inputs: inputs @ w, (A, Y), np.ones(3), batch=8)
    whole = Problem.least_squares(lambda w, inputs: inputs @ w, (A, Y), np.ones(3))
    assert complaint(fit) is None
    assert fit.fn(fit.start, fit.data) == pytest.approx(whole.fn(whole.start, whole.data))
    assert share_of_rows(fit.sample, fit.data) == 8 / 40
    part = fit.sample(jax.random.key(3), fit.data)
    assert jnp.sum(fit.residuals(fit.start, part) ** 2) == pytest.approx(fit.fn(fit.start, part))


def test_all_samples_of_two_rows_by_hand():
    """Every pair of rows is as likely: the mean over all pairs that were drawn is f, a pair may be one row twice."""
    small = of_loss(random_rows(2), data=(A[:3], Y[:3]))
    drawn = {tuple(np.asarray(small.sample(jax.random.key(k), small.data)[1])) for k in range(200)}
    assert drawn == {(a, b) for a in Y[:3] for b in Y[:3]}
    pairs = [(np.array([A[i], A[j]]), np.array([Y[i], Y[j]])) for i in range(3) for j in range(3)]
    values = [small.fn(small.start, pair) for pair in pairs]
    assert np.mean(values) == pytest.approx(float(small.fn(small.start, small.data)))


def half(key, data):
    inputs, values = random_rows(8)(key, data)
    return inputs, values[:4]


def impure(key, data):
    at = np.random.default_rng().integers(0, 40, 8)
    return jax.tree.map(lambda leaf: leaf[at], data)


@pytest.mark.parametrize(
    ("sample", "why"),
    [
        (lambda key, data: data[0], "another structure"),
        (half, "different parts of their rows: 0.1, 0.2"),
        (lambda key, data: jax.tree.map(lambda leaf: leaf[:5].astype(jnp.float32), data), "float32"),
        (lambda key, data: (data[0][:, :2], data[1]), r"float64\[40, 3\] it makes float64\[40, 2\]"),
        (impure, "other samples of the same key"),
        (lambda key, data: jax.tree.map(lambda leaf: leaf[:8], data), "biased"),
    ],
)
def test_what_is_no_estimate_is_refused_with_the_reason(sample, why):
    assert re.search(why, complaint(of_loss(sample)))


def test_a_biased_slope_is_seen_where_f_is_none():
    """On a sample f is itself at this very start, but its slope is twice as large."""
    fixed = Problem.from_loss(lambda w, s: jnp.sum(s * (w - 1.0)), np.ones(3), np.ones((4, 3)))
    assert complaint(replace(fixed, sample=lambda key, s: 2 * s[:2])) is None
    assert complaint(replace(fixed, sample=lambda key, s: 4 * s[:2])).startswith("its slope is ")


def test_no_rows_are_no_minibatch():
    for batch in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match="give a whole number, 1 or more"):
            random_rows(batch)


def test_copies_draw_the_same_rows_and_see_the_same_examples():
    whole = problems.get("digits-64-3-10")
    copy = problems.get("digits-64-3-10~shifted")
    key, z = jax.random.key(5), (copy.lower + copy.upper) / 2 + 0.1
    _, c, B = copy.data
    x = c + B * z
    ours = copy.fn(z, copy.sample(key, copy.data))
    assert ours == pytest.approx(float(whole.fn(x, whole.sample(key, whole.data))))
    told = whole.held_out.load()
    assert copy.held_out.accuracy(z, told) == whole.held_out.accuracy(x, told)


def test_the_digits_hold_images_out_of_every_digit_and_estimate_their_loss():
    network, (pixels, labels) = problems.get("digits-64-3-10"), problems.get("mlp-digits-small").data
    held = network.held_out.load()
    assert len(network.data[1]) == 1437
    np.testing.assert_array_equal(np.concatenate([network.data[0], held[0]]), pixels)
    np.testing.assert_array_equal(np.concatenate([network.data[1], held[1]]), labels)
    assert np.bincount(held[1]).tolist() == [35, 36, 35, 37, 37, 37, 37, 36, 33, 37]
    assert share_of_rows(network.sample, network.data) == 64 / 1437
    assert sample_complaint(network, network.upper / 2) is None


def test_accuracy_by_hand_and_of_the_parameters():
    """A network without weights says what its last biases say: the digit 3 always."""
    network = problems.get("digits-64-3-10")
    x = np.zeros(network.dim)
    x[-10 + 3] = 1.0
    assert network.held_out.accuracy(jnp.asarray(x), network.held_out.load()) == pytest.approx(37 / 360)
    right = HeldOut(lambda: (A, Y > 0), lambda tree, told: jnp.mean((told[0] @ tree["w"] > 0) == told[1]))
    fit = Problem.from_loss(lambda tree, data: mean_loss(tree["w"], data), {"w": np.ones(3)}, (A, Y), held_out=right)
    assert fit.held_out.accuracy(fit.start, (A, Y > 0)) == pytest.approx(np.mean((A.sum(axis=1) > 0) == (Y > 0)))
