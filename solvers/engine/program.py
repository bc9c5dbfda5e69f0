"""A solver and a problem made into one program: a pure function of its inputs, ready to be jitted."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float

from problems.problem import Problem
from solvers.engine import lanes
from solvers.engine.schedule import Schedule
from solvers.method import Inputs, Solution, Status
from solvers.solver import ClosedForm, Formula, Iterative, Library, Solver
from solvers.transforms.kernels.kernel_objective import kernel_objective
from solvers.transforms.scalars import scalarise


def program(solver: Solver, problem: Problem, schedule: Schedule, max_steps: int = 0) -> Callable[[Inputs], Solution]:
    """The pure function inputs -> Solution, to be compiled with `solvers.compiler_options()`.

    Args:
        solver: one that runs on a device; only an iterative one has lanes of its own on several.
        problem: what to solve.
        schedule: how; the devices are the default backend's, each with lanes of its own.
        max_steps: of a library's solver; an iterative one is told by its inputs.

    Raises:
        TypeError: the solver runs on the host.
    """
    match solver:
        case ClosedForm():
            return partial(_written_down, solver.formula, problem)
        case Library():
            return partial(solver.run, problem, max_steps)
        case Iterative():
            return _over_lanes(solver, problem, schedule)
    raise TypeError(f"{solver.name} runs on the host: `build` makes its call")


def _over_lanes(solver: Iterative, problem: Problem, schedule: Schedule) -> Callable[[Inputs], Solution]:
    run = partial(_fused if schedule.executor == "fused" else _loop, solver, problem, schedule)
    if schedule.devices == 1:
        return run
    return jax.shard_map(
        run,
        mesh=_mesh(schedule.devices),
        in_specs=(_INPUTS,),
        out_specs=Solution(_COLUMNS, _APART, _APART, _APART, _APART),
        check_vma=False,
    )


def place(inputs: Inputs, devices: int) -> Inputs:
    """Puts inputs where the program wants them: on each device its block of the lanes [n, lanes], and all the rest."""
    if devices == 1:
        return jax.device_put(inputs)
    # A prefix tree, as in_specs is one: the budget and the data are whole on every device.
    return Inputs(
        *(jax.device_put(part, NamedSharding(_mesh(devices), spec)) for part, spec in zip(inputs, _INPUTS, strict=True))
    )


_APART, _COLUMNS = PartitionSpec("lanes"), PartitionSpec(None, "lanes")
_INPUTS: Any = Inputs(_COLUMNS, _APART, _APART, *(PartitionSpec(),) * 3)  # type: ignore[arg-type]


def _mesh(devices: int) -> Mesh:
    return Mesh(np.array(jax.local_devices()[:devices]), ("lanes",))


def _fused(solver: Iterative, problem: Problem, schedule: Schedule, inputs: Inputs) -> Solution:
    method = solver.method_for(problem, inputs.data)
    objective = kernel_objective(problem.fn, problem.dim, inputs.starts.dtype, inputs.data)
    blocks: Any = schedule.blocks
    *parts, wanted = inputs.starts, inputs.rates, inputs.budget, inputs.wanted[0]
    from solvers.engine import fused  # a CPU does without: see `solvers.engine.blocks`

    return fused.solve_fused(method, objective, *parts, wanted=wanted, blocks=blocks)


def _loop(solver: Iterative, problem: Problem, schedule: Schedule, inputs: Inputs) -> Solution:
    method = solver.method_for(problem, inputs.data).for_run(inputs.key, inputs.budget)

    def fn(x: Float[Array, " n"]) -> Float[Array, ""]:
        return problem.fn(x, inputs.data)

    small: Any = scalarise(fn, problem.dim, inputs.starts.dtype) if schedule.form.scalars else None
    return lanes.solve(
        method,
        small or fn,
        inputs.starts,
        inputs.rates,
        inputs.budget,
        schedule,
        wanted=inputs.wanted[0],
    )


def _written_down(formula: Formula, problem: Problem, inputs: Inputs) -> Solution:
    points = formula(problem, inputs.data)
    zeros = jnp.zeros(len(points), jnp.int32)
    return Solution(points.T, zeros + int(Status.CONVERGED), zeros)
