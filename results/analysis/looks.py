"""How a solver looks, on every picture, page and terminal: its colour, marker and line."""

from collections.abc import Sequence
from typing import Any
from zlib import crc32

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d3b", "#7f7f7f")
"""Okabe & Ito, without yellow and black, which one of two backgrounds swallows."""
_MARKERS, LINE_STYLES = "osD^vPX*", ("-", "--", "-.", ":")
OWN = (
    "newton", "gd", "lbfgs", "adam", "newton-cg", "gd-armijo", "closed-form", "certified",
    "newton-damped", "newton-modified", "levenberg-marquardt", "momentum", "nesterov", "gauss-newton", "symbolic",
    "continuation", "all-newton", "newton-dense", "minibatch:gd", "minibatch:adam",
)  # fmt: skip
"""The suite's; the first eight differ in colour, all of them in colour, marker or line."""
Looks = dict[str, dict[str, Any]]


def looks(solvers: Sequence[str]) -> Looks:
    """Colour, marker and line of each solver: the same on every picture, whoever else is on it."""
    return {name: look(name) for name in solvers}


def look(solver: str) -> dict[str, Any]:
    """Of a solver; of one that is not among the suite's own what its name's checksum says."""
    own = OWN.index(solver) if solver in OWN else len(OWN) + crc32(solver.encode()) % 211
    again = own // len(COLOURS)
    marker = _MARKERS[(own + again) % len(_MARKERS)]
    return {"color": COLOURS[own % len(COLOURS)], "marker": marker, "linestyle": LINE_STYLES[again % len(LINE_STYLES)]}
