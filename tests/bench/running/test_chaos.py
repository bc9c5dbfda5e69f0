"""Chaos: a fifth of the cells go wrong, workers and the run are killed, and every row is there, once and right."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import results
from results import journal
from results.merge import validate
from tests.bench.bench_chaos import CALM, FAULTY

ROOT = Path(__file__).parents[3]
STATUS = {
    "fault-crash": "crash", "fault-hang": "timeout", "fault-hang-compile": "timeout", "fault-oom": "oom",
    "fault-raise": "error",
}  # fmt: skip
"""Of cells that go wrong; the others end ok."""


def begin(*words):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ZEROGRAD_", "PYTEST_XDIST"))}
    modules = "problems.faults,tests.bench.bench_chaos"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/bench/bench_chaos.py"]
    return subprocess.Popen(
        [*command, "--device", "cpu", "--plugin", modules, *map(str, words)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=clean,
    )  # fmt: skip


def rows(folder):
    path = folder / "cells.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for(running, folder, count):
    while rows(folder) < count:
        assert running.poll() is None, running.stdout.read()
        time.sleep(0.02)


def workers(parent):
    """The process ids of its spawned workers."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def kill_a_worker(running):
    for worker in workers(running.pid):
        os.kill(worker, signal.SIGKILL)


def gone(process):
    """Ended, whether or not somebody has taken note."""
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"


@pytest.mark.heavy
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds workers in /proc")
def test_every_row_is_there_once_and_right(tmp_path):
    folder, chance = tmp_path / "run", random.Random(os.environ.get("CHAOS_SEED", 0))
    moments = sorted(chance.sample(range(10, 190), 4))
    running = begin("--out", folder)
    for number, moment in enumerate(moments):
        wait_for(running, folder, moment)
        time.sleep(chance.uniform(0, 0.05))
        if number == 1:  # one of the four is the parent's
            orphans = workers(running.pid)
            running.kill()
            running.communicate()
            deadline = time.monotonic() + 60
            while not all(map(gone, orphans)):
                assert time.monotonic() < deadline, "a worker has outlived its parent"
                time.sleep(0.1)
            running = begin("--resume", folder, "--retry", "none")
        else:
            kill_a_worker(running)
    out, _ = running.communicate(timeout=900)
    assert running.returncode == 1, out
    after_the_storm = results.read(folder).set_index("cell_id")
    assert len(after_the_storm) == CALM + sum(FAULTY.values())
    killed = after_the_storm["status_detail"].str.contains("killed by SIGKILL", na=False)
    assert killed.sum() <= 3
    check(after_the_storm[~killed])

    out, _ = begin("--resume", folder, "--retry", "crash").communicate(timeout=900)
    frame = results.read(folder).set_index("cell_id")
    check(frame)
    assert frame["attempt"].max() == 2
    assert (frame.loc[after_the_storm.index[killed], "attempt"] == 2).all()
    assert list(validate(folder)) == []
    records, torn = journal.read_journal(folder / "cells.jsonl")
    assert not torn
    assert len(records) == len(frame) + (frame["attempt"] - 1).sum()


def check(frame):
    """Every cell once, with the status and the figures that it must have."""
    assert frame.index.is_unique
    calm = frame[frame["problem"] == "himmelblau"]
    assert (calm["n_minimum"] == calm["batch"]).all()
    assert (frame["status"] == frame["problem"].map(STATUS).fillna("ok")).all()
    assert (frame.loc[frame["problem"] == "fault-nan", "n_not_stationary"] > 0).all()
    assert (frame.loc[frame["problem"].isin(["fault-slow", "fault-garbage-output"]), "frac_global"] == 1).all()
