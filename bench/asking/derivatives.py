"""Is f a number, are its gradient and Hessian, and which direction of differentiation is missing?"""

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from bench.asking.subject import Subject
from bench.asking.symptom import Symptom, of_origin
from bench.asking.tape import Broken, shown_place

_ONE_WAY = {"while": "a while_loop", "custom_vjp_call": "a custom_vjp", "custom_vjp_call_jaxpr": "a custom_vjp"}
_OUTSIDE = {"pure_callback": "a callback to Python", "io_callback": "a callback to Python"}


def untraceable(subject: Subject) -> Symptom | None:
    """Whether JAX can make a program of f at all; what is wrong with it otherwise."""
    try:
        len(subject.tape.entries)
    except Exception as refusal:  # whatever a stranger's function raises
        return refused_by(refusal)
    return None


def refused_by(refusal: Exception) -> Symptom:
    """What a function raised when it was traced, and where."""
    first = str(refusal).strip().partition("\n")[0]
    frames = traceback.extract_tb(refusal.__traceback__)
    theirs = [frame for frame in frames if not any(part in frame.filename for part in _NOT_THEIRS)]
    place = f" ({shown_place((theirs[-1].filename, theirs[-1].lineno or 0))})" if theirs else ""
    return Symptom("value", f"JAX cannot trace f: {type(refusal).__name__}: {first}{place}", _advice(refusal))


_NOT_THEIRS = ("site-packages", *(str(Path(__file__).parents[2] / room) for room in ("bench", "problems")))


def _advice(refusal: Exception) -> str:
    if isinstance(refusal, jax.errors.TracerArrayConversionError):
        return "write it with jax.numpy instead of numpy: jnp.sin for np.sin"
    if isinstance(refusal, jax.errors.ConcretizationTypeError):
        return "a Python if, while or float() on a value of x: use jnp.where, lax.cond or lax.fori_loop"
    return "call it once by hand at the start: jax.grad(loss)(start) shows the whole traceback"


def one_way(subject: Subject) -> Iterator[Symptom]:
    """Operations that JAX differentiates in one direction only, or in none."""
    x = jax.ShapeDtypeStruct((subject.problem.dim,), jnp.result_type(float))
    reverse = _refused(jax.grad(subject.raw), x)
    forward = _refused(lambda x: jax.jvp(subject.raw, (x,), (x,)), x)
    found = [entry for entry in subject.tape.entries if entry.eqn.primitive.name in {**_ONE_WAY, **_OUTSIDE}]
    told = {**_ONE_WAY, **_OUTSIDE}.get(found[0].eqn.primitive.name, "") if found else ""
    through = f" through {told} ({shown_place(found[0].place)})" if found else ""
    if reverse:
        yield Symptom(
            "gradient",
            f"JAX has no reverse mode{through or f': {reverse}'}; jax.grad fails, and so do optax and optimistix.BFGS",
            "a loop of a fixed length, lax.fori_loop or scan; or the implicit function theorem by jax.custom_jvp; the "
            "suite takes forward mode instead, which costs n passes",
        )
    if forward:
        yield Symptom(
            "Hessian",
            f"JAX has no forward mode{through or f': {forward}'}; jax.hessian and Hessian-vector products by jvp fail",
            "state the derivative by jax.custom_jvp, from which JAX makes both modes; jax.jacrev(jax.grad(f)) works",
        )


def _refused(fn: Any, x: Any) -> str:
    try:
        jax.jit(fn).lower(x)
    except Exception as refusal:
        return str(refusal).strip().partition("\n")[0][:120]
    return ""


def broken(subject: Subject) -> Iterator[Symptom]:
    """Where in the box f, its gradient or its Hessian is infinite or NaN, and through which operation."""
    (f, g), m = subject.slopes, len(subject.hessians)
    value, slope = np.isfinite(f), np.isfinite(g).all(axis=1)
    yield from _one(subject, "value", ~value, np.ones_like(value))
    yield from _one(subject, "gradient", value & ~slope, value)
    yield from _one(subject, "Hessian", (value & slope)[:m] & ~subject.sound, (value & slope)[:m])


def _one(subject: Subject, what: Broken, bad: Bool[np.ndarray, " k"], of: Bool[np.ndarray, " k"]) -> Iterator[Symptom]:
    if bad.any():
        others, looked = int(bad.sum()) - 1, int(of.sum()) - 1
        share = f", and at {others} of {looked} other points of the box" if others else ""
        yield at_point(subject, what, subject.points[int(np.argmax(bad))], share)


def at_point(subject: Subject, what: Broken, x: Float[np.ndarray, " n"], share: str = "") -> Symptom:
    """What makes f, its gradient or its Hessian infinite or NaN at one point."""
    start = subject.problem.start
    where = f"{'the start, ' if start is not None and np.array_equal(x, start) else ''}{subject.shown(x)}"
    if origin := subject.tape.origin(x, what):
        return of_origin(origin, where, share)
    thing = {"value": "f", "gradient": "the gradient of f", "Hessian": "the Hessian of f"}[what]
    return Symptom(what, f"{thing} is not finite at {where}{share}", "look at the operations there by jax.debug.print")
