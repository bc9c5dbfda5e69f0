"""`ask`: what is wrong with a loss, which solver suits it, and how it is called."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, PyTree

from bench.asking import degree, derivatives, form, recipes, verdict
from bench.asking.race import candidates, cell_of, rows_of_race
from bench.asking.squares import residuals_of
from bench.asking.subject import Subject
from bench.asking.symptom import Symptom
from bench.ending import UsageError
from bench.machine.device import configure
from bench.measuring.program import prepare
from problems import FalseProblem, NotDifferentiable, Problem
from problems.registry import register
from results import table
from solvers import find

Loss = Callable[..., Any]
_ASKED = "asked-"
"""Before the name of what is only asked about, so that it is no name of the suite."""


@dataclass
class Reply:
    """What is known of a loss after it was asked about."""

    name: str
    symptoms: list[Symptom] = field(default_factory=list)
    """What the doctor found, in the order in which it was found."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """Of the race, as in results.csv."""
    verdict: list[str] = field(default_factory=list)
    best: str | None = None
    """The solver that pays least for a minimum, or for what else the verdict names."""
    code: str | None = None
    """Lines that do it with another library; they were run."""
    done_by: str | None = None
    """The solver of the race for which the lines stand."""
    proof: recipes.Proof | None = None
    """What came of running them."""
    boxed: bool = True
    """Did the caller state a box? Else it is only where the starts of the race were drawn."""
    x: PyTree = None
    """The parameters at the lowest end of the race."""

    @property
    def frame(self) -> Any:
        """The rows as a frame."""
        return table.to_frame(self.rows)


def ask(
    loss: Loss | Problem | str,
    start: PyTree = None,
    data: PyTree = None,
    *,
    seconds: float = 30.0,
    solvers: Sequence[str] | None = None,
    called: str | None = None,
    tell: Callable[[str], None] = lambda line: None,
    **given: Any,
) -> Reply:
    """Looks at a loss, races the solvers that fit, and says what came of it.

    Args:
        loss: (parameters) or (parameters, data) -> a real number, in JAX; a Problem; or the name of one.
        start: the parameters to start from, any pytree; a Problem has its own.
        data: as for `Problem.from_loss`.
        seconds: after so many the doctor looks no further, and after as many again no further solver is started.
        solvers: names of those that race; None for all that fit and are installed.
        called: module:function, for the lines to paste.
        tell: takes lines as soon as they are known; `print`, say.
        given: further words of `Problem.from_loss`: lower, upper, name.

    Raises:
        UsageError: there is no such problem, or the loss cannot be made one.
    """
    with _as_measured():
        try:
            subject, source = _subject(loss, start, data, called, seconds, given)
        except UsageError:
            raise
        except Exception as refusal:  # of the loss, when it was traced
            reply = Reply(getattr(loss, "__name__", str(loss)))
            _say(reply, derivatives.refused_by(refusal), tell)
            return reply
        reply = Reply(subject.name, boxed=start is None or bool(given.keys() & {"lower", "upper"}))
        if not _examined(subject, reply, tell) or _too_dear(subject, tell):
            return reply
        subject = _with_residuals(subject)
        names = candidates(subject.problem) if solvers is None else solvers
        for row in rows_of_race(subject, names, seconds, tell):
            reply.rows.append(row)
        _judged(subject, reply, seconds, tell)
        _written(subject, source, reply)
        return reply


@contextmanager
def _as_measured() -> Iterator[None]:
    """JAX as a run has it, float64 above all; afterwards as it was."""
    names = ("jax_enable_x64", "jax_default_matmul_precision", "jax_enable_compilation_cache")
    before = {name: getattr(jax.config, name) for name in names}
    configure("auto")
    try:
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)


def _subject(
    loss: Loss | Problem | str,
    start: PyTree,
    data: PyTree,
    called: str | None,
    seconds: float,
    given: dict[str, Any],
) -> tuple[Subject, recipes.Source]:
    if isinstance(loss, str):
        line = f'import problems\nproblem = problems.get("{loss}")'
        return Subject(loss, seconds), recipes.Source(line, is_problem=True)
    if not isinstance(loss, Problem):
        if start is None:
            raise UsageError("a loss needs a start: ask(loss, start), zerograd ask my_module:loss --start 1,2")
        made = _made(loss, start, data, given)
        source = recipes.source_of(start, called, with_data=data is not None)
    else:
        made, source = loss, recipes.Source("# problem: your Problem", is_problem=True)
    problem = replace(made, name=f"{_ASKED}{made.name.removeprefix(_ASKED) or 'loss'}")
    try:
        register(problem.name, lambda: problem)
    except FalseProblem as false:
        raise UsageError(str(false)) from None
    return Subject(problem.name, seconds), source


def _made(loss: Loss, start: PyTree, data: PyTree, given: dict[str, Any]) -> Problem:
    try:
        return Problem.from_loss(loss, start, data, **given)
    except ValueError as wrong:
        raise UsageError(str(wrong)) from None


def _examined(subject: Subject, reply: Reply, tell: Callable[[str], None]) -> bool:
    """The doctor's part that needs no race; False where nothing can race."""
    tell(f"{reply.name}   n={subject.problem.dim}   at the start {subject.shown(subject.first)}")
    if refused := derivatives.untraceable(subject):
        _say(reply, refused, tell)
        return False
    parts = (derivatives.one_way, derivatives.broken, form.structure, degree.degree, form.idle, form.arithmetic)
    try:
        for part in parts:
            for symptom in part(subject):
                _say(reply, symptom, tell)
    except NotDifferentiable as reason:
        _say(reply, Symptom("gradient", str(reason), "give it a derivative by jax.custom_jvp"), tell)
        return False
    return True


def _too_dear(subject: Subject, tell: Callable[[str], None]) -> bool:
    """Whether no solver can be judged in time; then that is said, and what was not looked at."""
    if left_out := subject.left_out:
        tell(left_out)
        tell(f"no solver is raced: judging its ends alone takes about {subject.judging_s:.2g} s; give more --seconds")
    return left_out is not None


def _with_residuals(subject: Subject) -> Subject:
    """The same, told of the residuals that its function shows, where it is not in the suite under its own name."""
    problem = subject.problem
    if problem.residuals is not None or not subject.name.startswith(_ASKED):
        return subject
    if found := residuals_of(problem, subject.tape):
        squared = replace(problem, fn=getattr(problem.fn, "fn", problem.fn), residuals=found[0])
        register(subject.name, lambda: squared)
        return Subject(subject.name)
    return subject


def _judged(subject: Subject, reply: Reply, seconds: float, tell: Callable[[str], None]) -> None:
    """The verdict, and the doctor's look at where the race has ended."""
    reply.verdict = [*verdict.sentences(reply.rows, reply.boxed), *verdict.advice(reply.rows, reply.boxed)]
    reply.best = next((row["solver"] for row in verdict.ranked(reply.rows)), None)
    lowest = verdict.best_f(reply.rows)
    for row in reply.rows:
        if lowest is not None and row["status"] == "ok" and row["f_best"] == lowest:
            x = _lowest_end(subject, row, seconds)
            parameters = subject.problem.parameters
            reply.x = parameters.tree(x) if parameters else x  # type: ignore[arg-type]
            for symptom in _around(subject, x):
                _say(reply, symptom, tell)
            return


def _lowest_end(subject: Subject, row: dict[str, Any], seconds: float) -> Float[np.ndarray, " n"]:
    """The cell of the row once more, for its ends."""
    solver, options = find(row["solver"]), json.loads(row["solver_options"] or "{}")
    cell = replace(cell_of(subject, row["solver"], seconds, 0.0), batch=row["batch"], max_steps=row["max_steps"])
    program = prepare(cell, solver, subject.judge)
    ended = program.call(program.inputs(options.get("learning_rate", 1.0)))
    ends = np.asarray(program.lanes(jax.tree.map(np.asarray, ended)).x, np.float64).T
    f = subject.judge.slopes(ends)[0]
    return ends[int(np.argmin(np.where(np.isfinite(f), f, np.inf)))]


def _around(subject: Subject, x: Float[np.ndarray, " n"]) -> Iterator[Symptom]:
    """What is not finite at the lowest end or one Newton step on, and how curved f is there."""
    if subject.problem.dim > 300:
        return
    H, g = subject.judge.calculus.hessians(x[None])[0], subject.judge.slopes(x[None])[1][0]
    if np.isfinite(H).all() and np.isfinite(g).all():
        yield from form.curvature(subject, x, "the lowest end")
        x = x - np.linalg.pinv(H, hermitian=True) @ g
    f, g = subject.judge.slopes(x[None])
    if np.isfinite(f).all() and not np.isfinite(g).all():
        yield derivatives.at_point(subject, "gradient", x)
    elif np.isfinite(f).all() and not np.isfinite(subject.judge.calculus.hessians(x[None])).all():
        yield derivatives.at_point(subject, "Hessian", x)


def _written(subject: Subject, source: recipes.Source, reply: Reply) -> None:
    """The lines to paste, of the cheapest solver that has some which end where the prize is, from the start."""
    known = subject.problem.parameters
    plain = known is None or (len(known.leaves) == 1 and known.leaves[0].name == "x" and not known.leaves[0].is_complex)
    if known is not None and any(leaf.is_complex or not leaf.varies for leaf in known.leaves):
        source = source.as_problem(in_both_modes=False)
    if not source.is_problem and subject.lacks_a_mode:
        source = source.as_problem(in_both_modes=True)
    wanted = verdict.prize(reply.rows)
    for row in verdict.ranked(reply.rows):
        if reply.boxed and row["n_outside"] == row["batch"]:
            continue
        code = recipes.code_for(row, source, plain)
        proof = recipes.proved(row, subject) if code else None
        if proof and wanted.includes(proof.kind, verdict.is_lowest(proof.f, reply.rows)):
            reply.code, reply.proof, reply.done_by = code, proof, row["solver"]
            return


def _say(reply: Reply, symptom: Symptom, tell: Callable[[str], None]) -> None:
    if symptom not in reply.symptoms:
        reply.symptoms.append(symptom)
        tell(f"{'!' if symptom.serious else '-'} {symptom.fact}")
        if symptom.advice:
            tell(f"    {symptom.advice}")
