"""`zerograd gpu-check`: is the GPU right, and how fast is it? Within a given time; each result is written at once.

First whether the fused kernel and the loop end where the CPU does, then races in turns against the peers, a batch of
1e8 starts, how the kernel's blocks are best cut, the rounding of the elementary functions, and the device's peaks.
"""

import json
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bench.ending import UsageError
from bench.machine.device import configure
from bench.measuring import clock
from bench.measuring.program import Program, prepare
from bench.measuring.referee import referee
from bench.measuring.roofline import memory_bandwidth, peak_flops
from bench.plan.matrix import GTOL
from bench.running.gpu_races import Case, alone, cut, race
from problems import get
from solvers import Solution, compiler_options, find, program
from solvers.engine.blocks import Blocks
from solvers.engine.schedule import loop_schedule
from solvers.transforms.target import made_for

_Row = dict[str, Any]
_DTYPES = ("float64", "float32")


_NEWTON = (
    *("rosenbrock-n2", "himmelblau", "rastrigin-n2", "xlogx-sqrt", "muller-brown", "styblinski-tang-n5"),
    *("rosenbrock-n10", "mgh-helical-valley", "mgh-wood", "nist-rat42-s2", "nist-longley", "nist-thurber-s2"),
    *("poisson-linnerud", "weibull-proline"),
)
_SAME = (
    *(Case("newton", name) for name in _NEWTON),
    Case("gd", "rosenbrock-n2", 1e-3, 2000),
    Case("gd", "himmelblau", 1e-2, 1000),
    Case("adam", "himmelblau", 0.1, 1000),
    Case("adam", "nist-misra1a-s2", 0.01, 500),
    Case("gd-armijo", "rosenbrock-n2", 1.0, 1000),
    Case("momentum", "styblinski-tang-n5", 1e-3, 1000),
)
_RACES = (
    (Case("newton", "rosenbrock-n2"), ("optimistix-newton-dense", "optimistix-newton", "plain-newton")),
    (Case("gd", "rosenbrock-n2", 1e-3, 5000), ("plain-gd", "jaxopt-gd")),
    (Case("newton", "nist-rat42-s2"), ("optimistix-newton-dense", "plain-newton")),
    (Case("newton", "rosenbrock-n10"), ("optimistix-newton-dense", "optimistix-newton", "plain-newton")),
    (Case("newton", "styblinski-tang-n5"), ("optimistix-newton-dense", "plain-newton")),
    (Case("adam", "himmelblau", 0.1, 1000), ("optax-adam",)),
    (Case("gd", "rosenbrock-n10", 1e-3, 5000), ("plain-gd",)),
)
_BATCHES, HUGE = (1_000_000, 10_000), 100_000_000
BLOCKS = (
    *(Blocks(32, 1), Blocks(64, 1), Blocks(64, 2), Blocks(128, 4)),
    *(Blocks(32, 1, 132 * k) for k in (8, 16, 32)),
)


class Check:
    """Rows as they are made, within a time."""

    def __init__(self, out: Path, seconds: float, smallest: bool) -> None:
        self._end, self._out, self.smallest = time.monotonic() + seconds, out, smallest
        out.mkdir(parents=True, exist_ok=True)

    def left(self) -> float:
        """Seconds."""
        return self._end - time.monotonic()

    def kept(self, make: Callable[[], _Row], **known: Any) -> str:
        """Makes a row and writes it down; what fails is a row, too."""
        began = time.monotonic()
        try:
            row = known | make()
        except Exception as failure:
            row = known | {"error": f"{type(failure).__name__}: {str(failure).strip()[:300]}"}
        row |= {"took_s": round(time.monotonic() - began, 1)}
        with (self._out / "gpu-check.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")
        return "  ".join(f"{name}={_shown(value)}" for name, value in row.items())


def run(words: Namespace) -> Iterator[str]:
    """Makes the check, and says what each part found."""
    parts = tuple(filter(None, map(str.strip, words.only.split(","))))
    if unknown := [part for part in parts if part not in PARTS]:
        raise UsageError(f'--only "{unknown[0]}" is not known; there are: {", ".join(PARTS)}')
    configure("cpu" if words.smallest else "gpu")
    return check(words.out, words.seconds, parts, words.smallest)


def check(out: Path, seconds: float = 540.0, parts: tuple[str, ...] = (), smallest: bool = False) -> Iterator[str]:
    """Lines to print.

    Args:
        out: folder for gpu-check.jsonl, one object a line.
        seconds: nothing is begun when they are nearly over.
        parts: names of `PARTS`; all by default.
        smallest: try the check itself with tiny sizes; its times mean nothing.
    """
    state = Check(out, seconds, smallest)
    for name in parts or tuple(PARTS):
        yield from PARTS[name](state)


def _device(state: Check) -> Iterator[str]:
    yield state.kept(_facts, part="device")
    for dtype in _DTYPES:
        yield state.kept(partial(_peak, dtype), part="device", dtype=dtype)


def _facts() -> _Row:
    call = jax.jit(lambda x: x + 1).lower(jnp.zeros(1024)).compile()
    spent = sorted(clock.timed(call, jnp.zeros(1024))[1] for _ in range(50))  # type: ignore[arg-type]
    kind, version = jax.devices()[0].device_kind, jax.__version__
    return {"device": kind, "jax": version, "bytes_per_s": memory_bandwidth(1), "empty_call_s": spent[len(spent) // 2]}


def _peak(dtype: str) -> _Row:
    return {"peak_flops_per_s": peak_flops(dtype, 1)}


def _equal(state: Check) -> Iterator[str]:
    batch = 64 if state.smallest else 20_000
    for dtype in _DTYPES:
        for case in _SAME[:2] if state.smallest else _SAME:
            if state.left() > 30:
                reference = _Reference(case, batch, dtype)
                for executor in ("fused", "loop"):
                    yield state.kept(partial(reference.against, executor), part="equal", case=case.name, dtype=dtype)


class _Reference:
    """The loop on the CPU, and its ends."""

    def __init__(self, case: Case, batch: int, dtype: str) -> None:
        self.case, self.batch, self.dtype = case, batch, dtype
        self.judge = referee(get(case.problem))
        self._ends: Solution | None = None
        self._kernel: Solution | None = None

    def _of(self, own: Program) -> Solution:
        """Ends of the same inputs on the CPU."""
        if self._ends is None:
            problem, cpu = own.problem, jax.local_devices(backend="cpu")[0]
            with made_for("cpu"):
                schedule = loop_schedule(own.method, problem, self.batch, 1, "the reference")
                inputs = jax.device_put(own.host._replace(rates=np.full_like(own.host.rates, self.case.rate)), cpu)
                run = jax.jit(program(own.solver, problem, schedule), compiler_options=compiler_options())
                self._ends = jax.tree.map(np.asarray, run(inputs))
        return self._ends

    def against(self, executor: str) -> _Row:
        """How many lanes agree with the CPU's, and with those of the executor that was first."""
        own = prepare(self.case.cell(self.batch, self.dtype, executor), find(self.case.solver), self.judge, 1)
        solution, first_s = clock.timed(own.call, own.inputs(self.case.rate))
        ours, theirs = jax.tree.map(np.asarray, solution), self._of(own)
        self._kernel = self._kernel or ours
        stationary = self.judge.judge(ours.x.T, GTOL[self.dtype], self.dtype).stationary[ours.status == 0]
        near = np.isclose(ours.x, theirs.x, rtol=1e-3, atol=1e-6, equal_nan=True).all(axis=0)
        return {
            "schedule": own.schedule.text,
            "same_status": float(np.mean(ours.status == theirs.status)),
            "same_steps": float(np.mean(ours.steps == theirs.steps)),
            "same_x": _same(ours.x, theirs.x),
            "near_x": float(np.mean(near)),
            "converged": float(np.mean(ours.status == 0)),
            "converged_cpu": float(np.mean(theirs.status == 0)),
            "converged_stationary": float(np.mean(stationary)) if stationary.size else None,
            "same_x_as_first": _same(ours.x, self._kernel.x),
            "first_call_s": first_s,
            **own.compiled.times(),
        }


def _same(a: np.ndarray, b: np.ndarray) -> float:
    """The share of lanes whose numbers are equal bit by bit, whatever the sign of a zero."""
    return float(np.mean(((a == b) | (np.isnan(a) & np.isnan(b))).all(axis=0)))


def _races(state: Check) -> Iterator[str]:
    for batch in (256,) if state.smallest else _BATCHES:
        for dtype in _DTYPES:
            for case, peers in _RACES[:1] if state.smallest else _RACES:
                if state.left() > 40:
                    known = {"part": "race", "case": case.name, "dtype": dtype, "batch": batch}
                    for solver, make in race(case, peers, batch, dtype):
                        yield state.kept(make, **known, solver=solver)


def _huge(state: Check) -> Iterator[str]:
    batch = 1024 if state.smallest else HUGE
    for dtype in _DTYPES:
        for case in (Case("newton", "rosenbrock-n2"), Case("gd", "himmelblau", 1e-2, 1000)):
            if state.left() > 40:
                known = {"part": "huge", "case": case.name, "dtype": dtype, "batch": batch}
                yield state.kept(partial(alone, case, batch, dtype), **known)


def _blocks(state: Check) -> Iterator[str]:
    batch = 256 if state.smallest else 1_000_000
    cases = [case for case, _ in _RACES] + [Case("newton", "rastrigin-n2"), Case("newton", "himmelblau")]
    for dtype in _DTYPES:
        for case in cases[:1] if state.smallest else cases:
            for blocks in BLOCKS[:2] if state.smallest else BLOCKS:
                if state.left() > 20:
                    known = {"part": "blocks", "case": case.name, "dtype": dtype, "blocks": tuple(blocks)}
                    yield state.kept(partial(cut, case, blocks, dtype, batch), **known)


def _rounding(state: Check) -> Iterator[str]:
    """Errors of XLA's functions in units of the last place of float64, against the host's 64-bit mantissas."""
    for name, bounds in FUNCTIONS.items():
        make = partial(_ulps, name, *bounds, count=1000 if state.smallest else 2_000_000)
        yield state.kept(make, part="rounding", function=name)


FUNCTIONS = {
    **{"exp": (-700.0, 700.0), "expm1": (-30.0, 700.0), "log": (1e-300, 1e300), "log1p": (-0.999, 1e9)},
    **{"sin": (-100.0, 100.0), "cos": (-100.0, 100.0), "tan": (-1.5, 1.5), "tanh": (-20.0, 20.0)},
    **{"sqrt": (0.0, 1e300), "arcsin": (-1.0, 1.0), "arccos": (-1.0, 1.0), "arctan": (-1e3, 1e3)},
    **{"sinh": (-700.0, 700.0), "cosh": (-700.0, 700.0), "cbrt": (-1e9, 1e9), "reciprocal": (1e-300, 1e300)},
}


def _ulps(name: str, low: float, high: float, count: int) -> _Row:
    generator = np.random.default_rng(0)
    x = generator.uniform(low, high, count)
    if low > 0 and high / low > 1e9:
        x = np.exp(generator.uniform(np.log(low), np.log(high), count))
    ours = np.asarray(jax.jit(getattr(jnp, name))(x))
    true = getattr(np, name)(x.astype(np.longdouble))
    off = np.abs((ours.astype(np.longdouble) - true) / np.spacing(np.abs(true.astype(float))).astype(np.longdouble))
    return {"most_ulps": float(np.nanmax(off)), "at": float(x[np.nanargmax(off)]), "points": count}


PARTS: dict[str, Callable[[Check], Iterator[str]]] = {
    "device": _device,
    "equal": _equal,
    "races": _races,
    "huge": _huge,
    "blocks": _blocks,
    "rounding": _rounding,
}


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
