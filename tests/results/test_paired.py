"""Two solvers compared over problems."""

import numpy as np
import pandas as pd
import pytest

from bench import cli
from results.paired import as_sentence, paired


def rows(*cells):
    columns = ["problem", "solver", "time_median_s", "n_minimum"]
    frame = pd.DataFrame(cells, columns=columns)
    return frame.assign(batch=10, dtype="float64", device="cpu", status="ok", peer=None)


def table(ratios):
    """Solver a takes 1 s for 10 minima of each problem, b as many times as long."""
    both = [[(f"p{i}", "a", 1.0, 10), (f"p{i}", "b", ratio, 10)] for i, ratio in enumerate(ratios)]
    return rows(*(cell for pair in both for cell in pair))


def test_the_mean_is_geometric_and_failures_are_counted_apart():
    more = rows(("q", "a", 1.0, 5), ("q", "b", 1.0, 0), ("r", "a", 1.0, 0), ("r", "b", 1.0, 0))
    found = paired(frame := pd.concat([table([2.0, 8.0]), more]), "a", frame, "b")
    assert found.mean == pytest.approx(4.0)
    assert (found.only_first, found.only_second, found.neither) == (1, 0, 1)
    assert found.interval is None
    assert as_sentence(found) == (
        "a against b, time for each start that ends on a minimum, paired over 2 problems: 4x faster; faster on 2 of "
        "them; on 1 more only a reaches minima; on 1 more neither does."
    )


def test_a_solver_that_ends_on_half_as_many_minima_pays_twice():
    frame = rows(("p", "a", 1.0, 10), ("p", "b", 1.0, 5))
    assert paired(frame, "a", frame, "b").ratios.tolist() == [2.0]


def test_several_batches_of_a_problem_are_one_pair():
    frame = pd.concat([table([2.0, 2.0]), table([8.0]).assign(batch=20)])
    np.testing.assert_allclose(paired(frame, "a", frame, "b").ratios, [4.0, 2.0])


def test_the_interval_holds_the_mean_and_turns_over_with_the_solvers():
    frame = table(np.exp(np.random.default_rng(1).normal(1.0, 0.5, 20)))
    forth, back = paired(frame, "a", frame, "b"), paired(frame, "b", frame, "a")
    low, high = forth.interval
    assert low < forth.mean < high
    assert low > 1
    assert back.interval == pytest.approx((1 / high, 1 / low))
    assert "slower" in as_sentence(back)


def test_names_and_cells_that_are_not_there_are_said():
    frame = table([2.0])
    with pytest.raises(ValueError, match='no row is of the solver "c"; there are: a, b'):
        paired(frame, "c", frame, "b")
    with pytest.raises(ValueError, match="no problem, batch and dtype in common"):
        paired(frame, "a", frame.assign(batch=20), "b")


def test_the_command_compares_solvers_of_one_run_and_versions_of_two(capsys):
    run = "results/baselines/cpu-2core.csv"
    assert cli.main(["compare", run, "--solvers", "newton,adam"]) == 0
    assert "newton against adam, time for each start that ends on a minimum, paired over" in capsys.readouterr().out
    assert cli.main(["compare", run, run, "--as", "newton=newton"]) == 0
    assert "1x faster (95 % interval 1x to 1x)" in capsys.readouterr().out
    assert cli.main(["compare", run, "--solvers", "newton"]) == 2
    assert "--solvers compares two" in capsys.readouterr().err
