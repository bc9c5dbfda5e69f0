"""Two hundred cells, forty of them faulty; run by test_chaos. The calm ones are solved by knowing the answer."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from bench.plan.cell import Cell
from bench.plan.options import Options
from solvers import Host, Solution

ONLY_WHEN_ASKED = True
CALM = 160
FAULTY = {
    "fault-crash": 2, "fault-hang": 1, "fault-hang-compile": 1, "fault-oom": 2, "fault-nan": 9, "fault-slow": 8,
    "fault-raise": 9, "fault-garbage-output": 8,
}  # fmt: skip

LIMITS = {"fault-hang": {"timeout_s": 1.0}, "fault-hang-compile": {"compile_timeout_s": 1.0}}
"""Only what never ends has a deadline to wait for; the others have minutes, since the machine may be busy."""


def _knows(problem, max_steps, inputs):
    answer = problem.truth.minimisers[0]
    return lambda inputs: Solution(np.repeat(answer[:, None], inputs.starts.shape[1], axis=1), None, None)


SOLVERS = [Host("knows", "peer", "the problem's record", _knows)]


def cells(options: Options) -> Iterator[Cell]:
    """After every four calm cells a faulty one, no two neighbours alike."""
    base = Cell("himmelblau", "knows", 1, "float64", 0, 1e-8, 200, rounds=1, timed_s=0.0)
    faulty = [(name, i + 1) for i in range(max(FAULTY.values())) for name in FAULTY if i < FAULTY[name]]
    for i in range(CALM):
        yield replace(base, batch=i + 1)
        if i % 4 == 3:
            name, batch = faulty[i // 4]
            yield replace(base, problem=name, solver="scipy-lbfgsb", batch=batch, **LIMITS.get(name, {}))


def bench_chaos(cell: Cell, measured: Callable[[Cell], None]) -> None:
    """One cell."""
    measured(cell)
