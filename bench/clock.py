"""True clocks: compile, first call and rounds timed apart, every output waited for."""

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from solvers import Inputs, Solution

Call = Callable[[Inputs], Solution]
Run = tuple[Call, Inputs]
"""A compiled program and what it is called with."""


class Compiled(NamedTuple):
    """A program compiled ahead of time, and what that took."""

    call: Call
    lower_s: float
    compile_s: float
    device_bytes: int
    """Arguments, results and temporaries, as the compiler has laid them out."""

    def times(self) -> dict[str, float]:
        """The columns of the row."""
        return {"lower_s": self.lower_s, "compile_s": self.compile_s}


def compile_host(build: Callable[[], Call]) -> Compiled:
    """What runs on the host compiles what it needs while it is built."""
    start = time.perf_counter()
    call = build()
    return Compiled(call, 0.0, time.perf_counter() - start, 0)


class UnfinishedWork(TypeError):
    """A solver returned something the clock cannot wait for."""


class CompiledWhileTimed(RuntimeError):
    """A compilation happened inside a timed round."""


def compile_program(program: Call, inputs: Inputs, options: dict[str, Any] | None = None) -> Compiled:
    """Traces and compiles `program` for inputs of these shapes, with options for the compiler; runs nothing."""
    start = time.perf_counter()
    lowered = jax.jit(program, compiler_options=options).lower(inputs)
    lowered_at = time.perf_counter()
    compiled = lowered.compile()
    end = time.perf_counter()
    return Compiled(compiled, lowered_at - start, end - lowered_at, _bytes_of(compiled))


def timed(call: Call, inputs: Inputs) -> tuple[Solution, float]:
    """One call, from the dispatch until every output is there, in seconds."""
    start = time.perf_counter()
    solution = call(inputs)
    finished = jax.block_until_ready(solution)
    end = time.perf_counter()
    for leaf in jax.tree.leaves(finished):
        if not isinstance(leaf, jax.Array | np.ndarray):
            # Anything else may hide work that block_until_ready cannot see.
            raise UnfinishedWork(
                f"a solver must return arrays, got {type(leaf).__name__}: its work cannot be waited for"
            )
    return finished, end - start


def rounds(runs: Sequence[Run], *, at_least: int, timed_s: float) -> list[list[float]]:
    """Durations in seconds per run, taken in turns, so that what disturbs the machine disturbs all that are compared.

    `at_least` of each or more, until the first's add up to `timed_s`; at most 100.
    """
    durations: list[list[float]] = [[] for _ in runs]
    before = _compilations()
    while len(durations[0]) < at_least or (sum(durations[0]) < timed_s and len(durations[0]) < 100):
        for taken, (call, inputs) in zip(durations, runs, strict=True):
            taken.append(timed(call, inputs)[1])
    if _compilations() != before:
        raise CompiledWhileTimed(f"{_compilations() - before} compilations inside the timed rounds")
    return durations


def _bytes_of(compiled: Any) -> int:
    analysis = compiled.memory_analysis()
    if analysis is None:
        return 0
    return analysis.argument_size_in_bytes + analysis.output_size_in_bytes + analysis.temp_size_in_bytes


_compile_events: list[str] = []


def _listen(event: str, duration_secs: float, **_: Any) -> None:
    del duration_secs
    if event.endswith("backend_compile_duration"):
        _compile_events.append(event)


jax.monitoring.register_event_duration_secs_listener(_listen)


def _compilations() -> int:
    return len(_compile_events)
