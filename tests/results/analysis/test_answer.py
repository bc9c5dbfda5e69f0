"""The answer per kind of problem, against sets of rows whose verdict is known, and cases worked by hand."""

import numpy as np
import pytest

from results import to_frame
from results.analysis.answer import answers
from results.analysis.contests import contest
from results.analysis.costs import Cost
from results.analysis.expected import expected_cost, expected_costs, solvers_asked, way_of
from results.analysis.sentences import brief, sentence
from tests.results.analysis.verdicts import NO_FIGURES, SETS, rows_of
from tests.results.runs import row

MANY = "Many stationary points"
ALIKE = "to the global minimum, at 2, 5 and 8 digits alike,"
SENTENCES = {
    "saddles win": f"{MANY} (4 problems): {ALIKE} gd (first order) is soonest; gd gets there to 5 digits on 4 of 4, "
    "newton (root-finding) on 4 in 5x the time; to any stationary point newton is soonest, but 90 % of those it comes "
    "to are no minima.",
    "a solver lacks problems": f"{MANY} (4 problems): {ALIKE} lbfgs (first order) is soonest; lbfgs gets there to 5 "
    "digits on 4 of 4, newton (root-finding) on 1 in 0.1x the time.",
    "too noisy": f"{MANY} (3 problems): {ALIKE} it is too close to call between lbfgs (first order) and newton-cg "
    "(second order); they get there to 5 digits on 3 of 3.",
    "accuracy turns the order": f"{MANY} (4 problems): to the global minimum: at 2 digits gd (first order) is soonest, "
    "at 5 and 8 digits newton (root-finding) is soonest; newton gets there to 5 digits on 4 of 4, gd (first order) on "
    "4 in 5x the time.",
    "networks": "Neural networks (1 problem): on 1 of 1 nobody knows the global minimum; none of 3 solvers comes to a "
    "stationary point; lowest on net is lbfgs (first order), f = 0.25 in 500 ms a start.",
}


@pytest.mark.parametrize("name", SETS)
def test_the_verdict_is_the_known_one(name):
    first, *_ = answers(to_frame(SETS[name]()))
    assert sentence(first) == SENTENCES[name]


def test_expected_time_by_hand():
    """1 ms for 100 starts, of which 20 get there after 60 % of all work: 0.6 / 20 ms each."""
    frame = to_frame([row(n_global_5=20, work_global_5=0.6), row(solver="gd", kind="descend", n_global_5=0)])
    found, never = (expected_cost(each, "global", 5) for each in frame.itertuples())
    assert found.seconds == pytest.approx(0.6e-3 / 20)
    assert found.high / found.seconds == pytest.approx(1 + np.sqrt(0.8 / 20))
    assert never is None
    exact = row(solver="closed-form", kind="exact", batch=1, time_median_s=2e-5, n_global_5=3)
    assert expected_cost(next(to_frame([exact]).itertuples()), "global", 5) == Cost(2e-5, 2e-5, 2e-5)


def test_everybody_asked_is_in_the_contest_and_every_problem_in_the_denominator():
    rows = [*rows_of("a", {"newton": 1e-3, "gd": 2e-3}), row(problem="b", status="timeout", cell_id="b", **NO_FIGURES)]
    frame = to_frame([*rows, row(problem="c", solver="lbfgs", kind="descend", status="crash", **NO_FIGURES)])
    table = expected_costs(frame)["minimum", 5]
    assert {problem: sorted(of) for problem, of in table.items()} == {"a": ["gd", "newton"], "b": [], "c": []}
    done = contest(table, solvers_asked(frame), "minimum", 5)
    assert [(each.solver, each.reached) for each in done.standings] == [("newton", 1), ("gd", 1), ("lbfgs", 0)]
    assert [each.pace for each in done.standings] == pytest.approx([1 / 3, 1 / 6, 0])
    assert done.standings[1].later == pytest.approx(2)
    assert done.standings[2].later is None


def test_a_lead_that_some_problems_decide_is_too_close_to_call():
    """Each is three times faster on half of the problems."""
    sure = lambda seconds: Cost(seconds, seconds, seconds)  # noqa: E731
    table = {
        name: {"newton": sure(1.0 + 2 * (k % 2)), "gd": sure(3.0 - 2 * (k % 2))} for k, name in enumerate("abcdef")
    }
    ways = {"newton": "root-finding", "gd": "first order"}
    assert contest(table, ways, "global", 5).leaders == ("gd", "newton")
    ahead = {name: {"newton": sure(1.0), "gd": sure(3.0)} for name in table}
    assert contest(ahead, ways, "global", 5).leaders == ("newton",)
    barely = {name: {"newton": sure(1.0), "gd": sure(1.25)} for name in table}
    assert set(contest(barely, ways, "global", 5).leaders) == {"newton", "gd"}


def test_rows_of_older_versions_are_not_judged_by_what_they_do_not_tell():
    old = row(**{f"{what}_{goal}_{d}": None for what in ("n", "work") for goal in ("global", "minimum", "stationary")
                 for d in (2, 5, 8)})  # fmt: skip
    [found] = answers(to_frame([old]))
    assert sentence(found) == f"{MANY} (1 problem): these rows do not tell who comes to a minimum, and how soon."


def test_a_run_of_one_solver_or_one_problem_or_nothing_has_an_answer():
    [found] = answers(to_frame([row()]))
    assert "newton (root-finding) is soonest; newton gets there to 5 digits on 1 of 1." in sentence(found)
    assert answers(to_frame([])) == []
    [found] = answers(to_frame([row(status="error", **NO_FIGURES)]))
    assert "none of 1 solver comes to a stationary point" in sentence(found)
    [found] = answers(to_frame([row(solver="closed-form", kind="exact", batch=1, time_median_s=2e-5)]))
    assert "closed-form (exact) answers 1 of 1 in 20 us a call" in sentence(found)


def test_studies_and_races_are_no_part_of_the_answer():
    rows = [row(), row(problem="grown", study="scaling", cell_id="s"), row(peer="theirs", problem="raced", cell_id="r")]
    assert answers(to_frame(rows))[0].problems == ("himmelblau",)
    assert answers(to_frame(rows[1:]))[0].problems == ("grown",)


@pytest.mark.parametrize(
    ("solver", "kind", "way"),
    [("newton", "solve", "root-finding"), ("newton-cg", "solve", "second order"), ("adam", "descend", "first order"),
     ("closed-form", "exact", "exact"), ("scipy-root", "peer", "peer")],
)  # fmt: skip
def test_the_way_of_an_older_row(solver, kind, way):
    [old] = to_frame([row(solver=solver, kind=kind)]).itertuples()
    assert way_of(old) == way


def test_the_way_that_a_row_tells():
    [told] = to_frame([row(solver="mine", kind="solve", solver_way="root-finding")]).itertuples()
    assert way_of(told) == "root-finding"


def test_exact_solvers_alone_are_not_told_that_nobody_comes_there():
    rows = [row(problem=problem, solver="continuation", kind="exact", cell_id=f"c-{problem}") for problem in "ab"]
    [alone] = answers(to_frame(rows))
    assert brief(alone) == f"{alone.family} (2): continuation 2 of 2"
    unknown = {"n_global_2": None, "n_global_5": None, "n_global_8": None, "frac_global": None}
    [found] = answers(to_frame([each | unknown for each in rows]))
    assert brief(found).endswith("continuation (exact) finds stationary points, no known global minimum, on 2 of 2")
    lost = row(problem="a", cell_id="n-a", frac_stationary=0.0, frac_minimum=0.0, frac_global=0.0)
    [beside] = answers(to_frame([rows[0], lost]))
    assert brief(beside) == f"{beside.family} (1): none of 1 solver comes to a stationary point; continuation 1 of 1"
