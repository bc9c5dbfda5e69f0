"""The worker's side: a spawned process that owns the device and measures the cells it is sent.

Messages to the parent: ("ready", provenance) or ("no device", message) once; then per cell ("compiled", None) and
at last ("ok", Measurement), or a Failure with "unsupported", "too large", "oom", "error" or "broken": the device's
runtime failed, and may fail from now on.
"""

import os
import signal
import sysconfig
import threading
import traceback
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple


class Failure(NamedTuple):
    """Why a cell has no figures: a line for the row, and where it was an exception the whole of it."""

    detail: str
    traceback: str | None = None


def serve(pipe: Connection, device: str, log: Path, modules: tuple[str, ...], group: Any) -> None:
    """Measures cells until the pipe is closed. What is printed goes to `log`: a crash leaves its last words.

    `modules` are the plug-ins that were asked for, `group` the processes that it measures together with, or None.
    """
    for number in (signal.SIGINT, signal.SIGHUP):  # what a terminal sends to all is the parent's business
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_die_with_the_parent, daemon=True).start()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    # OpenBLAS's own threads cost more than they bring on the small systems of a batch (30 % at n = 50).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # JAX is imported here, after the log is in place and never in the parent's name.
    import jax

    from bench.ending import NoDevice
    from bench.machine import gpu
    from bench.machine.device import configure, device_facts
    from bench.machine.lock import InUse
    from problems import plugins as problem_plugins
    from solvers import plugins as solver_plugins

    try:
        # Before JAX takes hold of them and their memory; CUDA's order of the cards is made the driver's.
        os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
        locks = gpu.lock_cards() if device != "cpu" else gpu.Locks(())
        configure(device, group)
        if jax.default_backend() != "gpu":
            locks.close()
        problem_plugins.load_problems(modules)
        solver_plugins.load_solvers(modules)
        pipe.send(("ready", device_facts()))
    except NoDevice as reason:
        pipe.send(("no device", str(reason)))
        return
    except InUse as held:
        pipe.send(("no device", f"{held}; wait for it, or choose another by CUDA_VISIBLE_DEVICES"))
        return
    while True:
        try:
            cell = pipe.recv()
        except EOFError:
            return
        pipe.send(answer(cell, lambda: pipe.send(("compiled", None))))


def answer(cell: Any, compiled: Any) -> tuple[str, Any]:
    """Measures one cell; whatever goes wrong becomes a kind of answer and a Failure."""
    from bench.measuring.measure import TooLarge, Unsupported, measure

    try:
        return "ok", measure(cell, compiled)
    except Unsupported as reason:
        return "unsupported", Failure(str(reason))
    except TooLarge as reason:
        return "too large", Failure(str(reason))
    except Exception as failure:
        return _kind(failure), Failure(_summary(failure), traceback.format_exc())


def _die_with_the_parent() -> None:
    """A worker whose parent was killed would hold the device until its cell ends, which may be never."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _kind(failure: Exception) -> str:
    from jax.errors import JaxRuntimeError

    if isinstance(failure, MemoryError) or any(word in str(failure) for word in _OUT_OF_MEMORY):
        return "oom"
    return "broken" if isinstance(failure, JaxRuntimeError) else "error"


_OUT_OF_MEMORY = ("RESOURCE_EXHAUSTED", "MemoryError", "CUDA_ERROR_OUT_OF_MEMORY")


def _summary(failure: Exception) -> str:
    """One line: what XLA passes on from Python begins with a traceback, and says what happened in its last line."""
    first, *others = f"{type(failure).__name__}: {failure}".strip().splitlines()
    said = f"{first} {others[-1].strip()}" if others and "Traceback" in first else first
    return f"{said} ({place})" if (place := _place(failure)) else said


def _place(failure: Exception) -> str | None:
    """File and line of the innermost call in code that is neither the suite's nor of an installed package."""
    suite = Path(__file__).parents[2]
    ours = tuple(str(suite / room) for room in ("bench", "problems", "results", "solvers"))
    frames = reversed(traceback.extract_tb(failure.__traceback__))
    theirs = (frame for frame in frames if not frame.filename.startswith((*ours, "<")) and not _installed(frame))
    return next((f"{frame.filename}:{frame.lineno}" for frame in theirs), None)


def _installed(frame: traceback.FrameSummary) -> bool:
    return "site-packages" in frame.filename or frame.filename.startswith(sysconfig.get_path("stdlib"))
