"""When lanes came to their goals, worked by hand: f = x^4 - 2 x^2 has minima -1 at -1 and 1, and a maximum 0 at 0."""

from dataclasses import replace
from itertools import takewhile

import numpy as np
import pytest

from bench.measuring.referee import PointKind, Verdict
from bench.measuring.untimed.milestones import Milestones, arrivals, reached_aim, step_limits
from problems import Problem, Truth
from solvers import Solution

TRUTH = Truth("proved", "by hand", -1.0, np.array([[-1.0], [1.0]]))
WELLS = Problem("wells", lambda x, _: x[0] ** 4 - 2 * x[0] ** 2, np.array([-2.0]), np.array([2.0]), TRUTH, "by hand")


def verdict(f, kinds, inside=None):
    f, zero = np.array(f), np.zeros(len(f))
    inside = np.ones(len(f), bool) if inside is None else np.array(inside)
    gap = f + 1.0
    return Verdict(f, zero, np.array(kinds), gap, zero, zero, zero.astype(int), zero[:, None], inside)


def solution(steps):
    return Solution(np.zeros((1, len(steps))), np.zeros(len(steps), int), np.array(steps))


def way(steps, f, inside=True):
    return Milestones(np.array(steps), np.array(f, float), np.broadcast_to(inside, np.shape(f)))


def test_steps_until_the_global_minimum():
    """The first lane has two digits after 2 of its 3 steps, the other, on the maximum after 1, never any."""
    told = arrivals(
        WELLS,
        solution([3, 1]),
        verdict([-1.0, 0.0], [PointKind.MINIMUM, PointKind.MAXIMUM]),
        way([0, 1, 2], [[8, 8], [-0.9, 0.0], [-0.995, 0.0]]),
    )
    assert [told[f"n_{goal}_2"] for goal in ("global", "minimum", "stationary")] == [1, 1, 2]
    assert told["work_global_2"] == pytest.approx((3 + 2) / (4 + 2))  # a lane of k steps is tested k + 1 times
    assert told["work_stationary_2"] == pytest.approx((3 + 2) / (4 + 2))
    assert told["work_global_8"] == 1.0


def test_what_only_passes_by_has_not_arrived():
    """A saddle's height is met on the way down and up again; a height below f* outside the box is no minimum."""
    passing = way([0, 1, 2], [[8.0], [0.0], [5.0]])
    told = arrivals(WELLS, solution([3]), verdict([0.0], [PointKind.SADDLE]), passing)
    assert told["work_stationary_2"] == 1.0
    outside = arrivals(
        WELLS, solution([1]), verdict([-1.0], [PointKind.NOT_STATIONARY], [False]), way([0], [[-1.0]], inside=False)
    )
    assert [outside[f"n_{goal}_2"] for goal in ("global", "minimum", "stationary")] == [0, 0, 0]


def test_who_never_comes_to_rest_may_have_two_digits():
    told = arrivals(WELLS, solution([9]), verdict([-0.995], [PointKind.NOT_STATIONARY]), way([0], [[8.0]]))
    assert [told[f"n_global_{digits}"] for digits in (2, 5, 8)] == [1, 0, 0]
    assert told["n_stationary_2"] == 1


def test_work_until_the_target_in_the_box():
    """To a hundredth of -1, f <= -0.99: lane 0 after 2 of 3 steps, lane 1 never, lane 2 outside the box only."""
    aimed = lambda problem, accuracy: reached_aim(  # noqa: E731
        problem,
        solution([3, 1, 0]),
        verdict([-1.0, 0.0, -1.0], [PointKind.MINIMUM, PointKind.MAXIMUM, PointKind.MINIMUM], [True, True, False]),
        way([0, 1, 2], [[8, 8, -1], [-0.9, 0.0, -1], [-0.995, 0.0, -1]], [[True, True, False]] * 3),
        accuracy,
    )
    told = aimed(WELLS, 0.01)
    assert told == {
        "f_target": pytest.approx(-0.99),
        "frac_target": pytest.approx(1 / 3),
        "n_target": 1,
        "work_target": pytest.approx((3 + 2 + 1) / (4 + 2 + 1)),
    }
    assert aimed(WELLS, None) == {}
    assert aimed(WELLS, 1e-30)["f_target"] > -1.0  # rounding is let pass
    unknown = replace(WELLS, truth=Truth("unknown", "nobody"))
    assert aimed(unknown, 0.01) == {}
    fixed = aimed(replace(unknown, target=-0.8), 0.01)  # aimed at anywhere, as nothing says that it is the box's
    assert (fixed["f_target"], fixed["n_target"], fixed["frac_target"]) == (-0.8, 2, pytest.approx(2 / 3))


def test_without_a_way_the_whole_work_counts_and_points_have_none():
    ended = verdict([-1.0, 3.0], [PointKind.MINIMUM, PointKind.NOT_STATIONARY])
    told = arrivals(WELLS, Solution(np.zeros((1, 2)), None, None), ended, None)
    assert (told["n_global_8"], told["work_global_8"]) == (1, 1.0)
    told = arrivals(WELLS, Solution(np.zeros((1, 2)), None, None), ended, None, points=True)
    assert (told["n_global_8"], told["work_global_8"]) == (1, None)


def test_an_unknown_minimum_is_not_guessed_and_zero_is_zero():
    unknown = Problem("unknown", WELLS.fn, WELLS.lower, WELLS.upper, Truth("unknown", "by hand"), "by hand")
    ended = verdict([1e-17], [PointKind.MINIMUM])._replace(gap=np.full(1, np.nan))
    told = arrivals(unknown, solution([2]), ended, way([0, 1], [[1.0], [1e-6]]))
    assert told["n_global_2"] is told["work_global_2"] is None
    assert told["work_minimum_5"] == pytest.approx(2 / 3)


def test_limits_are_dense_at_first_and_four_an_octave_then():
    limits = list(takewhile(lambda limit: limit <= 64, step_limits(10**6)))
    assert limits == [*range(9), 10, 11, 13, 16, 19, 23, 27, 32, 38, 45, 54, 64]
