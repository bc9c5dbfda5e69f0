"""Nothing is lost or invented between a row and the CSV, and between the CSV and its reader."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from results import COLUMNS, journal, read, schema, table, to_frame, views, write_csv
from results.columns import Column, Use, declared
from results.rows import blank_row, check_row


def row(**figures):
    known = {"schema_version": "1.0", "run_id": "r", "cell_id": "c", "attempt": 1, "status": "ok"}
    return blank_row() | known | figures


def round_trip(rows, folder):
    write_csv(to_frame(rows), folder / "results.csv")
    return read(folder)


def test_ten_thousand_doubles_survive_to_the_last_bit(tmp_path):
    doubles = np.random.default_rng(0).integers(0, 2**63, 10_000).view(np.float64)
    doubles = np.where(np.isfinite(doubles), doubles, 0.1)
    frame = round_trip([row(time_min_s=float(value)) for value in doubles], tmp_path)
    np.testing.assert_array_equal(frame["time_min_s"], doubles)


def test_a_missing_figure_is_an_empty_field(tmp_path):
    frame = round_trip([row(batch=3)], tmp_path)
    header, line = (tmp_path / "results.csv").read_text().splitlines()
    fields = dict(zip(header.split(","), line.split(","), strict=True))
    assert fields["batch"] == "3"
    assert {fields[name] for name in ("n_dim", "time_min_s", "git_dirty", "problem")} == {""}
    assert frame["n_dim"].isna().all()
    assert (frame["n_dim"].dtype, frame["batch"].dtype, frame["git_dirty"].dtype) == ("Int64", "Int64", "boolean")


@pytest.mark.parametrize("text", ["nan", "None", "NA", "null", "inf"])
def test_words_that_look_like_gaps_stay_words(text, tmp_path):
    assert round_trip([row(problem=text)], tmp_path)["problem"].tolist() == [text]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip))
def test_any_text_is_one_harmless_field(text, tmp_path):
    (result,) = round_trip([row(status_detail=text)], tmp_path)["status_detail"]
    assert result.lstrip("'") == " ".join(text.split()).lstrip("'")
    assert result[0] not in "=+-@"


@pytest.mark.heavy
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1).filter(str.strip),
    number=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53) | st.none(),
    count=st.integers(0, 2**62) | st.none(),
    flag=st.booleans() | st.none(),
)
def test_a_line_is_to_the_letter_what_the_frame_writes(text, number, count, flag, tmp_path):
    one = row(status_detail=text, time_min_s=number, steps_sum=count, x64=flag)
    write_csv(to_frame([one]), tmp_path / "frame.csv")
    assert table.csv_header() + table.csv_lines([one]) == (tmp_path / "frame.csv").read_text(encoding="utf-8")


def test_two_runs_are_read_as_one_and_an_older_file_lacks_nothing_but_figures(tmp_path):
    write_csv(to_frame([row(cell_id="new")]), tmp_path / "new.csv")
    (tmp_path / "old.csv").write_text("run_id,cell_id,status,extra\nq,old,ok,7\n")
    frame = read([tmp_path / "new.csv", tmp_path / "old.csv"])
    assert frame["cell_id"].tolist() == ["new", "old"]
    assert frame["time_median_s"].isna().all()
    assert frame["extra"].tolist()[1] == "7"


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", '"torn', "run_id,cell_id,status,batch\nr,c,ok,many\n"])
def test_a_file_that_is_not_ours_is_refused_in_one_line(content, tmp_path):
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(ValueError, match=r"no CSV of results|column batch holds") as caught:
        read(tmp_path / "x.csv")
    assert "\n" not in str(caught.value)


NOT_HELD = {
    "batch": ["99999999999999999999", "9223372036854775808", "-1e999999999", "inf", "1.5", "nan", "9" * 5000],
    "time_min_s": ["inf", "-inf", "1e400", "fast", "9" * 400],
    "git_dirty": ["null", "true", "1", "yes"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in NOT_HELD.items() for text in texts])
def test_a_field_that_cannot_be_what_its_column_says_is_one_line(name, text, tmp_path):
    write_csv(to_frame([row(), row(cell_id="d")]), tmp_path / "results.csv")
    head, *lines = (tmp_path / "results.csv").read_text().splitlines()
    fields = lines[1].split(",")
    fields[head.split(",").index(name)] = text
    (tmp_path / "results.csv").write_text("\n".join([head, lines[0], ",".join(fields)]))
    with pytest.raises(
        ValueError, match=rf"results\.csv: column {name} holds .*; it can hold .*, or nothing"
    ) as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_folder_without_results_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"results\.csv does not exist"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("figures", "complaint"),
    [
        ({"time_min_s": math.nan}, "time_min_s holds nan"),
        ({"time_min_s": math.inf}, "time_min_s holds inf"),
        ({"batch": 2.5}, "batch holds 2.5; its type is int"),
        ({"batch": True}, "batch holds True"),
        ({"git_dirty": 1}, "git_dirty holds 1; its type is bool"),
        ({"status": "fine"}, "allowed: ok, timeout"),
        ({"speed": 1.0}, "unknown or missing: speed"),
    ],
)
def test_a_wrong_row_is_refused(figures, complaint):
    check_row(row())
    with pytest.raises(ValueError, match=complaint):
        check_row(row(**figures))


def test_the_journal_drops_a_torn_last_line_and_names_a_damaged_one(tmp_path):
    path = tmp_path / "cells.jsonl"
    records = [{"cell": i, "text": "ä\n"} for i in range(3)]
    for record in records:
        journal.append(path, record)
    assert journal.read_journal(path) == (records, False)
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    assert journal.read_journal(path) == (records[:2], True)
    path.write_bytes(b"{broken\n" + whole)
    with pytest.raises(ValueError, match="line 1 is no JSON"):
        journal.read_journal(path)
    with pytest.raises(ValueError, match="not JSON compliant"):
        journal.append(path, {"value": math.nan})


def test_the_schema_is_complete_and_documented():
    names = [column.name for column in COLUMNS]
    assert len(set(names)) == len(names)
    assert all(column.meaning.endswith((".", "?", ")")) for column in COLUMNS)
    assert all((column.unit == "s") == column.name.endswith("_s") or column.unit == "1/s" for column in COLUMNS)
    fields = views.table_schema()["fields"]
    assert [field["name"] for field in fields] == names
    json.dumps(fields)
    docs = (Path(__file__).parents[2] / "docs" / "csv.md").read_text()
    assert all(views.columns_table(columns) in docs for columns in (COLUMNS, *schema.TABLES.values()))
    assert all(column.meaning.endswith((".", "?", ")")) for table in schema.TABLES.values() for column in table)


def test_a_new_column_says_how_it_is_compared_and_merged():
    new = Column("n_new", "int", "1", "What nobody has declared.")
    with pytest.raises(ValueError, match="n_new does not say how it is compared"):
        declared(*COLUMNS, new)
    with pytest.raises(ValueError, match="n_new"):
        declared(*COLUMNS, new._replace(use=Use.DRIFT | Use.EXACT))
    with pytest.raises(ValueError, match="n_new"):
        declared(*COLUMNS, new._replace(use=Use.SUM | Use.MAX))
    assert declared(*COLUMNS, new._replace(use=Use.NONE))[-1].name == "n_new"
