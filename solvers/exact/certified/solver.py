"""`certified` among the solvers: its row tells what is proved, and whether that is all there is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from problems.problem import Problem
from solvers.method import Inputs, Note, Solution


@dataclass(frozen=True)
class Certified:
    """All stationary points in the box, each proved."""

    boxes: int = 1_000_000
    """The search ends when so many boxes have been examined."""

    def __call__(self, problem: Problem, max_steps: int, inputs: Inputs) -> Callable[[Inputs], Solution]:
        """Compiles the search.

        Raises:
            CannotSolve: there is none for this problem.
        """
        from solvers.exact.certified.certificate import prepare_search

        del max_steps, inputs
        return partial(_search, prepare_search(problem, self.boxes))


def _search(prepared: Any, inputs: Inputs) -> Solution:
    """The proved points in the dtype of the run, with what is proved of them."""
    from solvers.exact.certified.certificate import search_for

    certificate = search_for(prepared)
    points = certificate.points
    figures = {
        "n_proved": len(points),
        "n_undecided": certificate.undecided.shape[-1],
        "complete": certificate.complete,
        "f_lower_bound": None if certificate.minimum is None else certificate.minimum[0],
    } | dict.fromkeys(("n_f", "n_g", "n_h"), 2 * certificate.boxes)
    note = Note(certificate_line(certificate), figures, certificate.on_edge)
    steps = np.zeros(len(points), np.int32)
    return Solution(points.T.astype(np.asarray(inputs.starts).dtype), None, steps, note=note)


def certificate_line(certificate: Any) -> str:
    """The certificate in a line."""
    n, negative = certificate.lower.shape[1], certificate.n_negative
    kinds = (
        (np.sum(negative == 0), "minimum", "minima"),
        (np.sum((negative > 0) & (negative < n)), "saddle", "saddles"),
        (np.sum(negative == n), "maximum", "maxima"),
        (np.sum(negative < 0), "of unproved kind", "of unproved kind"),
    )
    listed = ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in kinds if count)
    found = f"{len(negative)} proved ({listed})" if len(negative) else "none proved"
    undecided = f", {k} undecided" if (k := certificate.undecided.shape[-1]) else ""
    whole = "these are all" if certificate.complete else f"there may be more: {certificate.why}"
    if not len(negative) and certificate.complete:
        found, whole = "proved", "there is none"
    return f"{found}{undecided}, {whole}{_minimum(certificate)}; {certificate.boxes} boxes"


def _minimum(certificate: Any) -> str:
    if certificate.minimum is None:
        return ""
    low, high = certificate.minimum
    return f"; minimum in [{low:.17g}, {high:.17g}]{', on the edge' if certificate.on_edge else ''}"
