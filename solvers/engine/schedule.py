"""How a batch is run: by which executor, in which form, how many lanes at once, on how many devices.

Decided here alone, from method, problem, dtype, lanes and the device that the program is made for.
"""

from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from problems.problem import Problem
from solvers.engine.blocks import Blocks
from solvers.engine.forms import BATCH_FIRST, BATCH_LAST, SCALARS, Form
from solvers.engine.pace import Pace, pace_for
from solvers.engine.sizing import bind_data, devices_for, form_for, is_expensive, width_for, workspace
from solvers.engine.tuning import GPU
from solvers.method import Method
from solvers.transforms.jaxpr import NoRule
from solvers.transforms.kernels.kernel_objective import kernel_objective
from solvers.transforms.kernels.pallas import no_kernels
from solvers.transforms.scalars import scalarise

Executor = Literal["loop", "fused"]
EXECUTORS = ("auto", "loop", "fused")


class Schedule(NamedTuple):
    """How the lanes of one device are run."""

    executor: Executor
    why: str
    """Why it is the loop, as a clause; empty for the fused kernel."""
    devices: int
    form: Form = BATCH_FIRST
    width: int = 1
    """Active lanes, at most; all for the fused kernel."""
    pace: Pace = Pace(1)
    """Of the loop; the fused kernel keeps its own."""
    blocks: Blocks | None = None
    """Of the fused kernel."""

    @property
    def text(self) -> str:
        """For the column `solver_schedule`."""
        if self.blocks is not None:
            queue = f", queue of {self.blocks.queued}" if self.blocks.queued else ""
            return f"fused: blocks of {self.blocks.lanes} lanes{queue}"
        return f"loop: {_NAMES[self.form]}, {self.width} lanes at once, {self.pace.text} ({self.why})"


_NAMES = {SCALARS: "scalars", BATCH_LAST: "columns", BATCH_FIRST: "rows"}
ALONE = Schedule("loop", "no lanes to schedule", 1)
"""Of what has no method of ours."""


class CannotFuse(ValueError):
    """The fused kernel was asked for, and cannot be had; the message says why."""


def schedule_for(
    method: Method, problem: Problem, dtype: str, lanes: int, devices: int | None = 1, executor: str = "auto"
) -> Schedule:
    """The schedule of `lanes` lanes.

    Args:
        method: the iteration. Without a record it may keep it decides all but the pace, so that a lane that is looked
            on makes the same steps.
        problem: what to solve.
        dtype: of the run.
        lanes: starts.
        devices: that share them; None for as many local ones as are worth it.
        executor: `auto`, or the one that is to be used.

    Raises:
        CannotFuse: the fused executor is asked for and cannot run this.
    """
    reason = "asked for" if executor == "loop" else why_not_fused(method, problem, dtype, lanes)
    if executor == "fused" and reason:
        raise CannotFuse(reason)
    numbers = workspace(method.bare, problem)
    devices = devices or devices_for(numbers, lanes, jax.local_device_count())
    each = -(-lanes // devices)
    if reason is None:
        return Schedule("fused", "", devices, SCALARS, each, blocks=blocks_for(each))
    return loop_schedule(method, problem, each, devices, reason)


def loop_schedule(method: Method, problem: Problem, lanes: int, devices: int, why: str) -> Schedule:
    """The loop's schedule of `lanes` lanes on each of the devices; `why` it is the loop, as a clause."""
    return _loop(method, problem, form_for(method.bare, problem), lanes, devices, why)


def _loop(method: Method, problem: Problem, form: Form, lanes: int, devices: int, why: str) -> Schedule:
    numbers, n = workspace(method.bare, problem), problem.dim
    fn: Any = bind_data(problem)
    fn = scalarise(fn, n, jnp.float32) if form.scalars else fn
    pace = pace_for(method, fn, jax.ShapeDtypeStruct((n,), jnp.float32), form, is_expensive(numbers))
    return Schedule("loop", why, devices, form, width_for(numbers, lanes, form), pace)


def plainer_schedule(method: Method | None, problem: Problem, schedule: Schedule, why: str) -> Schedule | None:
    """What asks less of function and method, where a schedule failed for the reason `why`: a loop, then one of rows.

    None if nothing is plainer. Rows do what JAX's own `vmap` does; what fails there is the function's own fault.
    """
    if method is None:
        return None
    if schedule.executor == "fused":
        return loop_schedule(method, problem, schedule.width, schedule.devices, f"no kernel: {why}")
    if schedule.form == BATCH_FIRST:
        return None
    return _loop(method, problem, BATCH_FIRST, schedule.width, schedule.devices, f"no {_NAMES[schedule.form]}: {why}")


def why_not_fused(method: Method, problem: Problem, dtype: str, lanes: int) -> str | None:
    """None if the fused kernel can run this on the device that programs are made for, else the reason as a clause."""
    if missing := no_kernels():
        return missing
    if not method.scalars or method.accounts:
        return "the method works on whole vectors"
    if lanes * problem.dim > np.iinfo(np.int32).max:
        return "more numbers than an index of 32 bits reaches"
    try:
        kernel_objective(problem.fn, problem.dim, dtype, problem.data)
    except NoRule as reason:
        return str(reason)
    return None


def blocks_for(lanes: int) -> Blocks:
    """A queue where there are many more lanes than a device holds at once, else blocks with lanes of their own."""
    resident = GPU.resident
    return Blocks(queued=resident) if lanes >= GPU.worth_a_queue * resident * Blocks().lanes else Blocks()
