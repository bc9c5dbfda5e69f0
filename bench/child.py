"""The worker's side: a spawned process that owns the device and measures the cells it is sent.

Messages to the parent: ("ready", provenance) or ("no device", message) once; then per cell ("compiled", None) and
at last one of ("ok", Measurement), ("unsupported", reason), ("oom", message), ("error", message).
"""

import os
import signal
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any


def serve(pipe: Connection, device: str, log: Path, modules: tuple[str, ...]) -> None:
    """Measures cells until the pipe is closed. What is printed goes to `log`: a crash leaves its last words.

    `modules` are the plug-ins that were asked for.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    # OpenBLAS's own threads cost more than they bring on the small systems of a batch (30 % at n = 50).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # JAX is imported here, after the log is in place and never in the parent's name.
    from bench.device import NoDevice, configure, describe
    from problems import plugins as problem_plugins
    from solvers import plugins as solver_plugins

    try:
        configure(device)
        problem_plugins.load(modules)
        solver_plugins.load(modules)
        pipe.send(("ready", describe()))
    except NoDevice as reason:
        pipe.send(("no device", str(reason)))
        return
    while True:
        try:
            cell = pipe.recv()
        except EOFError:
            return
        pipe.send(answer(cell, lambda: pipe.send(("compiled", None))))


def answer(cell: Any, compiled: Any) -> tuple[str, Any]:
    """Measures one cell; whatever goes wrong becomes a status and a message."""
    from bench.measure import Unsupported, measure

    try:
        return "ok", measure(cell, compiled)
    except Unsupported as reason:
        return "unsupported", str(reason)
    except Exception as failure:
        traceback.print_exc()
        message = f"{type(failure).__name__}: {failure}".splitlines()[0]
        return ("oom" if "RESOURCE_EXHAUSTED" in message or isinstance(failure, MemoryError) else "error"), message
