"""What other tools read: their keys, our figures, nothing of failed rows."""

import csv
import io
import json

import pytest

from bench import cli
from results import exports, to_frame
from tests.results.runs import row, write_run

KNOWN = {"git_sha": "abc123", "jax_version": "0.10.2", "python_version": "3.11.7", "time_iqr_s": 1e-4}
ROWS = [
    row(**KNOWN),
    row(solver="a|b_c", kind="descend", time_median_s=2e-3, **KNOWN),
    row(problem="x", status="oom", cell_id="x"),
]
MEASURED = to_frame(ROWS[:2])


def test_github_action_benchmark():
    first, second = json.loads(exports.gha(MEASURED))
    assert (first["name"], first["unit"], first["value"]) == ("newton-himmelblau-b100-float64", "s", 1e-3)
    assert second["value"] == 2e-3
    assert first["extra"] == "100 % stationary, 100 % minima, on cpu"


def test_bencher_metric_format():
    entry = json.loads(exports.bencher(MEASURED))["newton-himmelblau-b100-float64"]
    assert entry["latency"]["value"] == pytest.approx(1e6)
    assert entry["latency"]["upper_value"] - entry["latency"]["lower_value"] == pytest.approx(1e5)


def test_airspeed_velocity():
    told = json.loads(exports.asv(MEASURED))
    assert (told["version"], told["commit_hash"], told["params"]["machine"]) == (2, "abc123", "cpu")
    assert told["results"]["newton-himmelblau-b100-float64"][0] == [1e-3]
    assert told["date"] == 1795428000000
    with pytest.raises(ValueError, match="one commit and one device a file; the rows are of 2 and 1"):
        exports.asv(to_frame([ROWS[0], ROWS[1] | {"git_sha": "def"}]))


def test_otava_has_a_line_per_run_in_the_order_of_time():
    later = ROWS[0] | {"run_id": "s", "started_utc": "2026-11-22T00:00:00Z", "time_median_s": 5e-3}
    lines = list(csv.DictReader(io.StringIO(exports.otava(to_frame([*ROWS[:2], later])))))
    assert [line["newton-himmelblau-b100-float64"] for line in lines] == ["0.005", "0.001"]
    assert lines[1]["commit"] == "abc123"


def test_tables_escape_what_their_format_would_read():
    assert "| himmelblau | a\\|b_c | 100 | 20 us |" in exports.markdown(MEASURED)
    assert r"a|b\_c" in exports.latex(MEASURED)


@pytest.mark.parametrize("form", exports.TEXTS)
def test_every_format_is_a_file_of_the_measured_rows(form, tmp_path, capsys):
    run = write_run(tmp_path / "run", ROWS)
    assert cli.main(["export", form, str(run), "-o", str(tmp_path / "out")]) == 0
    assert "2 rows:" in capsys.readouterr().out
    assert "oom" not in (tmp_path / "out").read_text()


def test_nothing_measured_is_a_mistake(tmp_path, capsys):
    run = write_run(tmp_path / "run", ROWS[2:])
    assert cli.main(["export", "gha", str(run), "-o", str(tmp_path / "out")]) == 2
    assert "no measured row to export" in capsys.readouterr().err
