"""Whatever a cell does to the process that measures it, it costs that cell alone, and the row says what it was."""

import os
import signal
import time
from dataclasses import replace

import pytest

from bench import cli
from bench.plan.cell import Cell
from bench.running.worker import Worker
from problems import faults, names

CALM = Cell("himmelblau", "scipy-lbfgsb", 4, "float64", 0, 1e-8, 200, rounds=1, timed_s=0.0, timeout_s=60.0)


@pytest.fixture(scope="module")
def worker():
    with Worker("cpu", ("problems.faults",)) as one:
        yield one


@pytest.mark.parametrize(
    ("name", "status", "detail"),
    [
        ("fault-crash", "crash", "worker died (killed by SIGABRT): fault-crash: aborts on purpose"),
        ("fault-hang", "timeout", "did not finish within 1 s; see --cell-timeout"),
        ("fault-hang-compile", "timeout", "did not compile within 1.5 s; see --compile-timeout"),
        ("fault-oom", "oom", "MemoryError: Unable to allocate 8.00 PiB"),
        ("fault-raise", "error", "ArithmeticError: fault-raise: raises on purpose"),
    ],
)
def test_a_fault_costs_its_own_cell(name, status, detail, worker):
    assert worker.measure(CALM).status == "ok"
    limits = {"timeout_s": 1.0} if name == "fault-hang" else {"compile_timeout_s": 1.5}
    outcome = worker.measure(replace(CALM, problem=name, **limits if "hang" in name else {}))
    assert outcome.status == status
    assert detail in outcome.detail
    assert outcome.detail.isprintable()
    assert outcome.figures == {}


def test_slow_and_noisy_functions_are_measured_and_nan_is_a_result(worker):
    slow, noisy, broken = (
        worker.measure(replace(CALM, problem=name)) for name in ("fault-slow", "fault-garbage-output", "fault-nan")
    )
    assert slow.status == noisy.status == broken.status == "ok"
    assert slow.figures["frac_global"] == noisy.figures["frac_global"] == 1.0
    assert slow.figures["time_min_s"] > 0.01
    assert broken.figures["n_not_stationary"] == 4


def test_the_last_words_are_legible_and_of_the_cell_that_died(worker):
    worker.measure(replace(CALM, problem="fault-garbage-output"))
    outcome = worker.measure(replace(CALM, problem="fault-crash"))
    assert outcome.detail.startswith("worker died (killed by SIGABRT): fault-crash")
    assert '{"status"' not in outcome.detail


@pytest.mark.heavy
def test_the_next_cell_waits_no_longer_than_a_start_takes():
    began = time.monotonic()
    with Worker("cpu", ("problems.faults",)) as worker:
        start_s = time.monotonic() - began
        os.kill(worker._process.pid, signal.SIGKILL)
        worker._process.join()
        began = time.monotonic()
        assert worker.measure(replace(CALM, problem="no-such-problem")).status == "error"
        assert time.monotonic() - began < 2 * start_s + 2


def test_faults_are_in_no_listing(capsys):
    assert not [name for name in names() if name.startswith("fault")]
    assert cli.main(["list", "problems"]) == 0
    assert not set(faults.PROBLEMS) & set(capsys.readouterr().out.split())
