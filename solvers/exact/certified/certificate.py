"""What is proved about all stationary points of a problem in its box."""

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int

from problems.problem import Problem
from solvers.exact.certified import search
from solvers.exact.certified.enclosures import derivatives
from solvers.exact.certified.fate import Task
from solvers.exact.certified.inertia import negative_eigenvalues
from solvers.exact.certified.ownership import distinct_points, hulls, outside
from solvers.method import CannotSolve
from solvers.transforms.jaxpr import NoRule

_MOST_VARIABLES = 12
MOST_BOXES = 1_000_000
_SMALLEST = 2.0**-28
"""Sides of the box that is given up, in those of the whole."""
_MOST_FACES = 3**8
_PIECES = 1024


class SearchProgress(NamedTuple):
    """How far a search is."""

    examined: int
    open: int
    proved: int


class Certificate(NamedTuple):
    """Proved stationary points, and whether there are others; float64."""

    lower: Float[np.ndarray, "m n"]
    """Every stationary point lies between its corners."""
    upper: Float[np.ndarray, "m n"]
    n_negative: Int[np.ndarray, " m"]
    """Negative eigenvalues of its Hessian, proved: 0 a minimum, n a maximum; -1 where it is open."""
    undecided: Float[np.ndarray, "2 n k"]
    """Hulls of what was given up: there may be points in them, or not."""
    complete: bool
    """Is it proved that the box holds no other stationary point?"""
    minimum: tuple[float, float] | None
    """The minimum of f over the closed box lies between these; None where the search for it did not end."""
    on_edge: bool
    """Does the edge of the box reach below every stationary point inside?"""
    boxes: int
    """Boxes examined: twice as many evaluations of f, gradient and Hessian."""
    why: str
    """Why it is not complete; empty where it is."""

    @property
    def points(self) -> Float[np.ndarray, "m n"]:
        """The middles of the enclosures."""
        return (self.lower + self.upper) / 2


class Prepared(NamedTuple):
    """A problem's search, compiled."""

    run: Callable[[search.State, Task], search.State]
    task: Task


def prepare_search(problem: Problem, most_boxes: int = MOST_BOXES) -> Prepared:
    """Compiles the search.

    Raises:
        CannotSolve: there is no search: too many variables, no finite box, or a function without interval rules.
    """
    if problem.dim > _MOST_VARIABLES:
        raise CannotSolve(f"{problem.dim} variables are too many for a proof; at most {_MOST_VARIABLES} are tried")
    lower, upper = (np.asarray(corner, float) for corner in (problem.lower, problem.upper))
    if not (np.isfinite(lower).all() and np.isfinite(upper).all() and (lower < upper).all()):
        raise CannotSolve("the box is empty or infinite")
    smallest = _SMALLEST * (upper - lower)
    task = Task(lower, upper, smallest, np.bool_(False), np.int64(most_boxes), [], np.float64(0))
    try:
        function, data = derivatives(problem)
        with jax.default_device(jax.devices("cpu")[0]), jax.enable_x64(True):  # whose rounding errors are known
            run = search.compiled(function, tuple(leaf.shape for leaf in data))
    except NoRule as missing:
        raise CannotSolve(str(missing).partition(";")[0]) from None
    return Prepared(run, task._replace(data=data))


def certify(
    problem: Problem, most_boxes: int = MOST_BOXES, report: Callable[[SearchProgress], None] = lambda progress: None
) -> Certificate:
    """Every stationary point of the problem in its box, proved.

    Raises:
        CannotSolve: there is no search.
    """
    return search_for(prepare_search(problem, most_boxes), report)


def search_for(prepared: Prepared, report: Callable[[SearchProgress], None] = lambda progress: None) -> Certificate:
    """The certificate of a prepared problem."""
    inside = _run(prepared, search.start(_pieces(prepared.task)), report)
    edge = None if int(inside.open) else _edges(prepared, inside, report)
    return _certificate(inside, edge)


def _run(prepared: Prepared, state: search.State, report: Callable[[SearchProgress], None]) -> search.State:
    """Rounds on the device until nothing is open, or the budget or the room is spent."""
    before = -1
    while int(state.open) and int(state.examined) != before:
        before = int(state.examined)
        state = prepared.run(state, prepared.task)
        report(SearchProgress(int(state.examined), int(state.open), int(state.n_proved)))
    return jax.tree.map(np.asarray, state)


def _edges(prepared: Prepared, inside: search.State, report: Callable[[SearchProgress], None]) -> search.State | None:
    """The search for the minimum on the faces of the box; None where there are too many of them."""
    task = prepared.task
    if 3 ** len(task.lower) > _MOST_FACES:
        return None
    minimum_only = prepared._replace(task=task._replace(minimum_only=np.bool_(True)))
    return _run(minimum_only, search.start(_faces(task), float(inside.best)), report)


def _pieces(task: Task) -> Float[np.ndarray, "2 n k"]:
    """The box in about a thousand pieces of slightly different sizes: no cut where a symmetric point may lie."""
    n = len(task.lower)
    k = max(1, int(_PIECES ** (1 / n) + 1e-9))
    uneven = 0.2 * np.modf(np.arange(1, k) * 0.6180339887)[0]
    cuts = [low + (high - low) * (np.arange(1, k) - 0.13 + uneven) / k for low, high in zip(*task[:2], strict=True)]
    edges = [np.concatenate([[low], cut, [high]]) for low, cut, high in zip(task.lower, cuts, task.upper, strict=True)]
    return np.array([_corners([edge[:-1] for edge in edges]), _corners([edge[1:] for edge in edges])])


def _corners(sides: list[np.ndarray]) -> Float[np.ndarray, "n k"]:
    return np.stack([grid.ravel() for grid in np.meshgrid(*sides, indexing="ij")])


def _faces(task: Task) -> Float[np.ndarray, "2 n k"]:
    """Faces, edges and vertices of the box, as boxes of zero width in the coordinates that are held."""
    choices = [((low, low), (high, high), (low, high)) for low, high in zip(task.lower, task.upper, strict=True)]
    every = np.array(list(product(*choices)))[:-1]  # the last is the box itself
    return every.transpose(2, 1, 0)


def _certificate(inside: search.State, edge: search.State | None) -> Certificate:
    n_proved, n_undecided = int(inside.n_proved), int(inside.n_undecided)
    box, unique = inside.proved[:2, :, :n_proved], inside.proved[2:, :, :n_proved]
    kept, told_apart = distinct_points(box, unique)
    H = inside.hessians[:, :, :, :n_proved][..., kept]
    undecided = outside(inside.undecided[:, :, :n_undecided], unique)
    why = _why(inside, undecided, told_apart)
    minimum, on_edge = _minimum(inside, edge)
    return Certificate(
        box[0][:, kept].T,
        box[1][:, kept].T,
        negative_eigenvalues(*(bound.transpose(2, 0, 1) for bound in H)),
        hulls(undecided),
        not why,
        minimum,
        on_edge,
        int(inside.examined) + (0 if edge is None else int(edge.examined)),
        why,
    )


def _why(state: search.State, undecided: np.ndarray, told_apart: bool) -> str:
    if int(state.open):
        return f"{int(state.open)} boxes were open when the budget or the room was spent"
    if undecided.shape[-1]:
        return "some boxes were too small to decide"
    return "" if told_apart else "two proved points could not be told apart"


def _minimum(inside: search.State, edge: search.State | None) -> tuple[tuple[float, float] | None, bool]:
    """Between the lowest lower bound of all that may hold the minimum, and the lowest value seen; is it on the edge?

    It is where a value has been seen that no stationary point of the box can have.
    """
    if edge is None or int(edge.open):
        return None, False
    within, around = (_lowest(state) for state in (inside, edge))
    highest = float(min(inside.best, edge.best))
    lowest = min(within, around)
    if not np.isfinite(lowest):
        return None, False
    return (lowest, highest), highest < within


def _lowest(state: search.State) -> float:
    """The lowest that f can be at the points of a search."""
    bounds = [*state.heights[0, : int(state.n_proved)], *state.depths[: int(state.n_undecided)]]
    return float(np.min(np.nan_to_num(bounds, nan=-np.inf))) if bounds else np.inf
