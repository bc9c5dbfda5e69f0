"""Races on a GPU: ours by either executor, and the peers, in turns on the same starts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from bench.machine.gpu import Meter
from bench.measuring import clock
from bench.measuring.program import Program, prepare
from bench.measuring.referee import referee
from bench.measuring.roofline import peak_flops
from bench.measuring.work import bill
from bench.plan.cell import Cell
from bench.plan.matrix import GTOL
from problems import get
from solvers import Solution, find
from solvers.engine.blocks import Blocks

_Row = dict[str, Any]


class Case(NamedTuple):
    """A solver on a problem."""

    solver: str
    problem: str
    rate: float = 1.0
    max_steps: int = 200

    @property
    def name(self) -> str:
        """For a row."""
        return f"{self.solver} {self.problem}"

    def cell(self, batch: int, dtype: str, executor: str = "auto") -> Cell:
        """The case as a cell."""
        own = Cell(self.problem, self.solver, batch, dtype, 0, GTOL[dtype], self.max_steps, 3, 0.0)
        return replace(own, executor=executor)


class Entrant(NamedTuple):
    """One side of a race, after its first calls."""

    own: Program
    inputs: Any
    end: Solution
    call_s: float


def race(case: Case, peers: tuple[str, ...], batch: int, dtype: str) -> Iterator[tuple[str, Callable[[], _Row]]]:
    """All in turns; who takes long for a call is timed once more, alone.

    Yields:
        The solver, and what makes its row; it raises what the solver raised.
    """
    entrants: dict[tuple[str, str], Entrant] = {}
    for solver, executor in ((case.solver, "fused"), (case.solver, "loop"), *((peer, "auto") for peer in peers)):
        try:
            entrants[solver, executor] = entered(case._replace(solver=solver), batch, dtype, executor)
        except Exception as failure:
            yield solver, partial(_fail, failure)
    quick = {key: entrant for key, entrant in entrants.items() if entrant.call_s <= _LONG_S}
    rounds = clock.rounds([(e.own.call, e.inputs) for e in quick.values()], at_least=7, timed_s=0.1) if quick else []
    samples = dict(zip(quick, rounds, strict=True))
    for key, entrant in entrants.items():
        samples.setdefault(key, [clock.timed(entrant.own.call, entrant.inputs)[1]])
    ours = min(float(np.median(samples[key])) for key in entrants if key[0] == case.solver)
    for key, entrant in entrants.items():
        yield key[0], partial(standing, entrant, samples[key], dtype, ours)


_LONG_S = 1.0


def _fail(failure: Exception) -> _Row:
    raise failure


def entered(case: Case, batch: int, dtype: str, executor: str, blocks: Blocks | None = None) -> Entrant:
    """Compiled, and called twice."""
    own = prepare(case.cell(batch, dtype, executor), find(case.solver), referee(get(case.problem)), 1, blocks)
    inputs = own.inputs(case.rate)
    clock.timed(own.call, inputs)
    return Entrant(own, inputs, *clock.timed(own.call, inputs))


def standing(entrant: Entrant, times: list[float], dtype: str, ours: float) -> _Row:
    """The row of an entrant; the referee judges its first 4096 lanes."""
    own, end, median = entrant.own, entrant.end, float(np.median(times))
    some = np.asarray(end.x[:, :4096], np.float64).T
    return {
        "schedule": own.schedule.text if own.solver.iterative else "",
        "time_median_s": median,
        "time_min_s": min(times),
        "n_rounds": len(times),
        "ratio_to_ours": median / ours,
        "stationary": float(np.mean(referee(own.problem).judge(some, GTOL[dtype], dtype).stationary)),
        **own.compiled.times(),
        **(_work(own, end, median, dtype) if own.solver.iterative else {}),
    }


def alone(case: Case, batch: int, dtype: str) -> _Row:
    """One solver, for so long that the counter of energy sees it."""
    entrant = entered(case, batch, dtype, "fused")
    meter = Meter(jax.default_backend() == "gpu")
    times = clock.rounds([(entrant.own.call, entrant.inputs)], at_least=5, timed_s=0.5, filled_s=0.5)[0]
    energy = meter.figures()
    spent = energy.get("gpu_energy_j")
    per_start = None if spent is None else spent / len(times) / batch
    return standing(entrant, times, dtype, float(np.median(times))) | energy | {"joules_per_start": per_start}


def cut(case: Case, blocks: Blocks, dtype: str, batch: int) -> _Row:
    """The fused kernel in blocks of one kind."""
    entrant = entered(case, batch, dtype, "fused", blocks)
    times = clock.rounds([(entrant.own.call, entrant.inputs)], at_least=7, timed_s=0.05)[0]
    return {"time_median_s": float(np.median(times)), "time_min_s": min(times), **entrant.own.compiled.times()}


def _work(own: Program, end: Solution, seconds: float, dtype: str) -> _Row:
    steps = np.asarray(end.steps)
    charged = bill(own.method, own.problem, own.host, own.schedule.form)
    flops = None if charged is None else charged.total(int(steps.sum(dtype=np.int64))).flops
    blocks = np.pad(steps, (0, -steps.size % 32)).reshape(-1, 32)
    return {
        "steps_mean": float(steps.mean()),
        "steps_max": int(steps.max()),
        "waste_of_32": float(blocks.max(axis=1).sum(dtype=np.int64) * 32 / max(1, steps.sum(dtype=np.int64))),
        "flops": flops,
        "roofline_frac": None if flops is None else flops / seconds / peak_flops(dtype, 1),
    }
