"""Commands that are told to end: nothing of theirs stays behind, and every finished row does."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import results
from bench.running.signals import Signalled, heeded
from results import journal

ROOT = Path(__file__).parents[3]


def wait_until(happened, running):
    deadline = time.monotonic() + 120
    while not happened():
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.heavy)])
def test_a_run_leaves_its_rows_and_no_temporary_folder(number, tmp_path):
    (tmp_path / "tmp").mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ZEROGRAD_", "PYTEST_XDIST"))}
    words = "-p no:cacheprovider bench/bench_problems.py --size smoke --solvers closed-form --device cpu --out"
    running = subprocess.Popen(
        [sys.executable, "-m", "pytest", *words.split(), str(tmp_path / "run")],
        cwd=ROOT, env=clean | {"TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    wait_until((tmp_path / "run" / "cells.jsonl").exists, running)
    assert list((tmp_path / "tmp").glob("zerograd-*"))
    os.killpg(running.pid, number) if number == signal.SIGHUP else running.send_signal(number)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 128 + number, out
    assert list((tmp_path / "tmp").glob("zerograd-*")) == []
    records, torn = journal.cell_records(tmp_path / "run" / "cells.jsonl")
    assert not torn
    assert len(results.read(tmp_path / "run")) == len(records) > 0


VERB = """
import sys, tempfile, time
from bench import cli
from bench.commands import doctor
def slow(words):
    with tempfile.TemporaryDirectory(prefix="zerograd-"):
        yield "begun"
        time.sleep(60)
doctor.run = slow
sys.exit(cli.main(["doctor"]))
"""


def test_a_verb_leaves_no_temporary_folder(tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = subprocess.Popen([sys.executable, "-c", VERB], cwd=ROOT, env=environment, **pipes)
    assert running.stdout.readline() == "begun\n"
    running.terminate()
    _, told = running.communicate(timeout=60)
    assert (running.returncode, told) == (143, "error: ended by SIGTERM\n")
    assert list(tmp_path.glob("zerograd-*")) == []


def test_a_signal_is_raised_once_and_what_was_there_before_comes_back():
    heard = []
    former = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with pytest.raises(Signalled, match="ended by SIGTERM") as caught, heeded(heard.append):  # noqa: PT012
            os.kill(os.getpid(), signal.SIGHUP)  # ignored, as under nohup
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
        assert heard == [caught.value]
        assert caught.value.code == 143
    finally:
        signal.signal(signal.SIGHUP, former)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
