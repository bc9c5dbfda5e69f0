"""A cell's solver made ready to run: its inputs on the host, and the compiled program they go into."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import jax
import numpy as np
from jaxtyping import Int

from bench.measuring import clock
from bench.measuring.referee import Referee, around
from bench.measuring.starts import TUNING, draw
from bench.plan.cell import Cell
from problems import Problem
from solvers import (
    Budget,
    Host,
    Inputs,
    Iterative,
    Layout,
    Library,
    Solution,
    Solver,
    compiler_options,
    place,
    program,
    workspace,
)
from solvers.engine.blocks import Blocks
from solvers.engine.schedule import ALONE, Schedule, plainer_schedule, schedule_for

Built = TypeVar("Built")


@dataclass(frozen=True)
class Program:
    """A solver compiled for a cell."""

    solver: Solver
    problem: Problem
    compiled: clock.Compiled
    host: Inputs
    """NumPy arrays; the starts of the cell, every step size 1."""
    layout: Layout
    schedule: Schedule
    lanes_run: int
    waves: int | None
    """How often a device is filled with lanes; None for what has no lanes."""

    @property
    def call(self) -> clock.Call:
        """The compiled program."""
        return self.compiled.call

    @property
    def method(self) -> Any:
        """The solver's method for the problem; None for what has none."""
        return self.solver.method_for(self.problem, self.host.data)

    def inputs(self, rate: float = 1.0) -> Inputs:
        """The inputs on the device, with one step size for all lanes."""
        return self.put(self.host._replace(rates=np.full_like(self.host.rates, rate)))

    def tolerant(self, judge: Referee, cell: Cell) -> "Program":
        """The same with the tolerance that stops its lanes: to know it, the referee looks at f and its derivatives."""
        tolerance = judge.tolerance(cell.gtol, cell.dtype).astype(cell.dtype)
        return replace(self, host=self.host._replace(budget=self.host.budget._replace(tolerance=tolerance)))

    def put(self, inputs: Inputs) -> Inputs:
        """Inputs where the program wants them; what runs on the host wants them there."""
        return inputs if isinstance(self.solver, Host) else place(inputs, self.layout.devices)

    def lanes(self, solution: Solution, count: int | None = None) -> Solution:
        """The lanes of a solution in the order of the starts: all, or the first `count`."""
        x, *by_lane = solution
        at = self.layout.places(self.lanes_run if count is None else count)
        return Solution(x[:, at], *jax.tree.map(lambda leaf: leaf[at], by_lane))


def prepare(
    cell: Cell,
    solver: Solver,
    judge: Referee,
    devices: int | None = None,
    blocks: Blocks | None = None,
) -> Program:
    """Compiles the solver for the cell's shapes, as `compiled_for` does, and takes its tolerance from the referee."""
    return compiled_for(cell, solver, judge.problem, devices, blocks).tolerant(judge, cell)


def compiled_for(
    cell: Cell,
    solver: Solver,
    problem: Problem,
    devices: int | None = None,
    blocks: Blocks | None = None,
) -> Program:
    """Compiles the solver for the cell's shapes; runs nothing, f neither. Its tolerance is the cell's gtol alone.

    Args:
        cell: what is measured.
        solver: its solver, or the peer that it is raced against.
        problem: the cell's.
        devices: how many are to share the lanes; None for as many as are worth it.
        blocks: of a fused kernel, instead of the schedule's.
    """
    max_steps = cell.max_steps or 0
    layout, schedule = _layout(solver, problem, cell, devices)
    schedule = schedule._replace(blocks=blocks) if blocks else schedule
    host = _inputs(cell, solver, problem, layout)
    if isinstance(solver, Host):
        built = clock.compile_host(lambda: solver.build(problem, max_steps, host))
    else:
        options = None if isinstance(solver, Library) else compiler_options()  # ours are no part of what it is
        inputs = place(host, layout.devices)
        compiled = partial(clock.compile_program, inputs=inputs, options=options)
        built, schedule = built_by(compiled, solver, problem, schedule, max_steps)
    waves = -(-cell.batch // (schedule.width * layout.devices)) if solver.iterative else None
    return Program(solver, problem, built, host, layout, schedule, cell.batch, waves)


def built_by(
    build: Callable[[Callable[[Inputs], Solution]], Built],
    solver: Solver,
    problem: Problem,
    schedule: Schedule,
    max_steps: int = 0,
) -> tuple[Built, Schedule]:
    """What `build` makes of the program, and its schedule: where a quick one fails, the next plainer one's."""
    try:
        return build(program(solver, problem, schedule, max_steps)), schedule
    except Exception as failure:
        why = str(failure).strip().split("\n")[0][:120]
        plainer = plainer_schedule(solver.method_for(problem, problem.data), problem, schedule, why)
        if plainer is None:
            raise
    return built_by(build, solver, problem, plainer, max_steps)


def grid_lanes(solver: Solver, n: int) -> int:
    """Lanes of the tuning run: the whole grid times 1 to 8 starts, fewer where a start is dear."""
    return len(solver.rates) * int(np.clip(256 // n, 1, 8))


def with_grid(
    solver: Solver, program: Program, starts: np.ndarray, max_steps: int
) -> Iterator[tuple[Inputs, Int[np.ndarray, " lanes"]]]:
    """Every step size of the grid with every start [n, s], rate by rate, in batches that the program has room for.

    Yields:
        A batch, and where its lanes stand on the lane axis.
    """
    points, rates = np.tile(starts, len(solver.rates)), np.repeat(solver.rates, starts.shape[1])
    budget = program.host.budget._replace(max_steps=np.int32(max_steps))
    for first in range(0, rates.size, program.layout.lanes):
        batch = slice(first, first + program.layout.lanes)
        at, wanted = program.layout.places(rates[batch].size), program.layout.wanted(rates[batch].size)
        own_starts, own_rates = np.zeros_like(program.host.starts), np.ones_like(program.host.rates)
        own_starts[:, at], own_rates[at] = points[:, batch], rates[batch]
        yield program.host._replace(starts=own_starts, rates=own_rates, wanted=wanted, budget=budget), at


def tuning_starts(solver: Solver, judge: Referee, seed: int) -> np.ndarray:
    """Starts [n, s] of the tuning run, none of them one of the cell's."""
    return draw(judge.problem, grid_lanes(solver, judge.problem.dim) // len(solver.rates), seed, TUNING)


def _layout(solver: Solver, problem: Problem, cell: Cell, devices: int | None) -> tuple[Layout, Schedule]:
    """Who runs which lane, and how."""
    method = solver.method_for(problem, problem.data)
    if method is None:
        return Layout(cell.batch), ALONE
    # The tuning run uses the same program. Empty places cost what full ones do, unless all are next to nothing.
    grid = grid_lanes(solver, problem.dim) if solver.rates else 0
    room = max(cell.batch, min(grid, _FREE_NUMBERS // workspace(method.bare, problem)))
    schedule = schedule_for(method, problem, cell.dtype, room, devices, cell.executor)
    return Layout(room, schedule.devices), schedule


_FREE_NUMBERS = 2**10
"""What a step may work on at no more than the cost of starting it."""


def _inputs(cell: Cell, solver: Solver, problem: Problem, layout: Layout) -> Inputs:
    tolerance = np.full(problem.dim, cell.gtol)
    patience = solver.patience if isinstance(solver, Iterative) else 0
    starts = np.zeros((problem.dim, layout.capacity), cell.dtype)
    starts[:, layout.places(cell.batch)] = draw(problem, cell.batch, cell.seed)
    tolerance, centre, reach = (figure.astype(cell.dtype) for figure in (tolerance, *around(problem)))
    budget = Budget(tolerance, centre, reach, np.int32(cell.max_steps or 0), np.int32(patience))
    data = jax.tree.map(lambda leaf: _in_dtype(np.asarray(leaf), cell.dtype), problem.data)
    key = np.array(divmod(cell.seed, 2**32), np.uint32)
    return Inputs(starts, np.ones(layout.capacity, cell.dtype), layout.wanted(cell.batch), budget, data, key)


def _in_dtype(leaf: Any, dtype: str) -> Any:
    return leaf.astype(dtype) if np.issubdtype(leaf.dtype, np.floating) else leaf
