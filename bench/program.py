"""A cell's solver made ready to run: its inputs on the host, and the compiled program they go into."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from bench import clock
from bench.cell import Cell
from bench.referee import Referee, around
from bench.starts import TUNING, draw
from problems import Problem
from solvers import (
    Budget,
    Inputs,
    Layout,
    Solution,
    Solver,
    compiler_options,
    devices_for,
    form_for,
    place,
    program,
    width_for,
    workspace,
)


@dataclass(frozen=True)
class Program:
    """A solver compiled for a cell."""

    solver: Solver
    compiled: clock.Compiled
    host: Inputs
    """NumPy arrays; the starts of the cell, every step size 1."""
    layout: Layout
    lanes_run: int
    waves: int | None
    """How often a device is filled with lanes; None for what has no lanes in flight."""

    @property
    def call(self) -> clock.Call:
        """The compiled program."""
        return self.compiled.call

    def inputs(self, rate: float = 1.0) -> Inputs:
        """The inputs on the device, with one step size for all lanes."""
        return self.put(self.host._replace(rates=np.full_like(self.host.rates, rate)))

    def put(self, inputs: Inputs) -> Inputs:
        """Inputs where the program wants them; what runs on the host wants them there."""
        return inputs if self.solver.host else place(inputs, self.layout.devices)

    def lanes(self, solution: Solution, count: int | None = None) -> Solution:
        """The lanes of a solution in the order of the starts: all, or the first `count`."""
        x, *by_lane = solution
        at = self.layout.places(self.lanes_run if count is None else count)
        return Solution(x[:, at], *jax.tree.map(lambda leaf: leaf[at], by_lane))


def prepare(cell: Cell, solver: Solver, judge: Referee, devices: int | None = None) -> Program:
    """Compiles the solver for the cell's shapes, for `devices`, or as many as are worth it; runs nothing."""
    problem, max_steps = judge.problem, cell.max_steps or 0
    layout, width = _layout(solver, problem, cell, devices)
    host = _inputs(cell, solver, judge, layout)
    if solver.host is not None:
        built = clock.compile_host(lambda: solver.host(problem, max_steps, host))  # type: ignore[misc]
    elif solver.peer is not None:
        peer = solver.peer
        built = clock.compile_program(lambda inputs: peer(problem, max_steps, inputs), place(host, 1))
    else:
        own = program(solver, problem, width, layout.devices)
        built = clock.compile_program(own, place(host, layout.devices), compiler_options())
    waves = -(-cell.batch // (width * layout.devices)) if solver.iterative else None
    return Program(solver, built, host, layout, cell.batch, waves)


def grid_lanes(solver: Solver, n: int) -> int:
    """Lanes of the tuning run: the whole grid times 1 to 8 starts, fewer where a start is dear."""
    return len(solver.rates) * int(np.clip(256 // n, 1, 8))


def with_grid(solver: Solver, program: Program, starts: np.ndarray, max_steps: int) -> Inputs:
    """The program's inputs with the whole grid of step sizes as one batch: every start [n, s] with every step size."""
    lanes, layout = len(solver.rates) * starts.shape[1], program.layout
    queue, rates = np.zeros_like(program.host.starts), np.ones_like(program.host.rates)
    queue[:, layout.places(lanes)] = np.tile(starts, len(solver.rates))
    rates[layout.places(lanes)] = np.repeat(solver.rates, starts.shape[1])
    budget = program.host.budget._replace(max_steps=np.int32(max_steps))
    return program.host._replace(starts=queue, rates=rates, wanted=layout.wanted(lanes), budget=budget)


def tuning_starts(solver: Solver, judge: Referee, seed: int) -> np.ndarray:
    """Starts [n, s] of the tuning run, none of them one of the cell's."""
    return draw(judge.problem, grid_lanes(solver, judge.problem.dim) // len(solver.rates), seed, TUNING)


def _layout(solver: Solver, problem: Problem, cell: Cell, devices: int | None) -> tuple[Layout, int]:
    """Who runs which lane, and how many fly at once. There is room for the tuning run: both use one program."""
    method = solver.method_for(problem, problem.data)
    if method is None:
        return Layout(cell.batch), 1
    numbers, form = workspace(method, problem), form_for(method, problem)
    room = max(cell.batch, grid_lanes(solver, problem.dim) if solver.rates else 0)
    layout = Layout(room, devices or devices_for(numbers, cell.batch, jax.local_device_count()))
    own = -(-cell.batch // layout.devices)
    # Empty places cost what full ones do, unless all of them together are next to nothing: the tuning run waits.
    return layout, width_for(numbers, max(own, min(layout.per_device, _FREE_NUMBERS // numbers)), form)


_FREE_NUMBERS = 2**10
"""What a step may work on at no more than the cost of starting it."""


def _inputs(cell: Cell, solver: Solver, judge: Referee, layout: Layout) -> Inputs:
    problem, tolerance = judge.problem, judge.tolerance(cell.gtol, cell.dtype)
    starts = np.zeros((problem.dim, layout.capacity), cell.dtype)
    starts[:, layout.places(cell.batch)] = draw(problem, cell.batch, cell.seed)
    tolerance, centre, reach = (figure.astype(cell.dtype) for figure in (tolerance, *around(problem)))
    budget = Budget(tolerance, centre, reach, np.int32(cell.max_steps or 0), np.int32(solver.patience))
    data = jax.tree.map(lambda leaf: _in_dtype(np.asarray(leaf), cell.dtype), problem.data)
    return Inputs(starts, np.ones(layout.capacity, cell.dtype), layout.wanted(cell.batch), budget, data)


def _in_dtype(leaf: Any, dtype: str) -> Any:
    return leaf.astype(dtype) if np.issubdtype(leaf.dtype, np.floating) else leaf
