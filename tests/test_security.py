"""What SECURITY.md promises of the code and of the workflows."""

import ast
import base64
import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from bench import cli
from bench.commands import plot
from bench.machine import device
from bench.plan.facts import NoFolder
from bench.plan.options import resolve
from bench.running.folder import Folder
from bench.running.run import open_run
from problems.registry import register
from solvers import from_function
from solvers.registry import register as register_solver
from tests.results.runs import row, write_run

ROOT = Path(__file__).parents[1]
SOURCES = [path for room in ("bench", "problems", "results", "solvers") for path in (ROOT / room).rglob("*.py")]
FORBIDDEN = {
    "eval", "exec", "pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.loads", "yaml.load", "os.system",
    "os.popen", "pandas.read_pickle", "pd.read_pickle", "joblib.load",
}  # fmt: skip
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def complaints(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if ast.unparse(node.func) in FORBIDDEN:
                yield ast.unparse(node.func)
            yield from (name for name in ("allow_pickle", "shell") if options.get(name, "False") != "False")


def test_no_file_is_executed():
    assert len(SOURCES) > 100
    assert {path: found for path in SOURCES if (found := list(complaints(path.read_text())))} == {}
    assert list(complaints("np.load(x, allow_pickle=True); eval('1'); run(x, shell=True)")) == [
        "allow_pickle", "eval", "shell"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", "", "a b", "a\nb"])
def test_no_name_can_become_a_path(name):
    with pytest.raises(ValueError, match="letters, digits"):
        register(name, None)
    with pytest.raises(ValueError, match="letters, digits"):
        register_solver(from_function(name, lambda fn, x0: x0))


READ = ("results.csv", "samples.csv", "targets.csv", "trace.csv", "cells.jsonl", "run.json", ".lock", "failures.log")
WRITTEN = ("report.html", "report.html.draft", "results.csv.draft", "samples.csv.draft", "basins/beale.png.draft")
SECRET = b"run_id,cell_id,status\nsecret,secret,secret\n"
VERBS = {
    "report": "report RUN",
    "page elsewhere": "report RUN -o NEW/page.html",
    "basins": "report RUN --basins beale",
    "validate": "validate RUN",
    "merge": "merge RUN OTHER -o NEW/merged",
    "compare": "compare RUN OTHER",
    "export": "export gha RUN -o NEW/x.json",
    "plot": "plot ends RUN -o NEW/x.svg",
}


@pytest.fixture(scope="module")
def sound_run(tmp_path_factory):
    """A folder with all files that verbs read, of tables that are empty."""
    run = write_run(tmp_path_factory.mktemp("sound") / "run", [row(run_id="r")])
    (run / "run.json").write_text(json.dumps({"options": {}, "plan": {}, "run_id": "r"}))
    return run


@pytest.fixture
def hostile(tmp_path, sound_run, monkeypatch):
    """Calls a verb on a copy of the run in which `plant` has put something; what is outside must stay as it is."""
    monkeypatch.setattr(plot, "draw_basins", lambda *_: Figure())  # seconds that change nothing here
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "beale.png").write_bytes(SECRET)

    def call(plant, words):
        run, new = tmp_path / "run", tmp_path / "new"
        shutil.copytree(sound_run, run)
        new.mkdir()
        plant(run, outside)
        places = {"RUN": str(run), "OTHER": str(sound_run)}
        code = cli.main([places.get(word, word).replace("NEW", str(new)) for word in words.split()])
        assert [path.name for path in outside.iterdir()] == ["beale.png"]
        assert (outside / "beale.png").read_bytes() == SECRET
        written = [path for path in (run / "report.html", *new.rglob("*")) if path.is_file() and not path.is_symlink()]
        taken = (b"secret,", base64.b64encode(SECRET))
        assert not [path for path in written if any(text in path.read_bytes() for text in taken)]
        return code

    return call


def link(name):
    def plant(run, outside):
        (run / name).parent.mkdir(exist_ok=True)
        (run / name).unlink(missing_ok=True)
        (run / name).symlink_to(outside / "beale.png")

    return plant


def expected(verb, name):
    """What a link is refused by: those that read the file."""
    beside = {
        "report": ("trace.csv",), "validate": ("samples.csv", "targets.csv", "trace.csv", "cells.jsonl"),
        "merge": ("samples.csv", "targets.csv", "trace.csv"), "compare": ("samples.csv",),
    }  # fmt: skip
    beside["page elsewhere"] = beside["basins"] = beside["report"]
    return 2 if name in ("results.csv", *beside.get(verb, ())) else 0


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ("page elsewhere", "basins")])
def test_a_link_in_a_run_is_not_read(verb, name, hostile, capsys):
    code = hostile(link(name), VERBS[verb])
    told = capsys.readouterr().err
    assert code == expected(verb, name), told
    if code:
        assert f"{name} is a link" in told
        assert told.count("\n") == 1


@pytest.mark.parametrize("verb", ["report", "basins"])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_link_in_a_run_is_not_written_through(verb, name, hostile):
    assert hostile(link(name), VERBS[verb]) == 0


@pytest.mark.parametrize("name", ["basins/beale.png", "basins"])
@pytest.mark.parametrize("verb", ["report", "page elsewhere", "basins"])
def test_a_picture_of_basins_is_the_run_s_own(verb, name, hostile, capsys):
    def plant(run, outside):
        (run / name).parent.mkdir(exist_ok=True)
        (run / name).symlink_to(outside / name.removeprefix("basins").lstrip("/"))

    assert hostile(plant, VERBS[verb]) == 2
    assert "basins/beale.png is a link, or in a folder that is one" in capsys.readouterr().err


@pytest.mark.parametrize("name", READ[:5])
def test_a_pipe_is_not_waited_for(name, hostile, capsys):
    def plant(run, outside):
        (run / name).unlink(missing_ok=True)
        os.mkfifo(run / name)

    assert hostile(plant, VERBS["validate"]) == 2
    assert f"{name} is no regular file" in capsys.readouterr().err


@pytest.mark.parametrize("name", READ)
def test_a_run_with_links_is_not_resumed(name, hostile, tmp_path):
    hostile(link(name), "list solvers")
    with pytest.raises(NoFolder, match="is a link"):
        Folder.reopened(tmp_path / "run")
    assert (tmp_path / "outside" / "beale.png").read_bytes() == SECRET


def test_a_row_names_the_machine_only_when_told(tmp_path):
    class Here:
        provenance = device.device_facts()

    rows = []
    for word in ("off", "on"):
        run = open_run(Here(), resolve({"out": str(tmp_path / word), "with_host": word}, tmp_path, {}), tmp_path, {})
        rows.append(run._common)
        run.folder.close()
    assert rows[0]["machine"] == rows[1]["machine"]
    assert rows[0]["host"] is None
    assert rows[1]["host"] == Here.provenance["host"]
    assert not Here.provenance["host"] or Here.provenance["host"] not in (tmp_path / "off" / "run.json").read_text()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_have_least_permissions_and_pinned_actions(path):
    text = path.read_text()
    assert "\npermissions:\n  contents: read\n" in text
    assert "write" not in re.findall(r"^\s*[\w-]+: (read|write)\b", text, re.MULTILINE)
    actions = re.findall(r"uses: (\S+)", re.sub(r"#.*", "", text))
    assert all(re.search(r"@[0-9a-f]{40}$", action) for action in actions)


def audit():
    """The script of the job that audits dependencies, and the extras that it installs."""
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text().split("\n  audit:\n")[1]
    script = re.search(r"- name: Known vulnerabilities.*?run: \|\n(( {10}.*\n)+)", text, re.DOTALL)[1]
    return script, re.search(r'--editable "\.\[(.*?)\]"', text)[1].split(",")


def test_the_audit_looks_at_all_extras():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(audit()[1]) == set(extras) - {"dev"}


PINS = "jax==0.10.2\njaxlib==0.10.2\n"


@pytest.mark.parametrize(
    ("installed", "found", "code"),
    [(PINS, 0, 0), (PINS, 1, 1), ("", 0, 1), ("pip==26.0\n", 0, 1)],
    ids=["sound", "vulnerable", "nothing", "another environment"],
)
def test_the_audit_fails_where_it_finds_something_or_has_nothing_to_look_at(installed, found, code, tmp_path):
    """Its script with stand-ins for pip and pip-audit, as the runner calls it."""
    programs = {
        ".venv/bin/python": f"#!/bin/sh\nprintf '{installed}'\n",
        "bin/pip-audit": f'#!/bin/sh\necho "$*" > asked; cp audited.txt seen; exit {found}\n',
    }
    for name, text in programs.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-e", "-c", audit()[0]], cwd=tmp_path, env=os.environ | {"PATH": path})
    assert done.returncode == code
    if installed == PINS:
        assert "--strict" in (tmp_path / "asked").read_text().split()
        assert (tmp_path / "seen").read_text() == PINS
