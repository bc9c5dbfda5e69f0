"""One problem in full: its record, its known points with their kinds, and a map of it where n = 2."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from bench.referee import Kind, Referee
from problems import Problem

_MOST_POINTS = 20
_SHADES = " .:-=+*%@"
_MARKS = {Kind.MINIMUM: "o", Kind.SADDLE: "x", Kind.MAXIMUM: "^", Kind.SINGULAR: "s", Kind.NOT_STATIONARY: "?"}
_WIDTH, _HEIGHT = 72, 28


def show(problem: Problem) -> Iterator[str]:
    """The lines of `zerograd show`."""
    judge = Referee(problem)
    yield from _facts(problem)
    yield from _truth(problem)
    points = problem.truth.points
    if points is not None:
        points = points[np.argsort(judge.slopes(points)[0])]
        verdict = judge.judge(points, 1e-8, "float64")
        kinds = [Kind(kind) for kind in verdict.kind]
        yield from _table(points, verdict.f, kinds)
    if problem.dim == 2:
        yield ""
        yield from _map(judge, points if points is not None else np.zeros((0, 2)), kinds if points is not None else [])


def _facts(problem: Problem) -> Iterator[str]:
    yield f"{problem.name}   n={problem.dim}"
    yield f"  reference   {problem.reference}"
    yield f"  tags        {', '.join(sorted(problem.tags)) or 'none'}"
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


def _table(points: Float[np.ndarray, "m n"], f: Float[np.ndarray, " m"], kinds: list[Kind]) -> Iterator[str]:
    yield ""
    for x, value, kind in list(zip(points, f, kinds, strict=True))[:_MOST_POINTS]:
        yield f"    {kind.name.lower().replace('_', ' '):15} f = {value:<18.10g} x = {_vector(x)}"
    if len(points) > _MOST_POINTS:
        yield f"    and {len(points) - _MOST_POINTS} more"


def _vector(x: Float[np.ndarray, " n"]) -> str:
    shown = ", ".join(f"{value:.6g}" for value in x[:5])
    return f"({shown}{', ...' if x.size > 5 else ''})"


def _map(judge: Referee, points: Float[np.ndarray, "m 2"], kinds: list[Kind]) -> Iterator[str]:
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
