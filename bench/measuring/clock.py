"""True clocks: compile, first call and rounds timed apart, every output waited for."""

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from solvers import Inputs, Solution
from solvers.transforms.version import compile_lowered

Call = Callable[[Inputs], Solution]
_Run = tuple[Call, Inputs]
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
    compiled = compile_lowered(lowered)
    end = time.perf_counter()
    return Compiled(compiled, lowered_at - start, end - lowered_at, _bytes_of(compiled))


def timed(call: Call, inputs: Inputs) -> tuple[Solution, float]:
    """One call, from the dispatch until its ends are there and nobody can change them, in seconds.

    What a program that we have compiled hands back is immutable, and there when it is waited for. Anything else may be
    a buffer that somebody still writes to: the clock stops when a copy of it has been made.

    Raises:
        UnfinishedWork: something else than arrays of numbers.
    """
    start = time.perf_counter()
    solution = jax.block_until_ready(call(inputs))
    if not isinstance(call, jax.stages.Compiled):
        solution = jax.tree.map(_copied, solution)
    end = time.perf_counter()
    for leaf in jax.tree.leaves(solution):
        if not isinstance(leaf, jax.Array | np.ndarray) or leaf.dtype.kind == "O":
            # Anything else may hide work that block_until_ready cannot see.
            what = "objects in an array" if isinstance(leaf, np.ndarray) else type(leaf).__name__
            raise UnfinishedWork(f"a solver must return arrays, got {what}: its work cannot be waited for")
    return solution, end - start


def _copied(leaf: Any) -> Any:
    return np.array(leaf) if isinstance(leaf, jax.Array | np.ndarray) else leaf


def rounds(
    runs: Sequence[_Run],
    *,
    at_least: int,
    timed_s: float,
    filled_s: float = 0.05,
    told: Callable[[int, Solution], None] = lambda *_: None,
) -> list[list[float]]:
    """Durations in seconds per run, taken in turns, so that what disturbs the machine disturbs all that are compared.

    Args:
        runs: what is compared.
        at_least: so many rounds are made in any case.
        timed_s: after so many seconds for each run no round is added, nor after 500 rounds, nor when the rounds of each
            tell its median to 5 %.
        filled_s: so many seconds they take for that, so that the shortest calls get many.
        told: called with the number of a run and its ends, after every round.
    """
    durations: list[list[float]] = [[] for _ in runs]
    before, began, next_look = _compilations(), time.perf_counter(), at_least
    while True:
        for number, (call, inputs) in enumerate(runs):
            solution, seconds = timed(call, inputs)
            durations[number].append(seconds)
            told(number, solution)
        count, spent_s = len(durations[0]), time.perf_counter() - began
        if count >= at_least and (count >= _MOST or spent_s >= timed_s * len(runs)):
            break
        if count >= next_look:
            next_look = count + 1 + count // 4
            if all(sum(taken) >= filled_s and settled(taken) for taken in durations):
                break
    if _compilations() != before:
        raise CompiledWhileTimed(f"{_compilations() - before} compilations inside the timed rounds")
    return durations


_MOST, _WITHIN = 500, 0.05


def settled(durations: Sequence[float]) -> bool:
    """Does the median's interval of 95 %, from order statistics, lie within 5 % of it? Never with fewer than six."""
    ordered = np.sort(durations)
    # How many durations lie below the true median is binomial: Conover 1999, section 3.2, by the normal approximation.
    below = int(np.floor(len(ordered) / 2 - 0.98 * np.sqrt(len(ordered))))
    if len(ordered) < _FEWEST:
        return False
    median, low, high = np.median(ordered), ordered[below], ordered[-1 - below]
    return bool(max(high - median, median - low) <= _WITHIN * median)


_FEWEST = 6
"""The smallest and the largest of so many enclose the median with 97 %; of five with 94 %."""


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
