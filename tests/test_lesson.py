"""The lesson's page and notebook are what its source says; .ci/run executes the source itself."""

import base64
import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

LESSON = Path(__file__).parents[1] / "docs" / "lesson"


@pytest.fixture(scope="module")
def build():
    spec = spec_from_file_location("lesson_build", LESSON / "build.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_and_notebook_hold_every_cell_of_the_source(build):
    cells = list(build.parts((LESSON / "lesson.py").read_text()))
    written = json.loads((LESSON / "lesson.ipynb").read_text())["cells"]
    assert ["".join(cell["source"]) for cell in written] == [cell.source for cell in cells]
    page = (LESSON / "README.md").read_text()
    assert all(cell.source in page for cell in cells)
    assert sum(not cell.text for cell in cells) >= 10


def test_the_pages_figures_are_those_of_the_notebooks_outputs():
    page = (LESSON / "README.md").read_text()
    outputs = [
        out for cell in json.loads((LESSON / "lesson.ipynb").read_text())["cells"] for out in cell.get("outputs", [])
    ]
    printed = ["".join(out["text"]).rstrip() for out in outputs if out["output_type"] == "stream"]
    pictures = [base64.b64decode(out["data"]["image/png"]) for out in outputs if out["output_type"] == "display_data"]
    assert len(printed) >= 10
    assert all(text in page for text in printed)
    assert [(LESSON / name).read_bytes() for name in re.findall(r"picture-\d+\.png", page)] == pictures


def test_a_cell_that_asserts_what_is_not_so_ends_the_run(build):
    told, wrong = build.parts("\n# %%\nx = 6\nprint(7 * x)\n\n# %%\nassert x == 7\n")
    assert next(build.executed([told])).printed == "42\n"
    with pytest.raises(AssertionError):
        list(build.executed([told, wrong]))
