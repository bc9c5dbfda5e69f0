"""Rows made by hand and what may be said of them: no sentence that the rows do not bear out."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from results import schema, to_frame
from results.rows import blank_row
from results.terminal.reading import reading

STARTS = 100
STOPPED = dict.fromkeys((f"n_{stop}" for stop in schema.STOPS), 0)


def lanes(solver, kind, time_s, minimum=0, saddle=0, maximum=0, singular=0, spread=0.0, **figures):
    """A row of 100 starts, those not named on no stationary point; rounds lie within `spread` of their median."""
    stationary = minimum + saddle + maximum + singular
    known = {
        "status": "ok", "problem": "p", "n_dim": 2, "solver": solver, "solver_kind": kind, "batch": STARTS,
        "dtype": "float64", "device": "cpu", "seed": 0, "max_steps": 1000, "time_median_s": time_s,
        "time_iqr_s": spread * time_s, "n_minimum": minimum, "n_saddle": saddle, "n_maximum": maximum,
        "n_singular": singular, "n_not_stationary": STARTS - stationary, "frac_minimum": minimum / STARTS,
        "frac_stationary": stationary / STARTS, "digits_median": 9.0,
    }  # fmt: skip
    stops = (
        {} if kind in ("exact", "peer") else STOPPED | {"n_converged": stationary, "n_max_steps": STARTS - stationary}
    )
    return blank_row() | known | stops | figures


def call(solver, time_s, digits=15.0, **figures):
    return lanes(solver, "exact", time_s, minimum=1, batch=1, digits_median=digits, **figures)


def stopped(**stops):
    return STOPPED | {f"n_{stop}": count for stop, count in stops.items()}


NEWTON = lanes("newton", "solve", 1e-3, minimum=100)
VERDICTS = {
    "nine times the time, all minima": (
        [NEWTON, lanes("gd", "descend", 9e-3, minimum=100)],
        "newton is 9x faster per minimum than gd.",
    ),
    "the other way round": (
        [NEWTON, lanes("gd", "descend", 4e-4, minimum=100)],
        "gd is 2.5x faster per minimum than newton.",
    ),
    "failures are charged, and shares named where they differ": (
        [lanes("newton", "solve", 1e-3, minimum=2), lanes("adam", "descend", 11e-3, minimum=95)],
        "adam is 4.3x faster per minimum than newton (minima from 95 % and 2 % of the starts).",
    ),
    "plateaus look like points and are none": (
        [lanes("newton", "solve", 1e-3, minimum=60, n_not_stationary=10, n_flat=30)],
        "30 % of newton's ends are flat, with no stationary point shown to be near.",
    ),
    "minima elsewhere": (
        [
            lanes("newton", "solve", 1e-3, minimum=100, n_outside=40, frac_global=0.6),
            lanes("gd", "descend", 4e-3, n_outside=100),
        ],
        "newton reaches a minimum from 100 % of the starts, gd from none: 1000 steps did not suffice. "
        "40 % of newton's ends lie outside the box, where no minimum counts as global.",
    ),
    "of a box that nobody stated nothing is said": (
        [lanes("newton", "solve", 1e-3, minimum=100, n_outside=40), lanes("gd", "descend", 4e-3, minimum=100)],
        "newton is 4x faster per minimum than gd.",
    ),
    "what limits the figures is said once": (
        [
            lanes("newton", "solve", 1e-3, minimum=100, remark="The minimum is elsewhere."),
            lanes("gd", "descend", 9e-3, minimum=100, remark="The minimum is elsewhere."),
        ],
        "newton is 9x faster per minimum than gd. The minimum is elsewhere.",
    ),
    "an f* that is none": (
        [
            lanes("newton", "solve", 1e-3, minimum=100, n_below=3, truth_standing="best_known"),
            lanes("gd", "descend", 9e-3, minimum=100, n_below=1, truth_standing="best_known"),
        ],
        "newton is 9x faster per minimum than gd. 3 ends of newton lie in the box below f* (best known), which is not "
        "the minimum. An end of gd lies in the box below f* (best known), which is not the minimum.",
    ),
    "tables that know no flat ends": (
        [lanes("newton", "solve", 1e-3, minimum=50, saddle=50, n_flat=None)],
        "50 % of newton's ends are saddles.",
    ),
    "saddles are no success": (
        [lanes("newton", "solve", 1e-3, minimum=50, saddle=50), lanes("gd", "descend", 4e-3, minimum=100)],
        "newton is 2x faster per minimum than gd (minima from 50 % and 100 % of the starts). "
        "50 % of newton's ends are saddles.",
    ),
    "a tie": (
        [NEWTON, lanes("gd", "descend", 1e-3, minimum=100)],
        "newton and gd are about as fast per minimum.",
    ),
    "below 1.3 times": (
        [NEWTON, lanes("gd", "descend", 1.29e-3, minimum=100)],
        "newton and gd are about as fast per minimum.",
    ),
    "from 1.3 times on": (
        [NEWTON, lanes("gd", "descend", 1.31e-3, minimum=100)],
        "newton is 1.3x faster per minimum than gd.",
    ),
    "never 1x faster": (
        [NEWTON, lanes("adam", "descend", 1.04e-3, minimum=100)],
        "newton and adam are about as fast per minimum.",
    ),
    "rounds that overlap": (
        [NEWTON | {"time_iqr_s": 8e-4}, lanes("gd", "descend", 2e-3, minimum=100, spread=0.6)],
        "newton and gd are about as fast per minimum.",
    ),
    "rounds that do not": (
        [NEWTON | {"time_iqr_s": 8e-4}, lanes("gd", "descend", 2e-3, minimum=100, spread=0.5)],
        "newton is 2x faster per minimum than gd.",
    ),
    "rounds overlap after failures are charged": (
        [lanes("newton", "solve", 1e-3, minimum=50, spread=0.5), lanes("gd", "descend", 3e-3, minimum=100, spread=0.4)],
        "newton and gd are about as fast per minimum (minima from 50 % and 100 % of the starts).",
    ),
    "no spread is known": (
        [NEWTON | {"time_iqr_s": None}, lanes("gd", "descend", 2e-3, minimum=100) | {"time_iqr_s": None}],
        "newton is 2x faster per minimum than gd.",
    ),
    "minima from one only": (
        [lanes("newton", "solve", 1e-6, saddle=100), lanes("gd", "descend", 1e-3, minimum=90)],
        "gd reaches a minimum from 90 % of the starts, newton from none. 100 % of newton's ends are saddles.",
    ),
    "nothing from one, by the step limit": (
        [NEWTON, lanes("gd", "descend", 1e-3)],
        "newton reaches a minimum from 100 % of the starts, gd from none: 1000 steps did not suffice.",
    ),
    "most starts diverge": (
        [NEWTON, lanes("gd", "descend", 1e-3) | stopped(diverged=60, max_steps=40)],
        "newton reaches a minimum from 100 % of the starts, gd from none: mostly it diverges.",
    ),
    "no reason for the most of them": (
        [NEWTON, lanes("gd", "descend", 1e-3) | stopped(diverged=40, max_steps=30, stalled=30)],
        "newton reaches a minimum from 100 % of the starts, gd from none: most often it diverges.",
    ),
    "not finite": (
        [NEWTON, lanes("gd", "descend", 1e-3) | stopped(nonfinite=100)],
        "newton reaches a minimum from 100 % of the starts, gd from none: it meets values that are not finite.",
    ),
    "stalled": (
        [NEWTON, lanes("gd", "descend", 1e-3) | stopped(stalled=100)],
        "newton reaches a minimum from 100 % of the starts, gd from none: it makes no more progress.",
    ),
    "singular": (
        [lanes("newton", "solve", 1e-3) | stopped(singular_step=100), lanes("gd", "descend", 1e-3, minimum=100)],
        "gd reaches a minimum from 100 % of the starts, newton from none: its linear system is singular.",
    ),
    "converged on no stationary point": (
        [NEWTON, lanes("gd", "descend", 1e-3) | stopped(converged=100)],
        "newton reaches a minimum from 100 % of the starts, "
        "gd from none: it stops where the referee finds no stationary point.",
    ),
    "one step": (
        [NEWTON, lanes("gd", "descend", 1e-3, max_steps=1)],
        "newton reaches a minimum from 100 % of the starts, gd from none: 1 step did not suffice.",
    ),
    "nobody arrives": (
        [lanes("newton", "solve", 1e-3) | stopped(singular_step=100), lanes("gd", "descend", 1e-3)],
        "Neither newton (its linear system is singular) nor gd (1000 steps did not suffice) "
        "reaches a stationary point from any start.",
    ),
    "degenerate minima, which float64 cannot tell": (
        [lanes("newton", "solve", 1e-3, singular=100), lanes("gd", "descend", 8e-3, singular=50)],
        "newton is 16x faster per stationary point than gd (stationary points from 100 % and 50 % of the starts). "
        "100 % of newton's ends are too flat to tell (singular). 50 % of gd's ends are too flat to tell (singular).",
    ),
    "the cheapest minimum speaks for its kind": (
        [NEWTON, lanes("gd", "descend", 9e-3, minimum=100), lanes("adam", "descend", 2e-3, minimum=90),
         lanes("leap", "descend", 1e-9, singular=100), lanes("lost", "descend", 1e-9)],
        "newton is 2.2x faster per minimum than adam (minima from 100 % and 90 % of the starts).",
    ),
    "a single way: its two best": (
        [lanes("newton-dense", "solve", 4e-3, minimum=100), NEWTON, lanes("newton-damped", "solve", 2e-3, minimum=100)],
        "newton is 2x faster per minimum than newton-damped.",
    ),
    "root-finding beside second order": (
        [lanes("newton-cg", "solve", 4e-3, minimum=100), NEWTON, lanes("newton-damped", "solve", 2e-3, minimum=100)],
        "newton is 4x faster per minimum than newton-cg.",
    ),
    "a single solver": (
        [lanes("newton", "solve", 1e-3, minimum=40, maximum=20, saddle=40)],
        "60 % of newton's ends are saddles or maxima.",
    ),
    "a peer beside both": (
        [NEWTON, lanes("gd", "descend", 9e-3, minimum=100), lanes("scipy-root", "peer", 4e-3, minimum=50, saddle=50)],
        "newton is 9x faster per minimum than gd. newton is 8x faster per minimum than scipy-root "
        "(minima from 100 % and 50 % of the starts). 50 % of scipy-root's ends are saddles.",
    ),
    "a plug-in's function that is faster": (
        [NEWTON, lanes("mine", "peer", 1e-4, minimum=100)],
        "mine is 10x faster per minimum than newton.",
    ),
    "a peer that never arrives and does not say why": (
        [NEWTON, lanes("mine", "peer", 1e-4)],
        "newton reaches a minimum from 100 % of the starts, mine from none: it does not say why it stops.",
    ),
    "two peers": (
        [lanes("mine", "peer", 1e-4), lanes("yours", "peer", 1e-4)],
        "Neither mine (it does not say why it stops) nor yours (it does not say why it stops) "
        "reaches a stationary point from any start.",
    ),
    "three that never arrive": (
        [lanes("newton", "solve", 1e-3, n_diverged=100, n_max_steps=0),
         lanes("gd", "descend", 1e-4, n_stalled=100, n_max_steps=0),
         lanes("mine", "peer", 1e-4)],
        "None of newton (it diverges), gd (it makes no more progress) and mine (it does not say why it stops) reaches "
        "a stationary point from any start.",
    ),
    "one of three arrives": (
        [lanes("newton", "solve", 1e-3, n_diverged=100, n_max_steps=0),
         lanes("gd", "descend", 1e-4, n_stalled=100, n_max_steps=0),
         lanes("mine", "peer", 1e-3, minimum=100)],
        "mine reaches a minimum from 100 % of the starts, newton from none: it diverges. "
        "mine reaches a minimum from 100 % of the starts, gd from none: it makes no more progress.",
    ),
    "remarks that share a sentence": (
        [NEWTON | {"remark": "The slope breaks at (1, 2)."},
         lanes("gd", "descend", 1e-3, minimum=100, remark="The slope breaks at (1, 2). Lanes end there.")],
        "newton and gd are about as fast per minimum. The slope breaks at (1, 2). Lanes end there.",
    ),
    "a call beside a call, never beside a start": (
        [call("closed-form", 87e-6, 10.94), lanes("newton", "solve", 243e-6, minimum=100, digits_median=6.86)],
        "A call of closed-form takes 87 us for 10.9 digits, one of newton with 100 starts 243 us for 6.86.",
    ),
    "several exact solvers": (
        [call("closed-form", 2e-5), call("symbolic", 0.21), NEWTON],
        "A call of closed-form takes 20 us for 15 digits, one of symbolic 210 ms for 15, "
        "one of newton with 100 starts 1 ms for 9.",
    ),
    "one start": (
        [call("closed-form", 2e-5), NEWTON | {"batch": 1, "time_median_s": 7e-5}],
        "A call of closed-form takes 20 us for 15 digits, one of newton with 1 start 70 us for 9.",
    ),
    "an exact solver alone": ([call("closed-form", 2e-5)], "A call of closed-form takes 20 us for 15 digits."),
    "an exact solver without digits": ([call("certified", 2.0, None), NEWTON], ""),
    "published starts": (
        [NEWTON | {"start_kind": "saddle"}, lanes("mine", "peer", 1e-3, minimum=100, start_kind="saddle"),
         lanes("gd", "descend", 1e-3, minimum=100, start_kind="minimum"),
         lanes("adam", "descend", 1e-2, minimum=100, start_kind="maximum")],
        "newton and gd are about as fast per minimum. newton and mine are about as fast per minimum. "
        "From the problem's start newton and mine end on a saddle. From the problem's start adam ends on a maximum.",
    ),
    "missing figures": (
        [NEWTON | {"frac_minimum": None}, lanes("gd", "descend", 1e-3, minimum=100) | {"time_median_s": None}], "",
    ),
    "missing counts": (
        [NEWTON, lanes("gd", "descend", 2e-3, minimum=100) | {"n_saddle": None}],
        "newton is 2x faster per minimum than gd.",
    ),
    "missing step limit": (
        [NEWTON, lanes("gd", "descend", 1e-3) | {"max_steps": None}],
        "newton reaches a minimum from 100 % of the starts, gd from none: its steps did not suffice.",
    ),
    "rows that failed": (
        [NEWTON | {"status": "timeout"}, lanes("gd", "descend", 1e-3, minimum=100) | {"status": "crash"}], "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VERDICTS)
def test_what_is_said_of_rows(name):
    rows, text = VERDICTS[name]
    assert reading(to_frame(rows)) == text


def test_order_does_not_matter():
    for rows, _ in VERDICTS.values():
        one = reading(to_frame(rows))
        other = reading(to_frame(rows[::-1]))
        assert sorted(re.findall(r"\d+x faster per \w+", one)) == sorted(re.findall(r"\d+x faster per \w+", other))


counts = st.integers(1, STARTS)
times = st.floats(1e-7, 1e2)
spreads = st.floats(0, 1.5)


@settings(deadline=None, max_examples=50)
@given(counts, counts, times, times, spreads, spreads)
def test_every_race_is_as_the_rows_say(a, b, a_s, b_s, a_spread, b_spread):
    """Costs and the ends of the middle half of the rounds are worked out anew, in other words."""
    rows = (
        lanes("newton", "solve", a_s, minimum=a, spread=a_spread),
        lanes("gd", "descend", b_s, minimum=b, spread=b_spread),
    )
    text = reading(to_frame(rows))
    per = {"newton": a_s / a, "gd": b_s / b}
    fast, slow = sorted(per, key=per.get)
    widths = {"newton": a_spread, "gd": b_spread}
    apart = per[fast] * (1 + widths[fast] / 2) < per[slow] * (1 - widths[slow] / 2)
    if said := re.match(r"(\w+) is ([\d.]+)x faster per minimum than (\w+)", text):
        assert said.groups()[::2] == (fast, slow)
        assert float(said[2]) == pytest.approx(per[slow] / per[fast], rel=0.06)
        assert per[slow] >= 1.3 * per[fast]
        assert apart
    else:
        assert text.startswith("newton and gd are about as fast per minimum")
        assert per[slow] < 1.3 * per[fast] * (1 + 1e-12) or not apart
    assert ("of the starts" in text) == (a != b)
