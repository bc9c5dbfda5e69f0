"""Measures one cell: compile, tune, first call, rounds, then the referee. Runs in the process that owns the device."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from bench.machine import gpu
from bench.machine.device import free_bytes, peak_bytes
from bench.measuring import budget, clock
from bench.measuring.aims.learning import learn
from bench.measuring.aims.reach import goal_of, within_budget
from bench.measuring.figures import duel, outcome
from bench.measuring.honesty import refuse_false_samples, refuse_false_statements
from bench.measuring.program import Program, compiled_for
from bench.measuring.referee import Referee, referee
from bench.measuring.remarks import ON_EDGE, joined
from bench.measuring.roofline import peak_flops
from bench.measuring.spread import spread
from bench.measuring.tuning import Tuned, tune
from bench.measuring.untimed.milestones import Milestones, milestones
from bench.measuring.untimed.observe import observe, targets, trace
from bench.measuring.work import bill
from bench.plan.cell import Cell
from problems import NotDifferentiable, Problem, get
from solvers import CannotSolve, Host, Iterative, Solution, Solver, find
from solvers.engine.schedule import CannotFuse


class Unsupported(Exception):
    """This solver cannot run this problem here; the message says why. Becomes a row, not a failure."""


class TooLarge(Exception):
    """The compiler says that the program needs more memory than is free; nothing of it has run."""


class Measurement(NamedTuple):
    """What one cell yields."""

    figures: dict[str, Any]
    """Columns of results.csv."""
    samples: list[float]
    """Seconds of every timed round."""
    series: dict[str, list[dict[str, Any]]]
    """Rows of other tables, targets and trace, by the table's name."""


def measure(cell: Cell, compiled: Callable[[], None] = lambda: None) -> Measurement:
    """Measures `cell`; calls `compiled` when the compiler is done, since the deadline counts from there.

    Raises:
        Unsupported: predicted before anything of size runs.
        TooLarge: likewise, by the starts alone or the compiler's own account of the memory.
        FalseTruth: the problem's function contradicts its record.
    """
    if jax.process_count() > 1 and not cell.spread:
        raise Unsupported("is measured by one process alone; leave --distributed out")
    try:
        if cell.spread:
            figures = spread(cell, compiled)
            return Measurement(figures, [figures["time_median_s"]], {})
        return _measure(cell, compiled)
    except (CannotSolve, NotDifferentiable) as reason:
        raise Unsupported(str(reason)) from None
    except CannotFuse as reason:
        raise Unsupported(f"--executor fused: {reason}; leave the option out, or give --executor loop") from None


def _measure(cell: Cell, compiled: Callable[[], None]) -> Measurement:
    problem, solver = get(cell.problem), find(cell.solver)
    judge = referee(problem)
    refuse_false_statements(judge, cell.dtype)
    if cell.learning:
        return _measure_learning(cell, solver, judge, compiled)
    if cell.hunts:
        return _measure_within(cell, solver, judge, compiled)
    own = _prepare(cell, solver, judge)
    against = _prepare(cell, find(cell.peer), judge) if cell.peer else None
    compiled()
    own, against = own.tolerant(judge, cell), against and against.tolerant(judge, cell)
    _refuse_what_takes_too_long(own, cell)
    asked, (cell, own, tuned) = cell, _tuned(cell, own, judge)
    programs, rates = [own], [tuned.rate]
    if against:
        programs, rates = [own, against], [tuned.rate, _peer_rate(against, cell, judge, tuned.rate)]
    first_s, samples, calls, energy = _timed(programs, cell, rates)
    budget.refuse_too_late(cell, own, [first_s, *samples[0]])
    ends = [_judged(program, *called, judge=judge, cell=cell) for program, called in zip(programs, calls, strict=True)]
    way = _followed(own, ends[0], judge, cell, tuned.rate, first_s)
    figures = outcome(solver, problem, ends[0], judge, cell, tuned.rate, way)
    figures |= duel(ends[1], judge, cell, samples) if against else {}
    if note := ends[0].note:
        figures |= {"solver_detail": note.detail, **note.figures}
        figures["remark"] = joined(figures["remark"], ON_EDGE if note.on_edge else None)
    figures |= {
        "max_steps": cell.max_steps,
        "remark": joined(figures["remark"], budget.stopped_by_seconds(asked, cell, ends[0])),
    }
    figures |= own.compiled.times() | {"first_call_s": first_s, "tune_s": tuned.tune_s}
    figures |= energy | _statistics(samples[0], cell.batch) | _conditions(problem, judge, cell, own)
    figures |= _limit(problem, solver, own, cell, figures)
    if not cell.observe or not isinstance(solver, Iterative) or first_s >= cell.timeout_s / _OBSERVED_WITHIN:
        return Measurement(figures, samples[0], {})
    return Measurement(figures, samples[0], _series(cell, solver, judge, tuned.rate, figures))


def _tuned(cell: Cell, program: Program, judge: Referee) -> tuple[Cell, Program, Tuned]:
    """The step size, and cell and program with the step limit that its seconds allow with it, where it has some."""
    solver = program.solver
    held, limited = budget.within(cell, program, solver.default_rate)
    if len(solver.rates) < 2 or not cell.tune:
        return held, limited, Tuned(solver.default_rate, None)
    tuned = tune(held, solver, limited, judge)
    return *budget.within(cell, program, tuned.rate), tuned


def _peer_rate(against: Program, cell: Cell, judge: Referee, rate: float) -> float:
    """The step size of the peer: the solver's, or its own where it is to be tuned by itself."""
    peer = against.solver
    if not cell.peer_tuned:
        return rate
    tunes = cell.tune and len(peer.rates) > 1
    return tune(replace(cell, solver=peer.name), peer, against, judge).rate if tunes else peer.default_rate


def _measure_within(cell: Cell, solver: Solver, judge: Referee, compiled: Callable[[], None]) -> Measurement:
    """A cell with a budget: what the referee compiles and computes beforehand is no part of its deadline."""
    goal_of(judge.problem, cell.target)  # without an aim nothing need be compiled
    program = _prepare(cell, solver, judge).tolerant(judge, cell)
    compiled()
    figures, took_s = within_budget(cell, program, judge)
    return Measurement(figures | _conditions(judge.problem, judge, cell, program), [took_s], {})


def _measure_learning(cell: Cell, solver: Solver, judge: Referee, compiled: Callable[[], None]) -> Measurement:
    """Likewise, every start alone, and with rows along the way."""
    program = _prepare(replace(cell, batch=1), solver, judge).tolerant(judge, cell)
    compiled()
    learned = learn(cell, program, judge)
    figures = learned.figures | _conditions(judge.problem, judge, cell, program)
    return Measurement(figures, [learned.seconds], {"learning": learned.rows})


def _timed(
    programs: list[Program], cell: Cell, rates: list[float]
) -> tuple[float, list[list[float]], list[list[Solution]], dict[str, float | None]]:
    """Seconds of the first call, those of the rounds, and per program the ends of its first call.

    Of a host's solver also those of the last round. At last the columns that a GPU's meter tells.
    """
    runs = [(program.call, program.inputs(rate)) for program, rate in zip(programs, rates, strict=True)]
    firsts = [clock.timed(*run) for run in runs]
    ends = [[solution] for solution, _ in firsts]

    def told(number: int, solution: Solution) -> None:
        if isinstance(programs[number].solver, Host):
            ends[number][1:] = [solution]

    at_least = cell.rounds if firsts[0][1] * cell.rounds < cell.timeout_s / 60 else 1
    meter = gpu.Meter(jax.default_backend() == "gpu")
    samples = clock.rounds(runs, at_least=at_least, timed_s=cell.timed_s, told=told)
    return firsts[0][1], samples, ends, meter.figures()


def _followed(
    program: Program, ended: Solution, judge: Referee, cell: Cell, rate: float, first_s: float
) -> Milestones | None:
    """Where the lanes were on their way; None where nobody steps, or where a call takes too long to be repeated."""
    if not program.solver.iterative or first_s > cell.timeout_s / _FOLLOWED_WITHIN:
        return None
    return milestones(program, judge, cell.dtype, rate, int(ended.steps.max()))


_FOLLOWED_WITHIN = 60
"""To follow the lanes takes about six calls' time."""
_OBSERVED_WITHIN = 10
"""A cell is not observed when its first call took more than such a part of the deadline."""


def _series(
    cell: Cell, solver: Iterative, judge: Referee, rate: float, figures: dict[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    ways = observe(cell, solver, judge, rate)
    seconds_per_step = figures["time_median_s"] / max(1, figures["steps_sum"])
    lowest = judge.problem.truth.minimum
    return {"targets": targets(ways), "trace": trace(ways, lowest, cell.max_steps or 0, seconds_per_step)}


def _prepare(cell: Cell, solver: Solver, judge: Referee) -> Program:
    if reason := solver.supports(judge.problem):
        raise Unsupported(reason)
    if isinstance(solver, Iterative) and solver.method.noisy:
        refuse_false_samples(judge)
    if isinstance(solver, Host) and solver.most_lanes is not None and cell.batch > solver.most_lanes:
        raise Unsupported(f"loops over starts on the host; give a --batch of at most {solver.most_lanes}")
    starts = judge.problem.dim * cell.batch * np.dtype(cell.dtype).itemsize
    _refuse_what_does_not_fit(2 * starts)  # the starts and the ends; drawing what does not fit could end the process
    program = compiled_for(cell, solver, judge.problem)
    _refuse_what_does_not_fit(program.compiled.device_bytes * program.layout.devices)
    return program


def _refuse_what_does_not_fit(needed: int) -> None:
    if (free := free_bytes()) is not None and needed > free:
        raise TooLarge(
            f"predicted: needs {needed / 2**30:.1f} GiB of memory, {free / 2**30:.1f} GiB are free; use a smaller batch"
        )


def _refuse_what_takes_too_long(program: Program, cell: Cell) -> None:
    """Of a large problem a single step is timed first: a lane that needs a few of them tells how long a call takes."""
    if program.waves is None or program.host.starts.shape[0] < _LARGE or cell.max_steps is None:
        return
    one_step = program.inputs()
    limits = one_step.budget._replace(max_steps=np.int32(1))
    one_step = one_step._replace(wanted=np.minimum(one_step.wanted, 1), budget=limits)
    step_s = clock.timed(program.call, one_step)[1]
    fewest = min(cell.max_steps, _FEWEST_STEPS)
    if (needed := step_s * fewest * program.waves * 2) > cell.timeout_s:
        raise Unsupported(
            f"a step takes {step_s:.2g} s, so two calls of {program.waves} x {fewest} steps take {needed:.0f} s or "
            f"more; the deadline is {cell.timeout_s:g} s"
        )


_LARGE = 1000
_FEWEST_STEPS = 20
"""A solve of a large problem that needs fewer is an exception."""


def _judged(program: Program, first: Solution, *last: Solution, judge: Referee, cell: Cell) -> Solution:
    """The ends that are judged: of the first call, or of the last round where a host's solver reached less there.

    It may do in the first call what it leaves undone in the timed ones.
    """
    others = [end for end in last if not np.array_equal(first.x, end.x, equal_nan=True)]
    told = [_landed(program, end) for end in (first, *others)]
    return min(told, key=partial(_reached, judge, cell)) if others else told[0]


def _reached(judge: Referee, cell: Cell, end: Solution) -> int:
    return int(judge.judge(end.x.T, cell.gtol, cell.dtype).stationary.sum()) if end.x.size else 0


def _landed(program: Program, solution: Solution) -> Solution:
    """The cell's lanes in their order; what returns points has none, they are returned as they are."""
    host = jax.tree.map(np.asarray, solution)
    return host if program.solver.returns_points else program.lanes(host)


def _conditions(problem: Problem, judge: Referee, cell: Cell, program: Program) -> dict[str, Any]:
    return {
        "gtol_effective": float(judge.tolerance(cell.gtol, cell.dtype).max()),
        "device_count": program.layout.devices,
        "solver_schedule": program.schedule.text if program.solver.iterative else None,
        "program_bytes": program.compiled.device_bytes * program.layout.devices or None,
        "device_peak_bytes": peak_bytes(),
    }


def _limit(problem: Problem, solver: Solver, program: Program, cell: Cell, figures: dict[str, Any]) -> dict[str, Any]:
    """How near to the device's peak the lanes' own arithmetic came."""
    method = solver.method_for(problem, program.host.data)
    charged = None if method is None else bill(method, problem, program.host, program.schedule.form)
    if charged is None or not figures["steps_sum"]:
        return {}
    work = charged.total(figures["steps_sum"])
    rate = work.flops / figures["time_median_s"]
    peak = peak_flops(cell.dtype, program.layout.devices, charged.products, seen=rate)
    if rate > peak:  # something else had the machine whenever the peak was measured: then nothing is known of it
        return work._asdict()
    return work._asdict() | {"peak_flops_per_s": peak, "roofline_frac": rate / peak}


def _statistics(samples: list[float], batch: int) -> dict[str, Any]:
    low, median, high = np.percentile(samples, [25, 50, 75])
    return {
        "time_min_s": min(samples),
        "time_median_s": float(median),
        "time_iqr_s": float(high - low),
        "n_rounds": len(samples),
        "starts_per_s": batch / float(median),
    }
