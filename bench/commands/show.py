"""One problem in full: its record, its known points with their kinds, and a map of it where n = 2."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float

from bench.ending import UsageError
from bench.machine.device import configure
from bench.measuring.referee import PointKind, Referee
from bench.plan.options import resolve
from problems import Problem, get
from solvers.exact.certified.certificate import Certificate, SearchProgress, certify
from solvers.exact.certified.solver import certificate_line
from solvers.method import CannotSolve

_MOST_POINTS = 20
_SHADES = " .:-=+*%@"
_MARKS = {
    PointKind.MINIMUM: "o",
    PointKind.SADDLE: "x",
    PointKind.MAXIMUM: "^",
    PointKind.SINGULAR: "s",
    PointKind.FLAT: "~",
    PointKind.NOT_STATIONARY: "?",
}
_WIDTH, _HEIGHT = 72, 28


def run(words: Namespace) -> Iterator[str]:
    """Prints what is known of a problem, and proves it if asked."""
    configure("cpu")
    problem = get(resolve({"plugin": words.plugin, "problems": words.name}, Path.cwd()).problems[0])
    return show(problem, certificate(problem) if words.certified else None)


def show(problem: Problem, certificate: Certificate | None = None) -> Iterator[str]:
    """The lines of `zerograd show`; with a certificate its points and their proved kinds instead of the known ones."""
    judge = Referee(problem)
    yield from _facts(problem)
    yield from _truth(problem)
    points, kinds = _known(judge) if certificate is None else _proved(certificate)
    if len(points):
        order = np.argsort(judge.slopes(points)[0])
        points, kinds = points[order], [kinds[i] for i in order]
        yield from _table(points, judge.slopes(points)[0], kinds)
    if certificate is not None:
        yield from _proof(certificate)
    if problem.dim == 2:
        yield ""
        yield from _map(judge, points, kinds)


def certificate(problem: Problem) -> Certificate:
    """The certificate, with a line on stderr that tells how far the search is.

    Raises:
        UsageError: there is none for this problem.
    """
    try:
        found = certify(problem, report=_progress)
    except CannotSolve as reason:
        raise UsageError(f"--certified {problem.name}: {reason}") from None
    _progress(None)
    return found


def _progress(now: SearchProgress | None) -> None:
    if not sys.stderr.isatty():
        return
    text = "" if now is None else f"{now.examined} boxes examined, {now.open} open, {now.proved} points proved"
    print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)


def _known(judge: Referee) -> tuple[Float[np.ndarray, "m n"], list[PointKind]]:
    points = judge.problem.truth.points
    if points is None:
        return np.zeros((0, judge.problem.dim)), []
    return points, [PointKind(kind) for kind in judge.judge(points, 1e-8, "float64").kind]


def _proved(certificate: Certificate) -> tuple[Float[np.ndarray, "m n"], list[PointKind]]:
    n = certificate.lower.shape[1]
    kinds = {-1: PointKind.SINGULAR, 0: PointKind.MINIMUM, n: PointKind.MAXIMUM}
    return certificate.points, [kinds.get(int(count), PointKind.SADDLE) for count in certificate.n_negative]


def _proof(certificate: Certificate) -> Iterator[str]:
    yield ""
    yield f"  certified   {certificate_line(certificate)}"
    if len(certificate.lower):
        yield f"  enclosures  no side longer than {np.max(certificate.upper - certificate.lower):.2g}"
    for lower, upper in certificate.undecided.transpose(2, 0, 1)[:_MOST_POINTS]:
        yield f"    undecided: {_vector(lower)} to {_vector(upper)}"


def _facts(problem: Problem) -> Iterator[str]:
    yield f"{problem.name}   n={problem.dim}"
    yield f"  reference   {problem.reference}"
    yield f"  tags        {', '.join(sorted(problem.tags)) or 'none'}"
    if problem.parameters:
        names = problem.parameters.names
        yield f"  variables   {', '.join(names[:_MOST_POINTS])}{', ...' if len(names) > _MOST_POINTS else ''}"
    yield f"  box         {_vector(problem.lower)} to {_vector(problem.upper)}"
    yield f"  start       {'random in the box' if problem.start is None else _vector(problem.start)}"
    known = {
        "closed form": problem.closed_form is not None,
        "residuals": problem.residuals is not None,
        f"bandwidth {problem.bandwidth}": problem.bandwidth is not None,
    }
    yield f"  structure   {', '.join(name for name, has in known.items() if has) or 'none stated'}"


def _truth(problem: Problem) -> Iterator[str]:
    truth = problem.truth
    yield f"  truth       {truth.standing}: {truth.source}"
    if truth.minimum is not None:
        yield f"  minimum     {truth.minimum:.15g}"
    if truth.points is not None:
        complete = "all there are in the box" if truth.complete else "there may be more"
        yield f"  points      {len(truth.points)} known stationary, {complete}; {truth.digits:g} digits"


def _table(points: Float[np.ndarray, "m n"], f: Float[np.ndarray, " m"], kinds: list[PointKind]) -> Iterator[str]:
    yield ""
    for x, value, kind in list(zip(points, f, kinds, strict=True))[:_MOST_POINTS]:
        yield f"    {kind.name.lower().replace('_', ' '):15} f = {value:<18.10g} x = {_vector(x)}"
    if len(points) > _MOST_POINTS:
        yield f"    and {len(points) - _MOST_POINTS} more"


def _vector(x: Float[np.ndarray, " n"]) -> str:
    shown = ", ".join(f"{value:.6g}" for value in x[:5])
    return f"({shown}{', ...' if x.size > 5 else ''})"


def _map(judge: Referee, points: Float[np.ndarray, "m 2"], kinds: list[PointKind]) -> Iterator[str]:
    """The box in characters: darker is higher, by rank, so that every landscape shows its form."""
    lower, upper = judge.problem.lower, judge.problem.upper
    across = np.linspace(lower[0], upper[0], _WIDTH)
    up = np.linspace(upper[1], lower[1], _HEIGHT)
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    f = judge.slopes(grid)[0]
    rank = np.argsort(np.argsort(np.where(np.isfinite(f), f, np.inf)))
    level = rank * len(_SHADES) // rank.size
    rows = np.array(list(_SHADES))[level].reshape(_HEIGHT, _WIDTH)
    for x, kind in zip(points, kinds, strict=True):
        column, row = np.rint((x - lower) / (upper - lower) * [_WIDTH - 1, _HEIGHT - 1]).astype(int)
        if 0 <= column < _WIDTH and 0 <= row < _HEIGHT:
            rows[_HEIGHT - 1 - row, column] = _MARKS[kind]
    yield from ("    " + "".join(row) for row in rows)
    marks = [f"{_MARKS[kind]} {kind.name.lower()}" for kind in dict.fromkeys(kinds)]
    yield f"    x1 from {lower[0]:g} to {upper[0]:g}, x2 upwards from {lower[1]:g} to {upper[1]:g}; darker is higher"
    if marks:
        yield f"    {', '.join(marks)}"
