"""Networks that were followed: sentences, table and picture from rows alone, each figure found again in the CSV."""

import io
import re

import pytest

import results
from bench import cli
from results import schema, to_frame
from results.analysis.learners import costs_told, learners, networks_told
from results.format import duration, percent
from results.pictures.networks import learning_curves
from results.pictures.studies import NothingToDraw, style
from results.report.build import build
from results.table import append_csv
from tests.results.runs import KEYS, row, write_run

FRACTIONS = ("frac_stationary", "frac_minimum", "frac_global")


def followed(solver, network="net-a", n=235, **figures):
    known = {"cell_id": f"{solver}-{network}-float64-networks", "study": "networks", "budget_s": 2.0, "n_dim": n}
    known |= dict.fromkeys((*(f"n_{end}" for end in schema.ENDS), "steps_median", "steps_max", *FRACTIONS))
    known |= {"batch": 3, "f_target": 0.4, "frac_target": 1.0, "reached_s": 0.5, "accuracy_median": 0.9, "tune_s": None}
    known |= {
        "f_best": 0.39,
        "steps_sum": 100,
        "time_median_s": 1.0,
        "program_bytes": 2**20,
        "solver_way": "first order",
    }
    return row(network, solver, "descend", **known | figures)


MISSED = {"frac_target": 0.0, "reached_s": None}
TOO_LONG = "a step takes 5.1 s and 0.23 GiB of memory; it had 2 s"
NEWTON = {"solver_way": "root-finding", "accuracy_median": 0.1}
NO_FIGURES = MISSED | {"f_best": None, "solver_way": "root-finding", "f_target": None, "accuracy_median": None}
ROWS = [
    followed("newton", steps_sum=2, time_median_s=0.8, program_bytes=2**30, f_best=2.4, **NEWTON, **MISSED),
    followed("lbfgs", reached_s=0.25, accuracy_median=0.714),
    followed("adam", f_best=0.5, **MISSED),
    followed("minibatch:adam", reached_s=0.9, tune_s=0.6, frac_target=2 / 3, steps_sum=10_000),
    followed("newton", "net-b", 1960, status="unsupported", status_detail=TOO_LONG, **NO_FIGURES),
    followed("adam", "net-b", 1960, f_target=None, frac_target=None, reached_s=None, accuracy_median=None),
    row("himmelblau", "newton", seed=0),
]
STEPS = (0, 1, 2, 4)


def learning(rows):
    for one in rows:
        if one["study"] and one["status"] == "ok":
            for start in range(2):
                for step in STEPS:
                    own = {"time_s": 1e-3 * (step + 1), "n_gradients": step + 1.0, "f": 2.0 / (1 + step + start)}
                    yield {name: one[name] for name in KEYS} | {"start": start, "step": step, "accuracy": 0.2} | own


def test_who_comes_to_the_loss_soonest_who_does_not_and_what_newton_costs():
    first, second = networks_told(learners(to_frame(ROWS)))
    assert first == (
        "net-a (n = 235) to f = 0.4 within 2 s: lbfgs in 250 ms (71 % right), "
        "minibatch:adam in 900 ms from 2 of 3 starts, 600 ms of it for the step size (90 % right); "
        "not: newton (f = 2.4 at best, 10 % right), adam (f = 0.5 at best, 90 % right); "
        "a step of newton takes 400 ms and 1 GiB, one of minibatch:adam 100 us and 1 MiB"
    )
    assert second == (
        "net-b (n = 1960) within 2 s: ended: adam (f = 0.39 at best); newton: a step takes 5.1 s and 0.23 GiB of memory"
    )
    assert costs_told(learners(to_frame(ROWS))) == [
        "newton on net-a: a step takes 400 ms and 1 GiB of memory",
        "newton on net-b: a step takes 5.1 s and 0.23 GiB of memory",
    ]


def test_every_figure_of_a_sentence_is_derived_again_from_the_csv(tmp_path):
    """By other code than makes it: arrivals are the rows with reached_s, by it, each with its own figures."""
    frame = results.read(write_run(tmp_path / "run", ROWS))
    for sentence in networks_told(learners(frame)):
        network = sentence.split(" ")[0]
        own = frame[(frame["problem"] == network) & (frame["status"] == "ok")]
        got = own[own["reached_s"].notna()].sort_values("reached_s")
        said = re.findall(r"([\w:-]+) in ([\d.]+ \w+)(?:[^(;]*) \((\d+ %) right\)", sentence)
        times = [(each.solver, duration(each.reached_s), percent(each.accuracy_median)) for each in got.itertuples()]
        assert said == times
        missed = own[own["reached_s"].isna()]
        assert re.findall(r"([\w:-]+) \(f = ([\d.]+) at best", sentence) == [
            (each.solver, f"{each.f_best:.3g}") for each in missed.itertuples()
        ]


def test_nobody_is_said_of_those_who_were_asked():
    (line,) = networks_told(learners(to_frame([followed("adam", **MISSED)])))
    assert line.startswith("net-a (n = 235) to f = 0.4 within 2 s: nobody from half of the starts; not: adam (")


def test_a_repeated_cell_counts_once_and_the_last_time():
    again = followed("lbfgs", reached_s=0.1, attempt=2)
    assert [each.reached_s for each in learners(to_frame([ROWS[1], again]))] == [0.1]
    assert learners(to_frame([again | {"n_dim": None}])) == []


def test_the_picture_has_a_line_for_every_start_and_the_costs_beside():
    beside = to_frame(list(learning(ROWS)), schema.TABLES["learning"])
    text = io.StringIO()
    with style():
        figure = learning_curves(to_frame(ROWS), beside)
        figure.savefig(text, format="svg")
    axes = figure.axes
    assert len(axes) == 8
    loss = [line for line in axes[0].lines if len(line.get_xdata()) == len(STEPS)]
    assert len(loss) == 2 * 4
    assert list(loss[0].get_ydata()) == pytest.approx([2.0, 1.0, 2 / 3, 0.4])
    assert list(axes[2].lines[0].get_ydata()) == [20.0] * 4
    assert list(axes[1].lines[0].get_xdata()) == [1.0, 2.0, 3.0, 5.0]
    for told in ("net-a", "net-b", "gradients on all data", "newton on net-b: a step takes 5.1 s and 0.23 GiB"):
        assert told in text.getvalue()
    with pytest.raises(NothingToDraw, match="zerograd run networks"):
        learning_curves(to_frame([ROWS[-1]]), to_frame([], schema.TABLES["learning"]))


@pytest.mark.heavy
def test_rows_of_the_study_have_tables_of_their_own(tmp_path):
    run = write_run(tmp_path / "run", ROWS, noise=0.0)
    append_csv(list(learning(ROWS)), schema.TABLES["learning"], run / "learning.csv")
    text = io.StringIO()
    results.render_all(results.read(run), results.console(text))
    told = text.getvalue()
    assert told.count("himmelblau") == 1
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert "net-a minibatch:adam 2 of 3 900 ms 600 ms 0.39 90 % 100 us 1 MiB" in lines
    assert "net-b newton a step takes 5.1 s and 0.23 GiB of memory" in lines
    page = build([run])
    assert 'id="networks"' in page
    assert "in 250 ms (71 % right)" in page
    assert cli.main(["plot", "networks", str(run), "-o", str(tmp_path / "net.svg")]) == 0
    assert cli.main(["validate", str(run)]) == 0


def test_of_a_run_of_networks_alone_no_answer_is_made_up(tmp_path):
    """Nobody has judged on what kind of point their starts end."""
    page = build([write_run(tmp_path / "run", ROWS[:4])])
    assert "nobody" not in page
    assert "comes to a stationary point" not in page
    assert "in 250 ms (71 % right)" in page
    assert "no network was followed; zerograd run networks." in page[page.index('id="folded"') :]  # without a table


def test_a_learning_table_that_cannot_be_is_found_wrong(tmp_path, capsys):
    run = write_run(tmp_path / "run", ROWS[1:2], noise=0.0)
    first, second, third, fourth = list(learning(ROWS[1:2]))[:4]
    wrong = [first | {"time_s": 0.0}, second | {"accuracy": 1.5}, third | {"n_gradients": 2.0}, fourth]
    append_csv(wrong, schema.TABLES["learning"], run / "learning.csv")
    assert cli.main(["validate", str(run)]) == 1
    told = capsys.readouterr().out
    for what in ("a call took no time", "accuracy is no share", "more steps are no more work"):
        assert f"lbfgs-net-a-float64-networks: in learning.csv {what}" in told
