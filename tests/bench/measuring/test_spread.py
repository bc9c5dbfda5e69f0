"""One batch over several devices and processes: the same lanes, the same counts, whoever runs them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import results
from bench.ending import UsageError
from bench.measuring import spread as spreading
from bench.measuring.measure import measure
from bench.measuring.starts import draw
from bench.plan.cell import Cell
from bench.plan.options import resolve
from problems import get

ROOT = Path(__file__).parents[3]
CELL = Cell("himmelblau", "newton", 1000, "float64", 0, 1e-8, 100, rounds=1, timed_s=0.0, spread=True)
COUNTS = ["n_minimum", "n_saddle", "n_maximum", "n_converged", "steps_max", "steps_sum", "n_f", "n_h"]


@pytest.mark.parametrize("name", ["himmelblau", "rosenbrock-n10"])
def test_a_lane_has_its_start_whoever_draws_it(name):
    whole = draw(get(name), 100, seed=3)
    parts = [draw(get(name), count, seed=3, first=first) for first, count in ((0, 1), (1, 41), (42, 58))]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_pieces_over_four_devices_count_what_one_batch_does(monkeypatch):
    monkeypatch.setattr(spreading, "CHUNK", 60)  # five calls, the last not full
    assert jax.local_device_count() == 4
    apart, whole = measure(CELL).figures, measure(Cell(**{**CELL.__dict__, "spread": False})).figures
    assert {name: apart[name] for name in COUNTS} == {name: whole[name] for name in COUNTS}
    assert apart["frac_global"] == pytest.approx(whole["frac_global"])
    assert apart["grad_norm_max"] == pytest.approx(whole["grad_norm_max"], rel=0.5)
    assert (apart["device_count"], apart["process_count"]) == (4, 1)
    assert 0 < apart["parallel_efficiency"] < 4
    assert "steps_median" not in apart


@pytest.mark.parametrize("text", ["1/2", "3/2@127.0.0.1:1", "1/2@127.0.0.1", "x"])
def test_a_group_that_cannot_be(text, tmp_path):
    with pytest.raises(UsageError, match=r"give auto or I/N@HOST:PORT|give I/N with"):
        resolve({"distributed": text}, tmp_path, {})


@pytest.mark.heavy
def test_two_processes_of_two_devices_each_gather_one_summary(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ZEROGRAD_", "PYTEST_XDIST"))}
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "bench/bench_scaling_devices.py"]
    words += ["--device", "cpu", "--size", "smoke", "--batch", "5001"]
    running = [
        subprocess.Popen(
            [*words, "--distributed", f"{part}/2@{address}", "--out", str(tmp_path / str(part))],
            cwd=ROOT, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for part in (1, 2)
    ]  # fmt: skip
    said = [process.communicate(timeout=150)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    one, two = (results.read(tmp_path / part).iloc[0] for part in ("1", "2"))
    assert one[[*COUNTS, "time_median_s"]].equals(two[[*COUNTS, "time_median_s"]])
    assert one["process_count"] == 2
    assert one["device_count"] == 2 * len(os.sched_getaffinity(0))
    assert one["batch"] == one["n_minimum"] + one["n_saddle"] + one["n_maximum"] + one["n_not_stationary"]
    alone = measure(Cell(**{**CELL.__dict__, "batch": 5001})).figures
    assert {name: one[name] for name in COUNTS} == {name: alone[name] for name in COUNTS}
    assert one["parallel_efficiency"] > 0
