"""Programs compiled for a card that is not here: what they would do there is read off the compiler's output.

Needs the extra `cuda13-aot`: XLA's CUDA plug-in of JAX's own version, and ptxas; no card, no driver, no CUDA libraries.
This leans on parts of JAX that are not documented (topologies made from text, dumps by emitter); it stands here alone.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from bench.compiling.cards import CARDS, CardModel
from bench.compiling.launches import Launches, count
from bench.measuring.program import built_by
from problems import Problem
from problems.installing import installs
from solvers import Budget, Inputs, Iterative
from solvers.engine.schedule import Schedule, schedule_for
from solvers.transforms.target import made_for
from solvers.transforms.version import compile_lowered


class NoCompiler(RuntimeError):
    """The compiler for cards is not installed; the message says what to install."""


class Kernel(NamedTuple):
    """What ptxas says of the fused kernel."""

    registers: int
    stack: int
    """Bytes of a thread."""
    spilled: int
    """Bytes of a thread, stores and loads."""


class CompiledCell(NamedTuple):
    """A cell's program for a card."""

    schedule: Schedule
    launches: Launches
    kernel: Kernel | None
    """None for the loop, which has many."""
    bytes: int
    """Temporaries on the device."""
    lower_s: float
    compile_s: float


def prepare_process() -> None:
    """Keeps JAX from looking for a card; before anything is computed.

    Raises:
        NoCompiler: the extra is not installed, or of another version than JAX.
    """
    os.environ |= {"JAX_SKIP_CUDA_CONSTRAINTS_CHECK": "1", "JAX_PLATFORMS": "cpu"}
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_default_matmul_precision", "highest")
    try:
        found = version("jax-cuda13-plugin")
    except PackageNotFoundError:
        raise NoCompiler(f"compiling for a card needs: {installs('cuda13-aot')}") from None
    if found != jax.__version__:
        raise NoCompiler(f"jax-cuda13-plugin {found} is not of JAX {jax.__version__}; pip install both of one version")
    _ptxas()


def compile_for(
    card: CardModel, solver: Iterative, problem: Problem, dtype: str, lanes: int, max_steps: int, executor: str = "auto"
) -> CompiledCell:
    """Compiles a solver's program for the card.

    Raises:
        CannotFuse: the fused executor is asked for and cannot run this.
    """
    with made_for("gpu"), _lowering_for(card):
        schedule = schedule_for(solver.method_for(problem, problem.data), problem, dtype, lanes, 1, executor)
        inputs = _shapes(card, problem, dtype, lanes, max_steps, solver.patience)
        (lowered, lower_s), schedule = built_by(
            lambda run: _timed(jax.jit(run).lower, inputs), solver, problem, schedule
        )
    with tempfile.TemporaryDirectory() as folder, made_for("gpu"):
        options = _dumping(folder) if schedule.blocks else None
        compiled, compile_s = _timed(compile_lowered, lowered, options)
        kernel = _fused_kernel(card, Path(folder)) if schedule.blocks else None
    memory = compiled.memory_analysis()
    temporaries = 0 if memory is None else memory.temp_size_in_bytes
    return CompiledCell(schedule, count(compiled.as_text()), kernel, temporaries, lower_s, compile_s)


def _timed(call: Any, *args: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    return call(*args), time.perf_counter() - start


@cache
def _sharding(card: CardModel) -> Any:
    from jax.experimental import topologies

    topology = topologies.get_topology_desc("", "cuda", target_config=card.description(), topology="1x1x1")
    return jax.sharding.SingleDeviceSharding(topology.devices[0])


@contextmanager
def _lowering_for(card: CardModel) -> Iterator[None]:
    """Since JAX 0.11 Pallas asks for the kind of GPU while it lowers."""
    context: Any = nullcontext()
    if hasattr(jax.sharding, "AbstractDevice"):
        kind = jax.sharding.AbstractDevice(device_kind=card.kind, num_cores=None, platform="gpu")
        context = jax.sharding.use_abstract_mesh(jax.sharding.AbstractMesh((), (), abstract_device=kind))
    with context:
        yield


def _shapes(card: CardModel, problem: Problem, dtype: str, lanes: int, max_steps: int, patience: int) -> Inputs:
    def shape(array: Any) -> jax.ShapeDtypeStruct:
        own = np.asarray(array).dtype
        kind = dtype if np.issubdtype(own, np.floating) else own
        return jax.ShapeDtypeStruct(np.shape(array), kind, sharding=_sharding(card))

    n = problem.dim
    budget = Budget(*(np.zeros(n),) * 3, np.int32(max_steps), np.int32(patience))
    starts, rates = np.broadcast_to(0.0, (n, lanes)), np.broadcast_to(0.0, lanes)
    return jax.tree.map(shape, Inputs(starts, rates, np.zeros(1, np.int32), budget, problem.data))


def _dumping(folder: str) -> dict[str, Any]:
    """Compiler options that write PTX into a folder; since JAX 0.11 that has to be asked for by the emitter's name."""
    options: dict[str, Any] = {"xla_dump_to": folder}
    return options | ({"xla_dump_emitter_re": "ptx"} if jax.__version_info__ >= (0, 11) else {})


def _fused_kernel(card: CardModel, folder: Path) -> Kernel:
    """The largest of the kernels named `lanes`."""
    found = [kernel for ptx in folder.rglob("*.ptx") for name, kernel in _assembled(card, ptx) if "lanes" in name]
    if not found:
        raise NoCompiler(
            "the compiler left no code of the fused kernel to read; another version of JAX may call it otherwise"
        )
    return max(found)


def _assembled(card: CardModel, ptx: Path) -> Iterator[tuple[str, Kernel]]:
    if not ptx.stat().st_size:
        return
    command = [_ptxas(), "-v", f"-arch={card.architecture}", "-O3", str(ptx), "-o", os.devnull]
    told = subprocess.run(command, capture_output=True, text=True).stderr
    for name, text in re.findall(r"Compiling entry function '(\S+)'(.*?)(?=Compiling entry|\Z)", told, re.S):
        # A line for the kernel, and one for every function that it calls: of pow or a sine of large numbers, say.
        each = re.findall(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", text)
        stack, stores, loads = (sum(map(int, figures)) for figures in zip(*each, strict=True))
        yield name, Kernel(int(re.findall(r"Used (\d+) registers", text)[0]), stack, stores + loads)


@cache
def _ptxas() -> str:
    spec = find_spec("nvidia")
    folders = (
        [] if spec is None else [Path(folder) / "cu13" / "bin" for folder in spec.submodule_search_locations or ()]
    )
    found = next((str(f / "ptxas") for f in folders if (f / "ptxas").exists()), None) or shutil.which("ptxas")
    if found is None:
        raise NoCompiler(f"compiling for a card needs ptxas: {installs('cuda13-aot')}")
    return found


__all__ = ["CARDS", "CompiledCell", "NoCompiler", "compile_for", "prepare_process"]
