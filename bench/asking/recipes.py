"""The winner in ten lines to paste, by optax, optimistix or SciPy; what they do is run before they are shown."""

import json
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PyTree

from bench.asking import pasted
from bench.asking.subject import Subject
from bench.measuring.referee import PointKind

_Row = dict[str, Any]
_MOST_SHOWN = 200
"""Characters of a start that is written out."""


class Source(NamedTuple):
    """Where the loss and its start come from."""

    lines: str
    """Python that defines `loss` and `start`, or `problem`."""
    is_problem: bool

    def as_problem(self, in_both_modes: bool) -> "Source":
        """The same as a Problem; `in_both_modes`: with the mode of differentiation that its loss lacks."""
        made = "Problem.from_loss(loss, start)"
        head = "from problems import Problem"
        if in_both_modes:
            head, made = f"{head}\nfrom problems.differentiable import differentiable", f"differentiable({made})"
        return Source(f"{self.lines}\n{head}\nproblem = {made}", is_problem=True)


class Proof(NamedTuple):
    """What came of running the lines from the start."""

    x: Float[np.ndarray, " n"]
    f: float
    kind: str


def source_of(start: PyTree, called: str | None, with_data: bool) -> Source:
    """Of a function and its start; `called` is module:function or file.py:function where it can be imported."""
    module, _, name = (called or "").rpartition(":")
    renamed = name if name == "loss" else f"{name} as loss"
    lines = f"from {PurePath(module).stem} import {renamed}" if name else "# loss: your function"
    if with_data:
        lines += "\nwhole = loss\nloss = lambda p: whole(p, data)  # data: yours"
    text = repr(start)
    plain = len(text) <= _MOST_SHOWN and "Array(" not in text
    return Source(
        f"{lines}\n" + (f"start = {text.replace('array(', 'jnp.array(')}" if plain else "# start: yours"), False
    )


def code_for(row: _Row, source: Source, plain: bool) -> str | None:
    """The lines that do what the row's solver does; None for one that has no counterpart elsewhere.

    Args:
        row: of the solver.
        source: of the loss.
        plain: is the start a vector or a number, which needs no ravelling?
    """
    function = PASTED.get(row["solver"])
    if function is None or (function is pasted.by_least_squares and not source.is_problem):
        return None
    numbers = _numbers(function, row)
    given = [f"rate, steps = {numbers['rate']:g}, {numbers['steps']}"] if numbers else []
    head = ["import jax, jax.numpy as jnp", *([] if source.is_problem or plain else ["import jax.flatten_util"])]
    body = pasted.shown_lines(function)
    opened = ['jax.config.update("jax_enable_x64", True)', *_opened(function, source, plain)]
    return "\n".join([*head, source.lines, *opened, *given, body])


def _opened(function: Any, source: Source, plain: bool) -> list[str]:
    """The lines that make f and x0."""
    if source.is_problem:
        which = "r = lambda x: problem.residuals" if function is pasted.by_least_squares else "f = lambda x: problem.fn"
        return [f"{which}(x, problem.data)", f"x0 = jnp.asarray({_START})"]
    if plain:
        return ["f, x0 = loss, jnp.asarray(start, float)"]
    return [
        "x0, tree = jax.flatten_util.ravel_pytree(jax.tree.map(lambda p: jnp.asarray(p, float), start))",
        "f = lambda x: loss(tree(x))  # tree(x) are your parameters again",
    ]


_START = "(problem.lower + problem.upper) / 2 if problem.start is None else problem.start"


def _numbers(function: Any, row: _Row) -> dict[str, Any]:
    if function not in (pasted.by_adam, pasted.by_descent):
        return {}
    return {"rate": json.loads(row["solver_options"])["learning_rate"], "steps": row["max_steps"]}


def proved(row: _Row, subject: Subject) -> Proof | None:
    """Does what the lines do, on the loss itself, and has the end judged.

    None where they raise something, as SciPy does at a start where a derivative is not finite.
    """
    problem, function, fn = subject.problem, PASTED[row["solver"]], subject.raw
    used = problem.residuals if function is pasted.by_least_squares else problem.fn if subject.lacks_a_mode else None
    if used is not None:
        data = jax.tree.map(np.asarray, problem.data)
        fn = lambda x: used(x, data)  # noqa: E731
    try:
        x = np.asarray(function(fn, jnp.asarray(subject.first), **_numbers(function, row)), np.float64).ravel()
    except Exception:  # of a library, for whatever reason
        return None
    verdict = subject.judge.judge(x[None], 1e-8, "float64")
    return Proof(x, float(verdict.f[0]), PointKind(verdict.kind[0]).name.lower().replace("_", " "))


PASTED: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("newton", "newton-modified", "newton-cg", "scipy-trust-exact"), pasted.by_trust_exact),
    **dict.fromkeys(("lbfgs", "scipy-lbfgsb"), pasted.by_l_bfgs_b),
    **dict.fromkeys(("levenberg-marquardt", "gauss-newton"), pasted.by_least_squares),
    "optimistix-newton-dense": pasted.by_newton,
    "optimistix-bfgs": pasted.by_bfgs,
    "adam": pasted.by_adam,
    "gd": pasted.by_descent,
}
RELATIVES = {
    **dict.fromkeys(("newton", "newton-modified", "newton-cg"), "SciPy's trust-exact, its nearest relative there"),
    "lbfgs": "SciPy's L-BFGS-B",
    **dict.fromkeys(("levenberg-marquardt", "gauss-newton"), "SciPy's least_squares"),
}
"""What the lines use where it is not the solver of the row itself."""
