"""The clock stops when everything is there, and rounds go on until they tell their median."""

import threading
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measuring import clock, measure
from bench.plan.cell import Cell
from problems import get
from solvers import Host, Solution, registry

CELL = Cell("himmelblau", "late", 8, "float64", 0, 1e-8, 100, rounds=3, timed_s=0.0)
MINIMUM = get("himmelblau").truth.minimisers[:1].T


def answer(lanes):
    return np.repeat(MINIMUM, lanes, axis=1)


def later(hand_out, after=0):
    """A host's solver that hands back a buffer at once, which a thread fills 0.2 s later; honest `after` times."""
    calls = iter(range(10**9))

    def build(problem, max_steps, inputs):
        def fill(buffer):
            time.sleep(0.2)
            buffer[:] = answer(buffer.shape[1])

        def call(inputs):
            buffer = np.array(inputs.starts)
            worker = threading.Thread(target=fill, args=(buffer,), daemon=True)
            worker.start()
            if next(calls) < after:
                worker.join()
            return Solution(hand_out(buffer), None, None)

        return call

    return Host("late", "peer", "a plug-in", build)


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(registry, "SOLVERS", dict(registry.SOLVERS))
    yield registry.register
    registry.find.cache_clear()


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("hand_out", [np.asarray, jnp.asarray, np.ndarray.view])
def test_what_is_filled_in_later_is_not_there(hand_out, after, registered):
    """It scored 15 digits at a microsecond a start; jnp.asarray may hand on the very buffer, too."""
    registered(later(hand_out, after))
    figures = measure.measure(CELL).figures
    assert (figures["frac_stationary"], figures["n_not_stationary"]) == (0.0, 8)
    assert figures["time_median_s"] < 0.1


@pytest.mark.parametrize("hand_out", [np.asarray, np.ndarray.view, jnp.from_dlpack])
def test_nobody_changes_ends_after_the_clock_has_stopped(hand_out):
    memory = np.zeros(128 + 8)
    first = -memory.ctypes.data % 64 // 8  # JAX uses what lies at such an address as it is
    buffer = memory[first : first + 128].reshape(2, 64)
    solution, _ = clock.timed(lambda _: Solution(hand_out(buffer), None, None), None)
    buffer[:] = 1.0
    assert not np.asarray(solution.x).any()


def test_what_is_there_when_the_call_returns_counts(registered):
    registered(later(np.asarray, after=10**9))
    figures = measure.measure(CELL).figures
    assert figures["frac_minimum"] == 1.0
    assert figures["time_min_s"] > 0.2


def test_numbers_that_are_made_when_somebody_looks_are_no_arrays():
    class Lazy:
        def __float__(self):
            return 3.0

    lazy = np.array([[Lazy()]], object)
    with pytest.raises(clock.UnfinishedWork, match="must return arrays, got objects in an array"):
        clock.timed(lambda _: Solution(lazy, None, None), None)


def test_a_program_of_ours_is_waited_for_and_not_copied():
    compiled = jax.jit(lambda x: Solution(jnp.cos(x), None, None)).lower(1.0).compile()
    assert isinstance(clock.timed(compiled, 1.0)[0].x, jax.Array)
    assert isinstance(clock.timed(lambda x: compiled(x), 1.0)[0].x, np.ndarray)


class Watch:
    """A clock that stands still but for the calls, which take what they are said to."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now

    def call(self, durations):
        left = iter(durations)

        def run(_):
            self.now += next(left)
            return Solution(np.zeros((1, 1)), None, None)

        return run


@pytest.fixture
def count(monkeypatch):
    """How many rounds there are of calls that take these seconds, one after the other."""

    def rounds(*durations, **limits):
        monkeypatch.setattr(clock, "time", Watch())
        return len(clock.rounds([(clock.time.call(each), None) for each in durations], **limits)[0])

    return rounds


NOISE = [1 + 0.3 * np.sin(0.7 * k) for k in range(600)]


def test_microsecond_calls_get_many_rounds_and_long_ones_few(count):
    assert count([1e-6] * 600, at_least=3, timed_s=1.0) == 500
    assert 50 <= count([1e-3] * 600, at_least=3, timed_s=1.0) <= 70
    assert count([0.05] * 600, at_least=3, timed_s=1.0) < 10
    assert count([0.4] * 600, at_least=3, timed_s=1.0) == 3
    assert count([5.0] * 600, at_least=3, timed_s=1.0) == 3
    assert count([5.0] * 600, at_least=1, timed_s=1.0) == 1


def test_rounds_go_on_until_they_agree_or_the_time_has_gone(count):
    noisy = [0.01 * factor for factor in NOISE]
    assert count(noisy, at_least=3, timed_s=1.0) > 50
    assert count([0.01] * 600, at_least=3, timed_s=1.0) < 10


def test_in_a_race_both_must_have_agreed(count):
    noisy = [0.001 * factor for factor in NOISE]
    assert count([0.01] * 600, noisy, at_least=3, timed_s=1.0) > 50


def test_the_interval_of_a_median():
    assert not clock.settled([1.0] * 5)  # five enclose their median with 94 % only
    assert clock.settled([1.0] * 6)
    assert clock.settled([0.96, 0.98, 1.0, 1.0, 1.02, 1.04])
    assert not clock.settled([0.9, 0.98, 1.0, 1.0, 1.02, 1.04])
    assert clock.settled([0.5, 9.0, *[1.0] * 8])  # of ten, the second and the ninth


@settings(deadline=None)
@given(st.integers(6, 200), st.integers(0, 2**32 - 1))
def test_settled_durations_have_a_median_that_others_would_find_too(count, seed):
    """Whatever the noise: where the interval is that narrow, half of the durations lie near the median."""
    draws = np.random.default_rng(seed).lognormal(0, 0.02, count)
    if clock.settled(draws):
        near = np.abs(draws - np.median(draws)) <= 0.05 * np.median(draws)
        assert near.sum() >= 0.9 * np.sqrt(count)
