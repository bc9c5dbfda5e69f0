"""A solver of one's own that says that it is done: where its lanes stop, what is counted, and what no flag is."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bench.measuring.measure import measure
from bench.measuring.starts import draw
from bench.plan.cell import Cell
from problems import get
from solvers import from_function, from_pair
from solvers.keys import lane_key
from solvers.registry import register

CELL = Cell("quadratic-n2", "own", 8, "float64", 0, 1e-8, 5000, rounds=1, timed_s=0.0)
RATE = 5e-4


pytestmark = pytest.mark.usefixtures("own_solvers")


def by_hand(gradient, within):
    """Steps of every start until the gradient that a step was given is within so much."""
    steps = []
    for x in draw(get(CELL.problem), CELL.batch, CELL.seed).T:
        count = 0
        while True:
            g = gradient(x)
            x, count = x - RATE * g, count + 1
            if np.abs(g).max() < within:
                break
        steps.append(count)
    return steps


def test_a_lane_stops_after_the_step_that_says_so_and_its_end_is_tested():
    """Stopped in the midst of chunks, speculative ones too: the steps are those of a loop in NumPy."""

    def step(fn, x, g, rate):
        return x - RATE * g, rate, jnp.max(jnp.abs(g)) < 1.0

    register(from_pair("own", lambda x, rate: rate, step))
    row = measure(CELL).figures
    A, b = get(CELL.problem).data
    steps = by_hand(lambda x: A @ x - b, 1.0)
    assert "speculative" in row["solver_schedule"]
    assert row["n_done"] == CELL.batch
    assert (row["steps_sum"], row["steps_max"]) == (sum(steps), max(steps))
    assert row["n_g"] == sum(steps) + CELL.batch
    assert row["n_not_stationary"] == CELL.batch


def counted(last):
    def step(fn, x, g, memory):
        rate, count = memory
        return x - rate * g, (rate, count + 1), count + 1 >= last

    return from_pair("own", lambda x, rate: (rate, jnp.int32(0)), step, rates=(RATE,))


def test_what_comes_first_ends_a_lane():
    """Done at the 7th step; a limit of 3 comes before it, and so does a tolerance that every start is within."""
    register(counted(7))
    cell = replace(CELL, dtype="float32")
    assert _stops(cell) == {"n_done": 8, "steps_sum": 7 * 8}
    assert _stops(replace(cell, max_steps=3)) == {"n_max_steps": 8, "steps_sum": 3 * 8}
    assert _stops(replace(cell, gtol=1e9)) == {"n_converged": 8, "steps_sum": 0}


def _stops(cell):
    row = measure(cell).figures
    stops = ("n_done", "n_max_steps", "n_converged", "n_stalled", "n_diverged", "n_nonfinite", "n_singular_step")
    return {name: row[name] for name in (*stops, "steps_sum") if row[name] or name == "steps_sum"}


def test_a_function_says_whether_it_has_finished():
    register(from_function("own", lambda fn, x0: (x0, x0[0] > 0)))
    row = measure(CELL).figures
    positive = int((draw(get(CELL.problem), CELL.batch, CELL.seed)[0] > 0).sum())
    assert 0 < positive < CELL.batch
    assert (row["n_done"], row["n_max_steps"]) == (positive, CELL.batch - positive)
    assert "steps_sum" not in row


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (lambda x, m: (x, m, x > 0), "own: done is bool[2]; give one bool, such as jnp.all(jnp.abs(g) < 1e-6)"),
        (lambda x, m: (x, m, x[0]), "own: done is float64[]; give one bool, such as jnp.all(jnp.abs(g) < 1e-6)"),
        (
            lambda x, m: (x, m, True, 0),
            "own: its step returns 4 things; give (next x, memory), or (next x, memory, done)",
        ),
        (lambda x, m: x, "own: its step returns a ShapeDtypeStruct; give (next x, memory), or (next x, memory, done)"),
    ],
)
def test_what_is_no_flag_is_one_line(told, message):
    register(from_pair("own", lambda x, rate: rate, lambda fn, x, g, memory: told(x, memory)))
    with pytest.raises(TypeError) as caught:
        measure(CELL)
    assert str(caught.value) == message


def test_a_functions_flag_is_one_bool():
    register(from_function("own", lambda fn, x0: (x0, x0 > 0)))
    with pytest.raises(TypeError, match=r"own: done is bool\[2\]; give one bool"):
        measure(CELL)


def test_a_pair_is_told_of_the_run_what_it_asks_for():
    """Its own tolerance and a random step length of every start: as a loop in NumPy with the same keys makes them."""

    def init(x, rate, *, key, gtol, max_steps):
        return RATE * (1 + jax.random.uniform(key, dtype=x.dtype)), 1e8 * gtol, max_steps

    def step(fn, x, g, memory):
        rate, enough, _ = memory
        return x - rate * g, memory, jnp.max(jnp.abs(g)) < enough

    register(from_pair("own", init, step))
    row, again, other = (measure(replace(CELL, seed=seed)).figures for seed in (0, 0, 1))
    (A, b), starts = get(CELL.problem).data, draw(get(CELL.problem), CELL.batch, CELL.seed)
    run, steps = jax.random.key_data(jax.random.key(CELL.seed)), []
    for x in starts.T:
        rate, g = RATE * (1 + float(jax.random.uniform(lane_key(run, jnp.asarray(x)), dtype=float))), np.inf
        count = 0
        while np.abs(g).max() >= 1e8 * row["gtol_effective"]:
            g = A @ x - b
            x, count = x - rate * g, count + 1
        steps.append(count)
    assert row["n_done"] == CELL.batch
    assert row["steps_sum"] == again["steps_sum"] == sum(steps) != other["steps_sum"]


def test_a_function_draws_by_the_seed_of_the_run():
    register(from_function("own", lambda fn, x0, key: x0 + jax.random.normal(key, x0.shape, x0.dtype)))
    lowest = [measure(replace(CELL, seed=seed)).figures["f_best"] for seed in (0, 0, 1)]
    assert lowest[0] == lowest[1] != lowest[2]
