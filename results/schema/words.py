"""The words of the schema: what rows, ends and goals are called."""

SCHEMA_VERSION = "1.6"
UNJUDGED = "unjudged"
"""The status of a row that another tool measured: it has figures, but the referee never saw an end point."""
STATUSES = ("ok", "timeout", "oom", "crash", "error", "unsupported", UNJUDGED)
KEY = ("run_id", "cell_id", "attempt")
RENAMED = {"solves_per_s": "starts_per_s"}
"""Columns of older versions that hold the same figure under another name."""

STATIONARY = ("minimum", "saddle", "maximum", "singular")
ENDS = (*STATIONARY, "not_stationary", "flat")
"""What a lane can end on, by the referee, in the columns n_minimum, n_saddle ...: each lane on one of them."""
STOPS = ("converged", "max_steps", "stalled", "diverged", "nonfinite", "singular_step", "done")
"""Why a lane can have stopped, in the columns n_converged, n_max_steps ...: each lane for one reason."""

GOALS = {
    "global": "the global minimum: f - f* small in the box, or stationary there where f is f*",
    "minimum": "a minimum: on their way to one, f small above its value for good, or at the global minimum",
    "stationary": "a stationary point of any kind, likewise",
}
"""What starts are for, the hardest first: who has one has those that follow."""
ACCURACIES = (2, 5, 8)
"""To how many digits of f: 10^-d |f*|, or |f| at the lane's own end; 10^-d where that is 0."""


TARGET_ARRIVALS = "n_target", "work_target"
"""The same columns for the accuracy that --target asks for."""


def arrivals_of(goal: str, digits: int) -> tuple[str, str]:
    """The columns that say how many lanes have a goal to so many digits of f, and what part of the work that took."""
    return f"n_{goal}_{digits}", f"work_{goal}_{digits}"
