"""The README's five minutes are what the suite's commands and readers are: .ci/from_wheel pastes them."""

import re
import shlex
from pathlib import Path

from bench import cli

ROOT = Path(__file__).parents[1]


def section():
    parts = re.split(r"^## ", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    text = next(part for part in parts if part.startswith("In five minutes"))
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_its_commands_parse_and_name_the_files_that_it_shows():
    files = {text.split("\n")[0].removeprefix("# ") for kind, text in section() if kind == "python"}
    commands = [
        line for kind, text in section() if not kind for line in text.splitlines() if line.startswith("zerograd")
    ]
    words = [cli._parser().parse_args(shlex.split(command)[1:]) for command in commands]
    assert {word.verb for word in words} == {"run", "ask", "report"}
    named = {name for word in words for name in (getattr(word, "plugin", None) or "").split(",") if name}
    assert named == files == {"my_loss.py", "my_solver.py"}


def test_its_files_hold_what_the_commands_ask_for():
    held = {}
    for kind, text in section():
        if kind == "python":
            exec(text, held)
    assert held["PROBLEMS"]["my-loss"].parameters.names == ("x", "y")
    assert set(held["SOLVERS"]) == {"mine"}
