"""The house: rooms know only what is below them, and what is pictured loads no JAX."""

import ast
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = {
    "problems": (),
    "problems.stochastic": ("problems.problem",),
    "problems.families": ("problems.problem", "problems.least_squares", "problems.stochastic"),
    "solvers.transforms": (),
    "solvers.linalg": ("solvers.transforms",),
    "solvers.stationarity": ("problems",),
    "solvers.method": ("problems",),
    "solvers.separable": ("problems", "solvers.transforms"),
    "solvers.solver": ("problems", "solvers.method"),
    "solvers.keys": (),
    "solvers.methods": (
        *(
            "problems",
            "solvers.keys",
            "solvers.method",
            "solvers.solver",
            "solvers.separable",
            "solvers.linalg",
            "solvers.transforms",
        ),
    ),
    "solvers.engine": ("problems", "solvers.method", "solvers.solver", "solvers.transforms"),
    "solvers.peers": ("problems", "solvers.method", "solvers.solver", "solvers.rates"),
    "solvers": ("problems",),
    "results": (),
    "results.outside": ("results.format", "results.rows", "results.schema", "results.table", "results.text"),
    "results.analysis": ("results",),
    "results.pictures": ("results.analysis",),
    "results.terminal": ("results", "results.analysis"),
    "results.report": ("results", "results.analysis", "results.pictures"),
    "bench.machine": ("problems.installing", "solvers", "bench.ending"),
    "bench.plan": ("problems", "solvers", "results", "bench.ending", "bench.machine"),
    "bench.measuring": ("problems", "solvers", "results", "bench.machine", "bench.plan"),
    "bench.compiling": ("problems", "solvers", "bench.measuring"),
    "bench.asking": (
        *("problems", "solvers", "results", "bench.ending"),
        *("bench.machine", "bench.plan", "bench.measuring"),
    ),
    "bench.sketches": ("problems", "solvers", "results", "bench.plan", "bench.measuring"),
    "bench.running": (
        "problems",
        "solvers",
        "results",
        "bench.ending",
        "bench.machine",
        "bench.plan",
        "bench.measuring",
    ),
}
"""What the files of a room may import beside each other: whatever stands below these names."""


@cache
def modules():
    """Every module of the suite by its name, with the modules of the suite that it imports anywhere in it."""
    paths = [path for room in ("bench", "problems", "results", "solvers") for path in (ROOT / room).rglob("*.py")]
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}
    return {name: set(_imported(path, names)) for name, path in names.items()}


def _imported(path, names):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in names or node.module in names:
                    yield whole if whole in names else node.module


def below(name, room):
    return name == room or name.startswith(f"{room}.")


@pytest.mark.parametrize("room", FLOORS)
def test_a_room_knows_only_what_is_below_it(room):
    inside = {name: imports for name, imports in modules().items() if below(name, room)}
    assert inside
    foreign = [
        f"{name} imports {other}"
        for name, imports in inside.items()
        for other in sorted(imports)
        if not any(below(other, allowed) for allowed in (room, *FLOORS[room]))
    ]
    assert foreign == []


def test_there_is_no_circle():
    """Packages hand names on, and are no part of one."""
    graph = {
        name: {other for other in imports if not (ROOT / other.replace(".", "/")).is_dir()}
        for name, imports in modules().items()
        if not (ROOT / name.replace(".", "/")).is_dir()
    }
    while leaves := [name for name, imports in graph.items() if not imports & graph.keys()]:
        for name in leaves:
            del graph[name]
    assert graph == {}


@pytest.mark.parametrize("package", ["results", "results.report.build", "results.compare"])
def test_what_is_pictured_loads_no_jax(package):
    code = f"import sys, {package}; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_no_folder_is_a_heap():
    files = [path for room in ("bench", "problems", "results", "solvers") for path in (ROOT / room).rglob("*.py")]
    count = Counter(str(path.parent.relative_to(ROOT)) for path in files if path.name != "__init__.py")
    assert {folder: number for folder, number in count.items() if number > 15} == {}
