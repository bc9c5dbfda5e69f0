"""`zerograd compile --for CARD`: one line per cell, what its program would do on a card that is not here."""

from argparse import Namespace
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from bench.commands.arguments import COMPILED
from bench.compiling.absent import CARDS, CompiledCell, NoCompiler, compile_for, prepare_process
from bench.compiling.cards import CardModel
from bench.ending import Exit, UsageError
from bench.plan.options import Options, resolve
from problems import get
from solvers import Iterative, Solver, find
from solvers.engine.schedule import CannotFuse

_MOST_LAUNCHES = 3
"""Of a fused program: the kernel, and at most two copies."""
_HEAD = ("solver", "problem", "n", "dtype", "launches", "waits", "registers", "spilled", "warps", "compile", "how")
_WIDTHS = (16, 34, 6, 8, 9, 6, 10, 8, 8, 8, 0)


def run(words: Namespace) -> Iterator[str]:
    """Prints a line for every cell."""
    usual = {name: COMPILED[name] for name in ("solvers", "dtype", "batch")}
    given = {name: getattr(words, name) or usual.get(name) for name in COMPILED}
    return _table(words.card, resolve(given, Path.cwd()), words.strict)


def _table(name: str, options: Options, strict: bool) -> Iterator[str]:
    """The lines; a count of executors and failures last.

    Raises:
        UsageError: no such card, or no compiler for it.
        Exit: `strict`, and something does not compile, spills or launches more than a kernel and its copies.
    """
    if name not in CARDS:
        raise UsageError(f'--for "{name}" is not known; there are: {", ".join(CARDS)}')
    try:
        prepare_process()
    except NoCompiler as missing:
        raise UsageError(str(missing)) from None
    yield _line(_HEAD)
    told: dict[str, int] = {}
    for solver, problem, dtype, lanes in _cells(options):
        line, outcome = _compiled(CARDS[name], find(solver), problem, dtype, lanes, options)
        told[outcome] = told.get(outcome, 0) + 1
        yield line
    yield ", ".join(f"{count} {outcome}" for outcome, count in sorted(told.items()))
    if strict and (told.keys() & {"failed", "spilled", "launched too often"} or not told):
        raise Exit(1)


def _cells(options: Options) -> Iterator[tuple[str, str, str, int]]:
    yield from product(options.solvers, options.problems, options.dtype, options.batch or (1_000_000,))


def _compiled(card: CardModel, solver: Solver, name: str, dtype: str, lanes: int, options: Options) -> tuple[str, str]:
    problem = get(name)
    own = (solver.name, name, str(problem.dim), dtype)
    if not isinstance(solver, Iterative) or solver.supports(problem):
        return _line((*own, *[""] * 6, "not compiled here: no method of ours")), "without a program"
    lanes = max(1, min(lanes, _MOST_NUMBERS // problem.dim))
    limit = options.suite.max_steps_for(problem, solver.kind)
    try:
        done = compile_for(card, solver, problem, dtype, lanes, limit, options.executor)
    except CannotFuse as reason:
        return _line((*own, *[""] * 6, f"cannot be fused: {reason}")), "failed"
    except Exception as failure:
        return _line((*own, *[""] * 6, f"does not compile: {str(failure).strip().splitlines()[0][:100]}")), "failed"
    return _line((*own, *_figures(card, done))), _outcome(done)


_MOST_NUMBERS = 2**26
"""Lanes times n: what a card can hold of starts without a thought."""


def _figures(card: CardModel, done: CompiledCell) -> tuple[str, ...]:
    waits = done.launches.waits + sum(loop.waits for loop in done.launches.loops)
    kernel = done.kernel
    of_kernel = ("", "", "") if kernel is None else (
        str(kernel.registers), f"{kernel.spilled} B", f"{card.warps(kernel.registers)}/{card.threads // 32}"
    )  # fmt: skip
    return (
        done.launches.text.split(" ")[0],
        str(waits),
        *of_kernel,
        f"{done.lower_s + done.compile_s:.1f} s",
        _how(done),
    )


def _how(done: CompiledCell) -> str:
    loops = done.launches.text.partition(" + ")[2]
    return done.schedule.text + (f"; passes of {loops}" if loops else "")


def _outcome(done: CompiledCell) -> str:
    if done.kernel is None:
        return "by the loop"
    if done.kernel.spilled:
        return "spilled"
    return "fused" if done.launches.once <= _MOST_LAUNCHES and not done.launches.loops else "launched too often"


def _line(cells: tuple[str, ...]) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()
