"""A run that ended early goes on where it ended: nothing lost, nothing measured twice, nothing mixed unasked."""

import json
import resource
import signal
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import results
from bench.ending import UsageError
from bench.plan.cell import Cell
from bench.plan.facts import NoFolder
from bench.plan.options import resolve
from bench.running import folder as running_folder
from bench.running import run as running
from bench.running.folder import Folder
from bench.running.run import open_run
from bench.running.worker import OneByOne, Outcome
from results import journal
from results.merge import validate

CELL = Cell("himmelblau", "newton", 8, "float64", 0, 1e-8, 100, rounds=3, timed_s=0.0, timeout_s=60.0)
OTHER = replace(CELL, solver="gd")
OK = Outcome("ok", None, {"n_minimum": 8, "time_median_s": 0.5, "time_min_s": 0.25}, [0.25, 0.5, 0.75])
CONDITIONS = {"device": "cpu", "device_kind": "cpu", "device_count": 2, "jax_version": "0.10.2"}


class Canned(OneByOne):
    """A measurer whose outcomes are given."""

    def __init__(self, *outcomes, **conditions):
        self.outcomes = list(outcomes)
        self.provenance = CONDITIONS | conditions

    def measure(self, cell):
        return self.outcomes.pop(0)


def start(measurer, root, **given):
    given = {name: str(text) for name, text in given.items()}
    return open_run(measurer, resolve(given, root, {}), root, {"bench_problems.py": [CELL.id, OTHER.id]})


@pytest.fixture
def begun(tmp_path):
    run = start(Canned(OK, Outcome("crash", "why")), tmp_path, out=tmp_path / "run")
    run.measure(CELL)
    run.measure(OTHER)
    run.folder.close()
    return tmp_path / "run"


def test_only_what_failed_is_measured_again_and_the_attempt_counts(begun, tmp_path):
    run = start(Canned(OK), tmp_path, resume=begun)
    assert run.measure(CELL).samples == OK.samples
    assert run.measure(OTHER).status == "ok"
    frame = results.read(begun).set_index("cell_id")
    assert frame["attempt"].to_dict() == {CELL.id: 1, OTHER.id: 2}
    assert frame["status"].tolist() == ["ok", "ok"]
    assert results.read(begun, "samples").groupby("cell_id")["round"].count().to_dict() == {CELL.id: 3, OTHER.id: 3}
    records, _ = journal.read_journal(begun / "cells.jsonl")
    assert [record["row"]["status"] for record in records] == ["ok", "crash", "ok"]
    assert list(validate(begun)) == []


@pytest.mark.parametrize("after", [journal, running_folder.files])
def test_a_signal_between_the_journal_and_the_tables_costs_no_row(after, tmp_path, monkeypatch):
    """Whether it comes when the first row is in the journal alone, or in the CSV, too."""
    run = start(Canned(OK), tmp_path, out=tmp_path / "run")
    name = "append" if after is journal else "replace"
    done = getattr(after, name)

    def interrupted(*words):
        done(*words)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(after, name, interrupted)
        with pytest.raises(KeyboardInterrupt):
            run.measure(CELL)
    run.folder.close()
    assert results.read(tmp_path / "run")["cell_id"].tolist() == [CELL.id]
    assert len(results.read(tmp_path / "run", "samples")) == 3
    assert list(validate(tmp_path / "run")) == []


def test_runs_in_folders_of_one_name_have_identities_of_their_own(tmp_path):
    folders = [start(Canned(), tmp_path, out=tmp_path / place / "nightly").folder for place in "ab"]
    names = [folder.facts["run_id"] for folder in folders]
    assert len(set(names)) == 2
    assert all(name.startswith("nightly-") for name in names)
    folders[0].close()
    assert start(Canned(), tmp_path, resume=folders[0].path).folder.facts["run_id"] == names[0]


def test_a_failure_that_is_not_to_be_retried_stays(begun, tmp_path):
    run = start(Canned(), tmp_path, resume=begun, retry="timeout,oom")
    assert run.measure(OTHER) == Outcome("crash", "why", run.folder.latest[OTHER.id]["row"])
    with pytest.raises(UsageError, match=r'--retry "ok" is not known; allowed: crash, error, oom, timeout'):
        resolve({"retry": "ok"}, tmp_path)


def test_other_options_are_refused_unless_told(begun, tmp_path):
    with pytest.raises(UsageError, match=r"was begun with --seed 0, now it is 1; give the same, begin a new run, or"):
        start(Canned(), tmp_path, resume=begun, seed=1)
    with pytest.raises(UsageError, match="--out and --resume exclude each other"):
        start(Canned(), tmp_path, resume=begun, out=tmp_path / "other")
    assert resolve({"resume": str(begun), "seed": "1", "allow_changes": "on"}, tmp_path).seed == 1
    assert resolve({"resume": str(begun), "cell_timeout": "7"}, tmp_path).cell_timeout == 7


def test_the_options_of_the_run_need_not_be_repeated_but_no_file_names_code_to_load(begun, tmp_path):
    path = begun / "run.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps(facts | {"options": facts["options"] | {"size": "smoke", "gtol": "1e-5"}}))
    options = resolve({"resume": str(begun)}, tmp_path, {"ZEROGRAD_SIZE": "full"})
    assert (options.size, options.gtol) == ("smoke", 1e-5)
    path.write_text(json.dumps(facts | {"options": facts["options"] | {"plugin": "antigravity"}}))
    with pytest.raises(UsageError, match=r"was begun with --plugin antigravity, now it is \(none\)"):
        resolve({"resume": str(begun)}, tmp_path)


@pytest.mark.parametrize("changed", ["device", "code"])
def test_another_device_or_other_code_is_refused_unless_told(changed, begun, tmp_path, monkeypatch):
    conditions = {"device_kind": "NVIDIA H100"} if changed == "device" else {}
    if changed == "code":
        monkeypatch.setattr(running, "fingerprint", lambda: "other")
    with pytest.raises(UsageError, match=r"was begun under other conditions: (device_kind|code) was .* by --allow-ch"):
        start(Canned(**conditions), tmp_path, resume=begun)
    start(Canned(**conditions), tmp_path, resume=begun, allow_changes="on").folder.close()


def test_a_torn_line_costs_its_cell_and_a_bad_line_is_an_error(begun, tmp_path, capsys):
    path = begun / "cells.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    (begun / "samples.csv").write_text("torn, to")
    run = start(Canned(OK), tmp_path, resume=begun)
    assert "ended in a torn line, which is dropped" in capsys.readouterr().err
    assert len(results.read(begun)) == 1
    run.measure(OTHER)
    run.folder.close()
    assert list(validate(begun)) == []
    path.write_bytes(b"{broken\n" + whole)
    with pytest.raises(UsageError, match=r"line 1 is no JSON .*; remove the line"):
        start(Canned(), tmp_path, resume=begun)


@pytest.mark.parametrize("content", [None, "{", "{}"])
def test_what_is_no_run_is_not_resumed(content, tmp_path):
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(UsageError, match=r"no run that can be resumed|is no JSON|cannot be resumed"):
        resolve({"resume": str(tmp_path)}, tmp_path)


@pytest.mark.parametrize(
    "damage",
    [{"run_id": None}, {"run_id": 7}, {"options": []}, {"options": {"size": 3}}, {"plan": {"x": [1]}}, {"plan": None}],
    ids=str,
)
def test_what_run_json_cannot_say_is_a_line(damage, begun, tmp_path):
    facts = json.loads((begun / "run.json").read_text())
    (begun / "run.json").write_text(json.dumps(facts | damage))
    with pytest.raises(UsageError, match=rf"run\.json is damaged \({next(iter(damage))} is not what a run writes\)"):
        resolve({"resume": str(begun)}, tmp_path)


def test_a_file_chooses_neither_the_folder_nor_a_cluster(begun, tmp_path):
    facts = json.loads((begun / "run.json").read_text())
    theirs = {"resume": "/elsewhere", "out": "/elsewhere", "cluster": "ray://evil:1", "retry": "none"}
    (begun / "run.json").write_text(json.dumps(facts | {"options": facts["options"] | theirs}))
    options = resolve({"resume": str(begun)}, tmp_path, {})
    assert (options.resume, options.out, options.cluster) == (begun, None, None)
    assert "timeout" in options.retry


def test_two_runs_do_not_write_into_one_folder(begun):
    first = Folder.reopened(begun)
    with pytest.raises(NoFolder, match=r"in use by another run \(process \d+\); wait for it, or give a new --out"):
        Folder.reopened(begun)
    first.close()
    Folder.reopened(begun).close()


def test_a_full_disk_is_reported_and_keeps_what_is_there(begun, tmp_path):
    run = start(Canned(OK, OK), tmp_path, resume=begun)
    before = (begun / "cells.jsonl").read_bytes(), (begun / "results.csv").read_bytes()
    limits, heed = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before[0]) + 100, limits[1]))  # a part of the line fits
    try:
        with pytest.raises(OSError, match="too large"):
            run.measure(OTHER)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, heed)
    assert ((begun / "cells.jsonl").read_bytes(), (begun / "results.csv").read_bytes()) == before
    run.measure(OTHER)
    assert list(validate(begun)) == []


def test_a_figure_that_no_row_can_hold_costs_the_figures_not_the_row(begun, tmp_path):
    bad = Outcome("ok", None, {"time_median_s": float("nan")})
    run = start(Canned(bad), tmp_path, resume=begun)
    assert run.measure(OTHER).status == "error"
    assert results.read(begun)["status_detail"].tolist()[1].endswith("column time_median_s holds nan; a figure that "
                                                                    "cannot be had is None")  # fmt: skip


def resident():
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.heavy
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_a_thousand_cells_cost_little_time_and_memory(tmp_path):
    run = start(Canned(*[OK] * 1100), tmp_path, out=tmp_path / "run")
    for batch in range(100):
        run.measure(replace(CELL, batch=batch + 1))
    before, began = resident(), time.monotonic()
    for batch in range(100, 1100):
        run.measure(replace(CELL, batch=batch + 1))
    assert (time.monotonic() - began) / 1000 < 0.05
    assert resident() - before < 50 * 2**20
    assert len(results.read(tmp_path / "run")) == 1100


def test_a_way_stops_climbing_where_it_fails_and_says_so_in_every_row(tmp_path):
    """Nothing is measured above a rung that was not reached, nor when the run is resumed."""
    rungs = [replace(CELL, problem=f"rosenbrock-n{n}", study="reach", budget_s=1.0) for n in (2, 3, 4, 5)]
    rungs = [rungs[0], *(replace(cell, after=below.id) for below, cell in pairwise(rungs))]
    missed = OK._replace(figures=OK.figures | {"reached_s": None, "remark": "Did not reach it."})
    there = OK._replace(figures=OK.figures | {"reached_s": 0.5})
    run = start(Canned(there, missed), tmp_path, out=tmp_path / "run")
    assert [run.measure(cell).status for cell in rungs[:3]] == ["ok", "ok", "unsupported"]
    run.folder.close()
    resumed = start(Canned(), tmp_path, resume=tmp_path / "run")
    why = f"not tried: {rungs[1].id}: Did not reach it."
    assert resumed.measure(rungs[3]).detail == why
    frame = results.read(tmp_path / "run").set_index("cell_id")
    assert frame.loc[[rungs[2].id, rungs[3].id], "status_detail"].tolist() == [why, why]
    assert frame["study"].eq("reach").all()
