"""The committed runs are real input for everything that reads."""

from pathlib import Path

import pytest

import results
from results.analysis.answer import answers
from results.compare import compare
from results.merge import validate
from results.report.build import build

FILES = sorted((Path(results.__file__).parent / "baselines").glob("*.csv"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_baseline_is_valid_comparable_and_has_a_page(file):
    assert list(validate(file)) == []
    outcome = compare(file, file)
    assert (outcome.common, outcome.findings) == (len(results.read(file)), [])
    page = build([file])
    assert "Solve or descend?" in page
    assert page.count("<svg") >= 1


def test_the_cpu_baseline_tells_the_project_s_story():
    frame = results.read(FILES[0])
    by = {line.family: line for line in answers(frame)}
    assert set(by) >= {"a closed form is known", "many stationary points", "statistics", "neural networks"}
    rows = frame.set_index("cell_id")
    newton, gd = (rows.loc[f"{solver}-himmelblau-b128-float64"] for solver in ("newton", "gd"))
    assert newton.frac_stationary == gd.frac_minimum == 1.0
    assert newton.frac_minimum < 0.7


@pytest.mark.heavy
def test_a_file_of_an_older_schema_is_still_read(tmp_path):
    """Version 1.0 had no problem_tags: the families that need them stay empty, and nothing else is lost."""
    now = results.read(FILES[0])
    now.drop(columns="problem_tags").to_csv(tmp_path / "results.csv", index=False)
    old = results.read(tmp_path)
    assert old["problem_tags"].isna().all()
    assert old["steps_sum"].equals(now["steps_sum"])
    assert [line.family for line in answers(old)] == ["few variables, smooth", "100 variables or more"]
    assert "few variables, smooth" in build([tmp_path])
