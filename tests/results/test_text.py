"""Letters beyond ASCII, under locales that have none: everything written is UTF-8, and nothing is lost."""

import ast
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import results
from results.merge import validate
from results.text import forgiving, legible

ROOT = Path(__file__).parents[2]
ROOMS = ("bench", "problems", "results", "solvers")


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_a_locale_could_not_decode_is_decoded(text):
    handed_on = text.encode("utf-8").decode("ascii", "surrogateescape")
    assert legible(handed_on) == legible(text) == text


@settings(deadline=None)
@given(st.text(st.characters(), max_size=20))
def test_whatever_a_text_holds_utf_8_can_hold_it(text):
    legible([{text: text}])[0].popitem()[1].encode("utf-8")


def test_a_stream_of_another_encoding_writes_what_it_lacks_as_utf_8():
    written = io.BytesIO()
    stream = forgiving(io.TextIOWrapper(written, encoding="latin-1"))
    stream.write("ü ř r\udcc3\udcbcn")
    stream.flush()
    assert written.getvalue() == b"\xfc " + "ř rün".encode()
    assert forgiving(io.StringIO()).write("ř") == 1


@pytest.mark.parametrize("room", ROOMS)
def test_every_text_file_is_read_and_written_as_utf_8(room):
    for path in (ROOT / room).rglob("*.py"):
        for call in (
            node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
        ):
            if isinstance(call.func, ast.Attribute) and call.func.attr in ("read_text", "write_text"):
                assert any(word.arg == "encoding" for word in call.keywords), f"{path}:{call.lineno}"


def call(folder, *words):
    """A command under the C locale, where Python takes bytes beyond ASCII for no letters."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("ZEROGRAD_", "PYTEST_XDIST"))}
    locale = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=plain | locale, capture_output=True, encoding="utf-8", timeout=300
    )


PLUGIN = """
import jax.numpy as jnp
def lost(fn, x0):
    raise RuntimeError("in größter Not")
SOLVERS = {"still": lambda fn, x0: x0, "lost": lost}
"""


@pytest.mark.heavy
def test_a_run_under_the_c_locale_in_a_folder_with_other_letters(tmp_path):
    place = tmp_path / "höhle ☃"
    place.mkdir()
    (place / "eigene.py").write_text(PLUGIN, encoding="utf-8")
    chosen = ["bench/bench_problems.py", "--size", "smoke", "--problems", "himmelblau", "--batch", "4"]
    plugged = ["--solvers", "still,lost", "--plugin", "eigene", "--out", str(place / "läuft")]
    done = call(place, "-m", "pytest", "-p", "no:cacheprovider", *chosen, *plugged)
    assert done.returncode == 1, done.stdout + done.stderr  # one solver raises
    rows = results.read(place / "läuft").set_index("solver")
    assert rows["status"].to_dict() == {"still": "ok", "lost": "error"}
    assert set(rows["run_id"].str.rpartition("-")[0]) == {"läuft"}
    assert "in größter Not" in rows.loc["lost", "status_detail"]
    assert "in größter Not" in done.stdout
    assert f"rows: {place / 'läuft' / 'results.csv'}" in done.stdout
    assert json.loads((place / "läuft" / "run.json").read_text(encoding="utf-8"))["argv"][-1] == str(place / "läuft")
    assert list(validate(place / "läuft")) == []
    assert "läuft" in (place / "läuft" / "report.html").read_text(encoding="utf-8")
    told = call(
        place, "-c", "import bench.cli, sys; sys.exit(bench.cli.main(sys.argv[1:]))", "report", str(place / "läuft")
    )
    assert told.stdout == f"report: {place / 'läuft' / 'report.html'}\n"
