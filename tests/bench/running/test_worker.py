"""The worker: what goes wrong in it costs one cell and nothing else. And the run: a finished cell is on disk."""

import os
import signal
import threading
import time
from dataclasses import replace

import pytest

import results
from bench.ending import UsageError
from bench.plan.cell import Cell
from bench.plan.facts import NoFolder
from bench.running.folder import Folder
from bench.running.run import Run
from bench.running.worker import InProcess, OneByOne, Outcome, Worker
from results import journal

CELL = Cell("himmelblau", "newton", 8, "float64", 0, 1e-8, 100, rounds=3, timed_s=0.0, timeout_s=60.0)


@pytest.fixture(scope="module")
def worker():
    with Worker("cpu") as one:
        yield one


def test_a_cell_comes_back_with_figures_and_samples(worker):
    outcome = worker.measure(CELL)
    assert outcome.status == "ok"
    assert outcome.figures["n_converged"] == 8
    assert len(outcome.samples) == outcome.figures["n_rounds"] >= 3
    assert worker.provenance["device"] == "cpu"


def test_the_same_cell_in_this_process_gives_the_same_counts(worker):
    apart, here = worker.measure(CELL), InProcess("cpu").measure(CELL)
    noisy = ("_s", "bytes", "roofline_frac")
    for name, figure in here.figures.items():
        if not name.endswith(noisy):
            # The tests compile without optimisations, which round otherwise.
            near = pytest.approx(figure, rel=1e-2, abs=1e-11) if isinstance(figure, float) else figure
            assert apart.figures[name] == near, name


def test_a_broken_cell_is_an_error_row_and_the_worker_lives_on(worker):
    outcome = worker.measure(replace(CELL, problem="no-such-problem"))
    assert outcome.status == "error"
    assert outcome.detail.startswith('UnknownName: no problem matches "no-such-problem"')
    assert worker.measure(replace(CELL, solver="closed-form")) == Outcome("unsupported", "no formula for all points")
    assert worker.measure(CELL).status == "ok"


LONG = replace(CELL, problem="rosenbrock-n10", solver="gd", batch=4096, max_steps=10**6)


def test_a_cell_beyond_its_deadline_is_a_timeout_and_the_worker_is_replaced(worker):
    outcome = worker.measure(replace(LONG, timeout_s=0.2))
    assert outcome == Outcome("timeout", "did not finish within 0.2 s; see --cell-timeout")
    assert worker.measure(CELL).status == "ok"


def test_a_killed_worker_is_a_crash_row_and_is_replaced(worker):
    def kill():
        time.sleep(2)
        os.kill(worker._process.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    outcome = worker.measure(LONG)
    killer.join()
    assert outcome.status == "crash"
    assert "killed by SIGKILL" in outcome.detail
    assert outcome.traceback == ""
    assert worker.measure(CELL).status == "ok"


class Canned(OneByOne):
    """A measurer whose outcomes are given."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.provenance = {"device": "cpu"}

    def measure(self, cell):
        return self.outcomes.pop(0)


def new_run(measurer, path, retry=()):
    return Run(measurer, Folder.new(path, {"options": {}}), {"device": "cpu", "run_id": "r"}, retry)


def test_every_finished_cell_is_on_disk_before_the_next_starts(tmp_path):
    ok = Outcome("ok", None, {"n_minimum": 8, "time_median_s": 0.5}, [0.25, 0.5, 0.75])
    run = new_run(Canned(ok, Outcome("crash", "why\nnot")), tmp_path / "run")
    run.measure(CELL)
    assert results.read(tmp_path / "run")["n_minimum"].tolist() == [8]
    run.measure(replace(CELL, solver="gd"))
    frame = results.read(tmp_path / "run")
    assert frame["status"].tolist() == ["ok", "crash"]
    assert frame["status_detail"].tolist()[1] == "why not"
    records, torn = journal.read_journal(tmp_path / "run" / "cells.jsonl")
    assert [record["row"]["cell_id"] for record in records] == frame["cell_id"].tolist()
    assert not torn
    assert records[0]["samples"] == [0.25, 0.5, 0.75]
    assert (tmp_path / "run" / "samples.csv").read_text().count("\n") == 4


def test_a_traceback_is_kept_beside_the_rows(tmp_path):
    run = new_run(
        Canned(Outcome("error", "E: no", traceback="Traceback\n  loss.py \udcff"), Outcome("timeout", "late")),
        tmp_path / "run",
    )
    run.measure(CELL)
    run.measure(replace(CELL, solver="gd"))
    text = (tmp_path / "run" / "failures.log").read_text()
    assert text == f"{CELL.id}, attempt 1: E: no\nTraceback\n  loss.py \ufffd\n\n"


def test_a_cell_asked_for_twice_is_measured_once(tmp_path):
    run = new_run(Canned(Outcome("ok")), tmp_path / "run")
    assert run.measure(CELL) is run.measure(CELL)
    assert len(run.folder.rows) == 1
    with pytest.raises(UsageError, match="asked for twice with different budgets"):
        run.measure(replace(CELL, max_steps=7))


def test_a_folder_that_exists_is_not_overwritten(tmp_path):
    with pytest.raises(NoFolder, match="exists and is not overwritten; give another --out"):
        new_run(Canned(), tmp_path)
