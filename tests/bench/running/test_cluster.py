"""Cells on a Ray cluster: every row once, a lost machine's cell again elsewhere, nothing open to the network."""

from dataclasses import replace
from pathlib import Path

import pytest

import results
from bench.ending import NoDevice, UsageError
from bench.plan.cell import Cell
from bench.plan.options import resolve
from bench.running import cluster as clusters
from bench.running.cluster import Cluster, Place
from bench.running.run import open_run
from problems import plugins

CALM = Cell("himmelblau", "scipy-lbfgsb", 4, "float64", 0, 1e-8, 200, rounds=1, timed_s=0.0, timeout_s=60.0)
FAULTS = ("problems.faults",)


@pytest.mark.parametrize("text", ["here", "ray://", "http://x:1", "x", "ray://x:y"])
def test_an_address_that_cannot_be(text, tmp_path):
    with pytest.raises(UsageError, match="is not understood; give local, HOST:PORT or ray://HOST:PORT"):
        resolve({"cluster": text}, tmp_path, {})


@pytest.fixture
def ray(monkeypatch):
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # else Ray writes a token into the home folder
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # as Cluster does; read at the import
    ray = pytest.importorskip("ray")
    yield ray
    ray.shutdown()


def listening():
    """Addresses, as the kernel writes them in hexadecimal, of the TCP ports that are listened at, by port."""
    found = set()
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                found.add(tuple(fields[1].split(":")))
    return found


def open_to_all(before):
    loopback = ("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F")
    return {(address, int(port, 16)) for address, port in listening() - before if address not in loopback}


@pytest.mark.heavy
def test_every_cell_is_measured_once_a_lost_machines_again_and_nothing_is_open_to_the_network(
    ray, tmp_path, monkeypatch
):
    plugins.load_problems(FAULTS)
    monkeypatch.setattr(clusters, "_places", lambda ray, device: [{"num_cpus": 0}] * 2)  # two machines, as it were
    before = listening()
    with Cluster("local", "cpu", FAULTS) as cluster:
        assert open_to_all(before) == set()
        options = resolve({"out": str(tmp_path / "run"), "cluster": "local"}, tmp_path, {})
        crash, hang = replace(CALM, problem="fault-crash"), replace(CALM, problem="fault-hang", timeout_s=3.0)
        cells = [CALM, replace(CALM, batch=5), crash, replace(CALM, problem="beale"), hang]
        run = open_run(cluster, options, tmp_path, {})
        run.begin(cells)
        cluster._hand_out()
        actor, _, lost = next(iter(cluster._busy.values()))
        ray.kill(actor)
        for cell in cells:
            run.measure(cell)
        run.folder.close()
    frame = results.read(tmp_path / "run").set_index("cell_id")
    assert sorted(frame.index) == sorted(cell.id for cell in cells)
    assert frame["attempt"].to_dict() == {cell.id: 1 + (cell == lost) for cell in cells}
    status = {crash.id: "crash", hang.id: "timeout"}
    assert frame["status"].to_dict() == {cell.id: status.get(cell.id, "ok") for cell in cells}
    assert frame.loc[crash.id, "status_detail"].startswith("worker died (killed by SIGABRT): fault-crash")
    assert frame["machine"].nunique() == 1
    assert frame["host"].isna().all()


def test_a_machine_with_other_code_is_refused():
    with pytest.raises(NoDevice, match="other code than this one; install the same zerograd on all"):
        Place("cpu", (), "other")
