"""Damaged runs: whatever has happened to a file, every verb says what is wrong in a line, never in a traceback."""

import contextlib
import io
import json
import random
import shutil
import sys
from pathlib import Path

import pytest

from bench import cli
from bench.ending import UsageError
from bench.plan.facts import NoFolder
from bench.plan.options import resolve
from bench.running.folder import Folder
from results import schema, table
from results.table import append_csv
from tests.results.runs import row, write_run

FILES = ("results.csv", "samples.csv", "targets.csv", "trace.csv", "cells.jsonl", "run.json")
FORMATS = ("gha", "bencher", "otava", "asv", "markdown", "latex")
PICTURES = ("scaling", "ends", "profile", "reached", "convergence", "batch", "peers", "networks")
QUICK = (
    "validate RUN", "merge RUN OTHER -o NEW", "merge RUN RUN -o NEW --keep all", "compare RUN OTHER",
    "compare OTHER RUN --format json", *(f"export {form} RUN -o OUT" for form in FORMATS), "resume",
)  # fmt: skip
DRAWN = ("report RUN -o OUT", *(f"plot {what} RUN -o OUT.svg" for what in PICTURES))
WORDS = (
    "", "null", "nan", "inf", "-1", "0", "1e309", "-1e308", "1e-320", "9" * 30, "True", "=1+1", "  a  b", '"', "'", ",",
    "\n", "\0", "{}", "[]", '"\\ud800"', "[" * 3000, "1.5", "ok", "timeout", "gd", "2", "x" * 500, "\ufeff", "\u2028",
)  # fmt: skip

VALUES = (
    None, True, 0, -1, 1.5, 2**70, float("inf"), float("nan"), "", "x", "\ud800", [], {}, [[]], {"row": 1},
)  # fmt: skip


def record(**figures):
    """A row with figures in every kind of column, and the rows of other tables."""
    one = row(**{"git_dirty": False, "n_rounds": 3, "max_steps": 1000, "seed": 0, **figures})
    target = {"quantity": "gap", "target": 0.1, "n_lanes": 100, "n_reached": 100, "steps_sum": 600, "steps_median": 6.0}
    step = {"step": 3, "time_s": 1e-5, "n_lanes": 100, "n_running": 9, "f_median": 2.0, "f_gap_median": 1.0}
    seen = {"start": 0, "step": 4, "time_s": 1e-3, "n_gradients": 5.0, "f": 1.5, "accuracy": 0.9}
    return one, {"targets": [target], "trace": [step, step | {"step": 6}], "learning": [seen]}


def make(folder):
    """A run with all of its files."""
    made = [
        record(), record(solver="gd", kind="descend"), record(problem="beale", n_dim=2, problem_tags="multimodal"),
        record(problem="beale", solver="gd", kind="descend", status="crash", status_detail="=worker  died\tof\nit"),
        record(problem="net", solver="adam", kind="descend", study="networks", budget_s=2.0, f_target=0.4),
        record(problem="quadratic-n10", n_dim=10, solver="closed-form", kind="exact", batch=1),
    ]  # fmt: skip
    write_run(folder, [one for one, _ in made], rounds=3)
    lines = [json.loads(line) for line in (folder / "cells.jsonl").read_text().splitlines()]
    with (folder / "cells.jsonl").open("w") as journal:
        for line, (one, beside) in zip(lines, made, strict=True):
            journal.write(json.dumps(line | beside) + "\n")
            for name, rows in beside.items():
                key = {name: one[name] for name in schema.KEY}
                append_csv([key | each for each in rows], schema.TABLES[name], folder / f"{name}.csv")
    options = resolve({"size": "smoke", "seed": "1"}, folder, {})
    facts = {
        "run_id": "r",
        "options": dict(options.texts),
        "plan": {"bench_problems.py": [one["cell_id"] for one, _ in made]},
    }
    (folder / "run.json").write_text(json.dumps(facts, indent=1))
    return folder


def mutated(content, chance):
    """One thing is wrong with it, by chance."""
    kind = chance.choice([bytes_changed, line_changed, field_changed, value_changed, cut])
    return kind(content, chance)


def bytes_changed(content, chance):
    at = chance.randrange(len(content))
    return content[:at] + chance.randbytes(chance.randrange(3)) + content[at + chance.randrange(3) :]


def line_changed(content, chance):
    lines = content.split(b"\n")
    at = chance.randrange(len(lines))
    lines[at : at + 1] = chance.choice([[], [lines[at]] * 2, [b""], [chance.choice(lines), lines[at]]])
    return b"\n".join(lines)


def field_changed(content, chance):
    fields = content.split(b",")
    fields[chance.randrange(len(fields))] = chance.choice(WORDS).encode()
    return b",".join(fields)


def cut(content, chance):
    return content[: chance.randrange(len(content))]


def value_changed(content, chance):
    """In a line that is JSON: another value, or none, somewhere in it."""
    lines = [content] if content.startswith(b"{\n") else content.split(b"\n")
    at = chance.randrange(len(lines))
    try:
        tree = json.loads(lines[at])
    except ValueError:
        return field_changed(content, chance)
    holder = tree
    while True:
        key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        inner = holder[key]
        if not (isinstance(inner, dict | list) and inner and chance.random() < 0.8):
            break
        holder = inner
    if chance.random() < 0.2:
        del holder[key]
    else:
        holder[key] = chance.choice(VALUES)
    lines[at] = json.dumps(tree).encode()
    return b"\n".join(lines)


def called(words, places):
    """The exit code, and what was said."""
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(told):
        try:
            if words == "resume":
                resolve({"resume": places["RUN"]}, places["ROOT"], {})
                Folder.reopened(places["ROOT"] / "run").close()
                return 0, ""
            return cli.main(
                [places.get(word, word).replace("OUT", places["OUT"]) for word in words.split()]
            ), told.getvalue()
        except (NoFolder, UsageError) as mistake:
            return 2, f"error: {mistake}"


_WATCHED = []
"""Pairs of a folder and the names of the files in it that have been opened."""


def _watch(event, arguments):
    if event == "open" and _WATCHED and isinstance(arguments[0], str | Path):
        path = Path(arguments[0])
        for folder, names in _WATCHED:
            if path.parent == folder:
                names.add(path.name)


sys.addaudithook(_watch)


@contextlib.contextmanager
def opened(folder):
    """The names of the files in a folder that are opened meanwhile."""
    _WATCHED.append((folder, names := set()))
    try:
        yield names
    finally:
        _WATCHED.pop()


@pytest.fixture
def read_once(monkeypatch):
    """A table that nothing has happened to is parsed once; of a damaged run all files are whole but one."""
    parse, parsed = table._read_one, {}

    def read(path, name, *rest):
        file = path / f"{name}.csv" if path.is_dir() else path
        key = name, file.read_bytes() if file.is_file() else str(file)
        if key not in parsed:
            parsed[key] = parse(path, name, *rest)  # what cannot be parsed raises, every time anew
        return parsed[key].copy()

    monkeypatch.setattr(table, "_read_one", read)


@pytest.fixture
def damage(tmp_path, read_once):
    """Calls verbs on runs that a seed has damaged; returns what was not a line and an exit code."""
    whole, other = make(tmp_path / "whole"), make(tmp_path / "other")
    contents = {name: (whole / name).read_bytes() for name in FILES}
    run, new = tmp_path / "run", tmp_path / "new"
    places = {"RUN": str(run), "OTHER": str(other), "NEW": str(new), "OUT": str(tmp_path / "out"), "ROOT": tmp_path}

    def prepared():
        shutil.rmtree(run, ignore_errors=True)
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(whole, run)

    def readers(verbs):
        """By file: the verbs that open it where nothing is wrong; to damage it says nothing of the others."""
        found = {}
        for words in verbs:
            prepared()
            with opened(run) as files:
                called(words, places)
            for name in files & set(FILES):
                found.setdefault(name, []).append(words)
        return found

    def call(seed, readers):
        chance = random.Random(seed)
        name = chance.choice(sorted(readers))
        prepared()
        (run / name).write_bytes(mutated(contents[name], chance))
        words = chance.choice(readers[name])
        try:
            code, told = called(words, places)
        except Exception as failure:
            return f"seed {seed}: {words} with another {name}: {type(failure).__name__}: {failure}"
        lines = [line for line in told.splitlines() if line.startswith("error: ")]
        if code not in (0, 1, 2, 3) or (code == 2 and len(lines) != 1) or (code == 2 and len(told.splitlines()) != 1):
            return f"seed {seed}: {words} with another {name}: exit code {code}, {told}"
        return None

    def damaged(seeds, verbs):
        known = readers(verbs)
        return [wrong for seed in seeds if (wrong := call(seed, known))]

    return damaged


def test_the_run_is_sound(tmp_path):
    assert cli.main(["validate", str(make(tmp_path / "run"))]) == 0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of figures near the largest
@pytest.mark.parametrize(
    ("verbs", "seeds"),
    [
        (QUICK, range(40)),
        pytest.param(QUICK, range(40, 520), marks=pytest.mark.heavy),
        pytest.param(QUICK, range(520, 1000), marks=pytest.mark.heavy),
        pytest.param(DRAWN, range(60), marks=pytest.mark.heavy),
    ],
    ids=["a few", "to 520", "to 1000", "drawn"],
)
def test_damaged_runs_are_a_line_each(verbs, seeds, damage):
    assert damage(seeds, verbs) == []
