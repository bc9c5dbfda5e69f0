"""What SECURITY.md promises of the code and of the workflows."""

import ast
import re
from pathlib import Path

import pytest

from bench import device
from bench.options import resolve
from bench.run import open_run
from problems.registry import register
from solvers import from_function
from solvers.registry import register as register_solver

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


def test_a_row_names_the_machine_only_when_told(tmp_path):
    class Here:
        provenance = device.describe()

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
