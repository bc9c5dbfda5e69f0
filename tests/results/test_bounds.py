"""What no row may say is told, each by the figures that contradict each other; a sound row is left in peace."""

import pandas as pd
import pytest

import results
from bench import cli
from results import schema, views
from results.bounds import contradictions, of_lanes
from results.merge import validate
from results.rows import blank_row
from results.schema import COLUMNS, TABLES
from results.table import append_csv
from tests.results.runs import row, write_run

SOUND = row(
    n_minimum=60, n_saddle=20, n_maximum=10, n_singular=5, n_not_stationary=5, frac_stationary=0.95, frac_minimum=0.6,
    frac_global=0.5, n_flat=0, n_outside=3, n_below=0,
    n_converged=95, n_max_steps=5, n_stalled=0, n_diverged=0, n_nonfinite=0, n_singular_step=0,
    time_min_s=9e-4, first_call_s=2e-3, steps_p90=9.0, lane_waste=0.4, starts_per_s=1e5, flops=1e6,
    peak_flops_per_s=1e10, roofline_frac=0.1, grad_norm_median=1e-9, grad_norm_max=1.0, f_gap_min=-1e-17,
    f_gap_median=0.5, n_points_found=7, n_points_known=9,
    **{f"n_{goal}_{d}": lanes for goal, lanes in (("global", 50), ("minimum", 60), ("stationary", 95))
       for d in (2, 5, 8)},
    **{f"work_{goal}_{d}": part + d / 100 for goal, part in (("global", 0.8), ("minimum", 0.7), ("stationary", 0.6))
       for d in (2, 5, 8)},
)  # fmt: skip


def test_a_sound_row_and_one_without_figures_are_left_in_peace():
    assert list(contradictions(SOUND)) == []
    assert list(contradictions(blank_row() | {"status": "timeout", "batch": 100})) == []


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"roofline_frac": 1.51, "flops": 1.51e7}, "roofline_frac is 1.51; it cannot be more than 1"),
        ({"frac_global": -0.1}, "frac_global is -0.1; it cannot be less than 0"),
        ({"frac_global": 1.0000001}, "frac_global is 1; it cannot be more than 1"),
        ({"lane_waste": -1e-9}, "lane_waste is -1e-09; it cannot be less than 0"),
        ({"peer_frac_stationary": 2.0}, "peer_frac_stationary is 2; it cannot be more than 1"),
        ({"n_h": -1}, "n_h is -1; it cannot be less than 0"),
        ({"compile_s": -0.5}, "compile_s is -0.5; it cannot be less than 0"),
        ({"time_min_s": 0.0}, "time_min_s is 0; it takes time"),
        ({"time_min_s": 2e-3}, "time_min_s is 0.002, more than time_median_s, which is 0.001"),
        ({"steps_p90": 13.0}, "steps_p90 is 13, more than steps_max, which is 12"),
        ({"steps_p90": None, "steps_median": 13.0}, "steps_median is 13, more than steps_max, which is 12"),
        ({"grad_norm_max": 1e-10}, "grad_norm_median is 1e-09, more than grad_norm_max, which is 1e-10"),
        ({"f_gap_min": 0.7}, "f_gap_min is 0.7, more than f_gap_median, which is 0.5"),
        ({"n_points_found": 10}, "n_points_found is 10, more than n_points_known, which is 9"),
        ({"n_saddle": 21}, "the ends add up to 101 of 100 lanes"),
        ({"n_flat": 1}, "the ends add up to 101 of 100 lanes"),
        ({"n_outside": 101}, "n_outside is 101 of 100 lanes"),
        ({"n_below": 101}, "n_below is 101 of 100 lanes"),
        ({"frac_global": 0.96}, "frac_global is 0.96, more than frac_stationary, which is 0.95"),
        ({"n_converged": 94}, "the stops add up to 99 of 100 lanes"),
        ({"frac_minimum": 0.62}, "frac_minimum is 0.62, but 60 of 100 lanes ended so"),
        ({"frac_stationary": 1.0}, "frac_stationary is 1, but 95 of 100 lanes ended so"),
        ({"n_global_5": 61, "n_global_2": 61}, "n_global_5 is 61, more than n_minimum_5, which is 60"),
        ({"n_minimum_8": 59}, "n_minimum is 60, more than n_minimum_8, which is 59"),
        ({"n_stationary_8": 96}, "n_stationary_8 is 96, more than n_stationary_5, which is 95"),
        ({"n_stationary_2": 101}, "n_stationary_2 is 101 of 100 lanes"),
        ({"work_global_2": 0.86}, "work_global_2 is 0.86, more than work_global_5, which is 0.85"),
        ({"work_minimum_2": 0.6}, "work_stationary_2 is 0.62, more than work_minimum_2, which is 0.6"),
        ({"work_global_8": 1.1}, "work_global_8 is 1.1; it cannot be more than 1"),
        ({"starts_per_s": 1e6}, "starts_per_s is 1e+06; its other figures say 100000"),
        ({"roofline_frac": 0.2}, "roofline_frac is 0.2; its other figures say 0.1"),
        ({"ratio_to_peer": 3.0, "peer_time_median_s": 2e-3}, "ratio_to_peer is 3; its other figures say 2"),
    ],
)
def test_what_cannot_be_is_told(wrong, complaint):
    assert complaint in list(contradictions(SOUND | wrong))


def test_an_exact_solver_returns_as_many_points_as_there_are():
    points = {"n_minimum": 3, "n_saddle": 1, "n_maximum": 0, "n_singular": 0, "n_not_stationary": 0}
    exact = row(solver="closed-form", kind="exact", batch=1, frac_minimum=0.75, **points)
    assert list(contradictions(exact)) == []
    assert list(contradictions(exact | {"frac_minimum": 1.0})) == ["frac_minimum is 1, but 3 of 4 lanes ended so"]


def test_every_share_has_its_limits():
    shares = {column.name for column in COLUMNS if column.name.startswith("frac_") or column.name.endswith("_frac")}
    assert {column.name for column in COLUMNS if (column.least, column.most) == (0, 1)} >= shares
    fields = {field["name"]: field["constraints"] for field in views.table_schema()["fields"]}
    assert fields["roofline_frac"] == {"minimum": 0, "maximum": 1}
    assert fields["steps_sum"] == {"minimum": 0}
    assert fields["problem"] == {}


def test_quantiles_and_lanes_of_the_tables_beside_the_rows():
    quantiles = {f"steps_{name}": [1.0] for name in ("p10", "p25", "median", "p75", "p90")}
    targets = {"cell_id": ["c"], "n_lanes": [4], "n_reached": [4], "steps_sum": [9]} | quantiles
    assert list(of_lanes("targets", pd.DataFrame(targets))) == []
    wrong = pd.DataFrame(targets | {"n_reached": [5], "steps_p75": [0.5]})
    assert list(of_lanes("targets", wrong)) == [
        "c: in targets.csv steps_median is more than steps_p75", "c: in targets.csv n_reached is more than n_lanes",
    ]  # fmt: skip


def test_the_verb_tells_the_cell(tmp_path, capsys):
    assert cli.main(["validate", str(write_run(tmp_path / "sound", [SOUND | {"time_min_s": None, "starts_per_s": None,
        "roofline_frac": None}]))]) == 0  # fmt: skip
    run = write_run(tmp_path / "run", [row(n_minimum=99)])
    assert cli.main(["validate", str(run)]) == 1
    assert "newton-himmelblau-b100-float64: the ends add up to 99 of 100 lanes" in capsys.readouterr().out


def test_rounds_are_held_against_the_row(tmp_path):
    run = write_run(tmp_path / "run", [row(n_rounds=20)], rounds=20)
    assert list(validate(run)) == []
    frame = results.read(run)
    results.write_csv(frame.assign(n_rounds=21, time_min_s=1e-9), run / "results.csv")
    (run / "cells.jsonl").unlink()
    assert {text.partition(": ")[2] for text in validate(run)} == {
        "n_rounds is 21, samples.csv has 20", "time_min_s is not the fastest of its rounds in samples.csv"
    }  # fmt: skip
    key = {name: frame[name][0] for name in schema.KEY}
    append_csv([key | {"round": 20, "time_s": 0.0}], TABLES["samples"], run / "samples.csv")
    assert any("a round took 0 s" in text for text in validate(run))


def test_a_column_of_former_days_is_read_by_its_name_of_today(tmp_path):
    now = results.to_frame([SOUND])
    now.rename(columns={"starts_per_s": "solves_per_s"}).to_csv(tmp_path / "results.csv", index=False)
    assert results.read(tmp_path)["starts_per_s"].tolist() == [1e5]
    assert "solves_per_s" not in results.read(tmp_path)
    assert results.to_frame([{"solves_per_s": 7.0}])["starts_per_s"].tolist() == [7.0]
