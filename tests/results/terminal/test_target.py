"""What a person reads of a target: expected seconds and evaluations from the row's figures, who never gets there."""

import re

from markupsafe import Markup

from results import to_frame
from results.report import build as report
from results.table import write_csv
from results.terminal.target import target_sentence
from tests.results.runs import row
from tests.results.terminal.test_summary import GD, NEWTON
from tests.results.terminal.test_summary import row as line

AIM = {"target": 1e-3, "f_target": 1e-3}
FIRST = NEWTON | AIM | {"n_target": 50, "work_target": 0.5, "n_f": 700, "n_g": 700, "n_h": 600, "n_hvp": 0}
NEVER = GD | AIM | {"n_target": 0, "work_target": 1.0, "n_f": 10, "n_g": 10}


def test_the_expected_cost_to_a_target_and_who_never_pays_it():
    """Half of 100 us and of 2000 evaluations for 50 starts that got there."""
    said = target_sentence(to_frame([NEVER, FIRST]))
    assert said == "To 0.001 of f* (f <= 0.001), restarts charged: newton 1 us and 20 evaluations; never gd."


def test_a_formula_takes_a_call():
    formula = line("closed-form", "exact", batch=1, n_target=2, work_target=None, **AIM)
    assert "closed-form 100 us a call" in target_sentence(to_frame([formula, FIRST]))


def test_what_cannot_be_judged_is_said_and_without_a_target_nothing():
    assert target_sentence(to_frame([NEWTON, GD])) is None
    unknown = NEWTON | {"target": 1e-3, "truth_standing": "unknown"}
    assert target_sentence(to_frame([unknown])) == (
        "To 0.001 of f: it cannot be judged, neither f* nor a value to aim at is known."
    )
    fixed = FIRST | {"truth_standing": "unknown", "f_target": 0.4}
    assert target_sentence(to_frame([fixed])).startswith("To f <= 0.4, fixed beforehand, restarts charged: newton ")


def test_the_page_has_columns_for_a_target_where_one_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "FIRST", ())
    monkeypatch.setattr(report, "SECTIONS", ())

    def titles(rows):
        write_csv(to_frame(rows), tmp_path / "results.csv")
        return {Markup(title).striptags() for title in re.findall(r"<th[^>]*>(.*?)</th>", report.build([tmp_path]))}

    aimed = AIM | {"n_target": 50, "work_target": 0.5}
    assert titles([row(**aimed)]) - titles([row()]) == {"time to target", "evaluations to target"}
