"""Which versions a row was measured with."""

from dataclasses import replace
from importlib.metadata import version

import pytest

from bench.machine import provenance
from bench.machine.device import device_facts
from bench.machine.provenance import library_of, packages
from bench.plan.cell import Cell
from bench.running.folder import Folder
from bench.running.run import Run
from bench.running.worker import OneByOne, Outcome
from solvers import Library, plugins, registry

CELL = Cell("himmelblau", "newton", 8, "float64", 0, 1e-8, 100, rounds=3, timed_s=0.0)


@pytest.mark.parametrize(
    ("solver", "library"),
    [
        ("newton", None),
        ("jaxopt-lbfgs", "jaxopt"),
        ("optimistix-bfgs", "optimistix"),
        ("scipy-root", "scipy"),
        ("optax-adam", "optax"),
        ("symbolic", "sympy"),
    ],
)
def test_the_library_of_a_peer_or_of_the_solver_itself(solver, library):
    if library:
        pytest.importorskip(library)
    told = f"{library} {version(library)}" if library else None
    assert library_of(solver) == {"library_version": told}


def test_a_package_of_another_name_than_it_is_imported_by(monkeypatch):
    monkeypatch.setattr(registry, "SOLVERS", dict(registry.SOLVERS))
    plugins._register_all([Library("forest", "peer", "a plug-in", lambda *_: None, library="sklearn")])
    assert library_of("forest")["library_version"] == f"scikit-learn {version('scikit-learn')}"


def test_a_row_that_failed_says_with_which_library(tmp_path):
    class Dying(OneByOne):
        provenance = device_facts()

        def measure(self, cell):
            return Outcome("crash", "why")

    run = Run(Dying(), Folder.new(tmp_path / "run", {}), {"device": "cpu", "run_id": "r"} | device_facts(), ())
    run.measure(replace(CELL, solver="optimistix-newton"))
    row = run.folder.rows[0]
    assert row["library_version"] == f"optimistix {version('optimistix')}"
    assert (row["optax_version"], row["scipy_version"]) == (version("optax"), version("scipy"))
    assert packages()["jax"] == row["jax_version"] == version("jax")


def test_the_fingerprint_is_of_the_code_and_never_of_nothing(monkeypatch):
    before = provenance.fingerprint()
    assert provenance.fingerprint() == before
    monkeypatch.setattr(provenance, "_PACKAGES", ("bench",))
    assert provenance.fingerprint() != before
    monkeypatch.setattr(provenance, "_PACKAGES", ("bench", "nowhere"))
    with pytest.raises(AssertionError, match="no code found"):
        provenance.fingerprint()
