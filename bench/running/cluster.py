"""Cells on many machines by Ray: a worker for every device, each with one cell at a time, rows as they end.

All cells of a problem go to one device, dearest problems first: what a table compares was measured on one machine. A
cell whose machine is lost ends in a row that says so, and is measured again on another.
"""

import os
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from bench.ending import NoDevice
from bench.machine.provenance import fingerprint, library_of
from bench.plan.cell import Cell
from bench.plan.shards import estimate
from bench.running.worker import START_LIMIT_S, Ended, Outcome, Worker
from problems.installing import installs

MOST_LOSSES = 3
"""A cell that has cost so many machines is not tried on another."""


class Place:
    """A device of the cluster, as an actor there: a worker of its own."""

    def __init__(self, device: str, modules: tuple[str, ...], code: str) -> None:
        if fingerprint() != code:
            raise NoDevice("a machine of the cluster has other code than this one; install the same zerograd on all")
        self._worker = Worker(device, modules)

    def provenance(self) -> dict[str, Any]:
        """What the device is; answers when it is ready."""
        return self._worker.provenance

    def measure(self, cell: Cell) -> Ended:
        """Measures a cell here."""
        started = datetime.now(UTC)
        return Ended(
            cell, self._worker.measure(cell), started, self._worker.provenance | library_of(cell.peer or cell.solver)
        )


class Cluster(AbstractContextManager["Cluster"]):
    """Measures on every device of a Ray cluster."""

    def __init__(self, address: str, device: str, modules: tuple[str, ...] = ()) -> None:
        """Connects to `address`, or starts Ray on this machine alone for "local".

        Raises:
            NoDevice: no Ray, no cluster, or none of its machines has the device.
        """
        self._ray = _connected(address)
        self._given = device, modules, fingerprint()
        self._starting: dict[Any, tuple[Any, dict[str, Any]]] = {}
        self._busy: dict[Any, tuple[Any, dict[str, Any], Cell]] = {}
        self._idle: list[tuple[Any, dict[str, Any]]] = []
        self._waiting: deque[deque[Cell]] = deque()
        self._groups: dict[Any, deque[Cell]] = {}
        self._losses: Counter[str] = Counter()
        places = _places(self._ray, device)
        if not places:
            self.close()
            raise NoDevice(f"no machine of the cluster {address} has the device {device}")
        for place in places:
            self._start(place)
        self.provenance = self._first_ready()

    def begin(self, cells: Sequence[Cell]) -> None:
        """Takes all cells of the run, to be measured in an order of its own."""
        problems: dict[str, deque[Cell]] = {}
        for cell in {cell.id: cell for cell in cells}.values():
            problems.setdefault(cell.problem, deque()).append(cell)
        self._waiting = deque(sorted(problems.values(), key=lambda group: -sum(map(estimate, group))))

    def next(self, wanted: Cell) -> Ended:
        """Whichever cell ends next; a lost one that will be tried again is not `final`."""
        while True:
            self._hand_out()
            ended = self._wait()
            if ended is not None:
                return ended
            if not self._busy and not self._idle and not self._starting:
                return Ended(wanted, Outcome("crash", "no machine of the cluster is left"), datetime.now(UTC))

    def close(self) -> None:
        """Leaves the cluster; one that was started here ends."""
        self._ray.shutdown()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, place: dict[str, Any]) -> None:
        actor = self._ray.remote(Place).options(max_restarts=0, max_task_retries=0, **place).remote(*self._given)
        self._starting[actor.provenance.remote()] = actor, place

    def _first_ready(self) -> dict[str, Any]:
        reason = f"no machine of the cluster was ready within {START_LIMIT_S:g} s"
        while self._starting:
            ready, _ = self._ray.wait(list(self._starting), timeout=START_LIMIT_S)
            if not ready:
                break
            actor, place = self._starting.pop(ready[0])
            try:
                provenance = self._ray.get(ready[0])
            except self._ray.exceptions.RayError as failure:
                reason = str(failure).strip().splitlines()[-1]
                continue
            self._idle.append((actor, place))
            return provenance
        self.close()
        raise NoDevice(reason)

    def _hand_out(self) -> None:
        for actor, place in list(self._idle):
            if not self._groups.get(actor):
                if not self._waiting:
                    continue
                self._groups[actor] = self._waiting.popleft()
            cell = self._groups[actor].popleft()
            self._idle.remove((actor, place))
            self._busy[actor.measure.remote(cell)] = actor, place, cell

    def _wait(self) -> Ended | None:
        """The next to end; None if it was only a machine that is ready now, or never will be."""
        ready, _ = self._ray.wait([*self._busy, *self._starting], timeout=None if self._busy else START_LIMIT_S)
        if not ready:
            self._starting.clear()
            return None
        if ready[0] in self._starting:
            self._arrived(ready[0])
            return None
        actor, place, cell = self._busy.pop(ready[0])
        try:
            ended = self._ray.get(ready[0])
        except self._ray.exceptions.RayError as failure:
            return self._lost(actor, place, cell, failure)
        self._idle.append((actor, place))
        return ended

    def _arrived(self, reference: Any) -> None:
        actor, place = self._starting.pop(reference)
        try:
            self._ray.get(reference)
        except self._ray.exceptions.RayError:
            return
        self._idle.append((actor, place))

    def _lost(self, actor: Any, place: dict[str, Any], cell: Cell, failure: Exception) -> Ended:
        self._losses[cell.id] += 1
        final = self._losses[cell.id] >= MOST_LOSSES
        rest = self._groups.pop(actor, deque())
        if not final:
            rest.appendleft(cell)
        if rest:
            self._waiting.appendleft(rest)
        self._start(place)
        outcome = Outcome("crash", f"lost with its machine: {str(failure).strip().splitlines()[0]}")
        return Ended(cell, outcome, datetime.now(UTC), final=final)


def _connected(address: str) -> Any:
    # Ray would hide the GPUs of what asks for none, and report home.
    os.environ |= {"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    if address == "local":
        # Ray reads this when it is imported. It is what makes it listen at the loopback interface alone.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    try:
        import ray
    except ImportError:
        raise NoDevice(f"--cluster needs Ray; {installs('cluster')}") from None
    try:
        ray.init(address, log_to_driver=False, include_dashboard=False if address == "local" else None)
    except (ConnectionError, OSError, RuntimeError, ValueError) as failure:
        reason = str(failure).strip().splitlines()[0]
        raise NoDevice(f"the cluster {address} cannot be reached ({reason}); is it up?") from None
    return ray


def _places(ray: Any, device: str) -> list[dict[str, Any]]:
    """What each actor asks of Ray: a GPU, or all cores of a machine, so that nothing else is measured beside it."""
    gpus = int(ray.cluster_resources().get("GPU", 0))
    if device == "gpu" or (device == "auto" and gpus):
        return [{"num_gpus": 1, "num_cpus": 1}] * gpus
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    return [{"num_cpus": resources["CPU"], "resources": _only_there(resources)} for resources in nodes]


def _only_there(resources: dict[str, float]) -> dict[str, float]:
    node = next(name for name in resources if name.startswith("node:") and "__internal" not in name)
    return {node: 0.001}
