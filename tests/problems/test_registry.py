"""Names: how problems are chosen, and what is said when there is none."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import problems
from problems import UnknownName, get, matching, select
from problems.registry import ROWS


def test_names_are_unique_and_each_gives_its_problem():
    assert len(set(problems.names())) == len(problems.names()) >= 34
    assert all(get(name).name == name for name in problems.names())


def test_globs_keep_the_order_of_the_registry_and_drop_duplicates():
    assert select("rosenbrock-*,quadratic-n2,rosenbrock-n2") == (
        "quadratic-n2",
        "rosenbrock-n2",
        "rosenbrock-n4",
        "rosenbrock-n6",
        "rosenbrock-n10",
        "rosenbrock-n100",
        "rosenbrock-n2~ill1e6",
        "rosenbrock-n10~rotated",
    )
    assert select("nist-*-s1, himmelblau")[0] == "himmelblau"


def test_a_family_takes_any_size():
    assert get("rosenbrock-n37").dim == 37
    assert select("rosenbrock-n37,himmelblau") == ("himmelblau", "rosenbrock-n37")


@pytest.mark.parametrize("name", ["rosenbrock-n02", "rosenbrock-n٣", "rosenbrock-n-2", "himmelblau-n2", "rosenbrock"])
def test_one_problem_has_one_name(name):
    with pytest.raises(UnknownName, match="no problem matches"):
        select(name)
    with pytest.raises(UnknownName, match="no problem matches"):
        get(name)


def test_a_list_of_points_too_long_to_write_down_has_no_closed_form():
    assert get("styblinski-tang-n8").closed_form is not None
    many = get("styblinski-tang-n40")
    assert (many.closed_form, many.truth.stationary, many.truth.complete) == (None, None, False)
    assert many.truth.minimum == pytest.approx(-39.16616570377142 * 40, rel=1e-13)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownName) as caught:
        select("rosenbrok-n2")
    assert str(caught.value) == (
        'no problem matches "rosenbrok-n2"; nearest: rosenbrock-n2, rosenbrock-n6, rosenbrock-n4. '
        "All names: zerograd list problems"
    )


@pytest.mark.parametrize("text", ["", ",", "zzz*", "himmelblau,qqqqq"])
def test_a_pattern_that_matches_nothing_is_an_error(text):
    with pytest.raises(UnknownName, match="no problem matches"):
        select(text)


@pytest.mark.parametrize("name", ["rosenbrock-n1", "rosenbrock-n0", "styblinski-tang-n0", "quadratic-n1"])
def test_a_size_that_cannot_be_is_named(name):
    with pytest.raises(UnknownName, match=f'no problem "{name}": .* needs n >= '):
        get(name)


def test_every_family_is_documented():
    page = (Path(problems.__path__[0]).parent / "docs" / "problems.md").read_text()
    missing = [row.name for row in ROWS if f"`{re.sub('-s[12]$', '', row.name)}" not in page]
    assert not missing


def test_matching_serves_solvers_too():
    assert matching("newton*", ("gd", "newton", "newton-cg"), "solver") == ("newton", "newton-cg")
    with pytest.raises(UnknownName, match="All names: zerograd list solvers"):
        matching("bfgs", ("gd",), "solver")


def test_importing_the_rooms_starts_no_backend_and_reads_no_data():
    code = (
        "import sys, bench.plan.options, problems, solvers, results; from jax._src import xla_bridge;"
        "[problems.get(name) for name in problems.names()];"
        "assert not xla_bridge._backends, 'a backend was started';"
        "assert 'sklearn' not in sys.modules, 'data were read'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=problems.__path__[0] + "/..")


def test_results_work_without_jax():
    code = "import sys, results; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=problems.__path__[0] + "/..")


def test_listing_everything_is_fast_and_needs_no_other_package(monkeypatch):
    monkeypatch.setattr("problems.cutest.find_spec", lambda name: None)
    monkeypatch.setattr("problems.bbob.find_spec", lambda name: None)
    list(problems.entries())
    begun = time.perf_counter()
    rows = list(problems.entries())
    assert time.perf_counter() - begun < 1
    assert len({row.name for row in rows}) == len(rows)
    known = [row for row in rows if row.standing != "unknown" and not row.name.startswith(("cutest-", "bbob-"))]
    assert len(known) >= 100
    assert [row.n for row in rows if row.name == "bbob-sphere-n10"] == [10]


@pytest.mark.parametrize(("name", "package"), [("bbob-sphere-n2", "bbobax"), ("bbob-*", "bbobax")])
def test_a_problem_of_another_package_says_what_to_install(name, package, monkeypatch):
    monkeypatch.setattr("problems.bbob.find_spec", lambda name: None)
    get.cache_clear()
    with pytest.raises(UnknownName, match=f'needs {package}: pip install "{package}'):
        select(name)
