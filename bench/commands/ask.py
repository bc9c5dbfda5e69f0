"""The verb that is asked about a loss: what is wrong with it, who solves it, and with which lines."""

import ast
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import results
from bench.asking import ask, recipes
from bench.asking.question import Reply
from bench.ending import UsageError, usage
from bench.plan.options import resolve
from problems import Problem, UnknownName, get
from problems.frames import columns_of
from problems.plugins import module_of
from results.terminal.summary import render
from results.text import forgiving


def run(words: Namespace) -> Iterator[str]:
    """Prints what the doctor sees as it sees it, then the race, the verdict and the lines to paste."""
    options = resolve({"plugin": words.plugin, "solvers": words.solvers}, Path.cwd())
    solvers = options.solvers if words.solvers else None
    out = forgiving(sys.stdout)

    def tell(line: str) -> None:
        print(line, file=out, flush=True)

    loss, module = _loss(words.what)
    start, lower, upper = (_value(text, module) for text in (words.start, words.lower, words.upper))
    given = {name: corner for name, corner in (("lower", lower), ("upper", upper)) if corner is not None}
    data = usage(lambda: columns_of(words.data)) if words.data else None
    reply = ask(
        loss,
        start,
        data,
        seconds=words.seconds,
        solvers=solvers,
        called=words.what if module else None,
        tell=tell,
        **given,
    )
    return _answered(reply)


def _answered(reply: Reply) -> Iterator[str]:
    if reply.rows:
        render(reply.frame, results.console(sys.stdout))
        yield ""
    yield from reply.verdict
    if reply.code and reply.proof:
        who = recipes.RELATIVES.get(reply.done_by or "", reply.done_by)
        yield ""
        kind = _KINDS.get(reply.proof.kind, reply.proof.kind)
        yield f"To paste, by {who}. Run here from the start: f = {reply.proof.f:.10g}, a {kind}."
        yield ""
        yield from (f"    {line}" for line in reply.code.splitlines())
    elif reply.rows:
        yield "no lines to paste: none that were tried ended on a minimum from the start"


_KINDS = {"singular": "degenerate point: the Hessian is singular there"}


def _loss(what: str) -> tuple[Any, Any]:
    """The function or Problem, and the module it is in; of a problem's name the name, and None."""
    where, _, name = what.rpartition(":")
    if not where:
        try:
            get(what)
        except UnknownName as unknown:
            raise UsageError(f"{unknown}; a loss of your own is MODULE:FUNCTION or FILE.py:FUNCTION") from None
        return what, None
    try:
        module = module_of(where)
    except Exception as failure:  # whatever a stranger's module raises
        raise UsageError(f"{where} cannot be loaded ({type(failure).__name__}: {failure})") from None
    if not hasattr(module, name):
        there = ", ".join(key for key, value in vars(module).items() if callable(value) and not key.startswith("_"))
        raise UsageError(f'{where} has no "{name}"; it has: {there}')
    found = getattr(module, name)
    return (found() if isinstance(found, FunctionType) and _makes_a_problem(found) else found), module


def _makes_a_problem(found: Any) -> bool:
    """Is it a function () -> Problem, as its annotation says?"""
    return found.__annotations__.get("return") in (Problem, "Problem")


def _value(text: str | None, module: Any) -> Any:
    """1,2 as a list, a Python literal, or what is called so in the module."""
    if text is None:
        return None
    if text.isidentifier():
        if hasattr(module, text):
            return getattr(module, text)
        raise UsageError(f'there is no start "{text}" in the module; give numbers, 1,2, or a literal, {{"a": 1.0}}')
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise UsageError(f'"{text}" is not understood; give numbers, 1,2, or a Python literal, {{"a": 1.0}}') from None
    return list(value) if isinstance(value, tuple) else value
