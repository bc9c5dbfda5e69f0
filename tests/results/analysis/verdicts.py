"""Five sets of rows made by hand, each with a verdict that is known beforehand."""

from tests.results.runs import row

WAYS = {"newton": "solve", "newton-cg": "solve", "lbfgs": "descend", "gd": "descend"}


def rows_of(problem, seconds, **figures):
    """A row for each solver of `seconds`, all starts at the global minimum."""
    return [
        row(problem=problem, solver=solver, kind=WAYS[solver], time_median_s=time, time_iqr_s=0.04 * time,
            cell_id=f"{solver}-{problem}", **figures)
        for solver, time in seconds.items()
    ]  # fmt: skip


def ends(minimum, saddle=0, nowhere=0):
    """Figures of 100 starts of which so many end on minima, all of them global, on saddles, and nowhere."""
    return {
        "n_minimum": minimum, "n_saddle": saddle, "n_not_stationary": nowhere, "frac_global": minimum / 100,
        "frac_minimum": minimum / 100, "frac_stationary": (minimum + saddle) / 100,
    }  # fmt: skip


def saddles_win():
    """newton is twice as fast as gd to any stationary point; but nine of its ten ends are saddles."""
    rows = []
    for problem in "abcd":
        newton = row(problem=problem, time_median_s=1e-3, cell_id=f"newton-{problem}", **ends(10, saddle=90))
        rows += [newton, *rows_of(problem, {"gd": 2e-3})]
    return rows


def one_lacks_problems():
    """newton is ten times faster where it has a row; of four problems it lacks one, one it cannot, on one it fails."""
    rows = []
    for problem in "abcd":
        rows += rows_of(problem, {"lbfgs": 1e-2})
    rows += rows_of("a", {"newton": 1e-3})
    rows.append(row(problem="b", status="unsupported", status_detail="too large", cell_id="newton-b", **NO_FIGURES))
    rows.append(row(problem="c", status="timeout", status_detail="late", cell_id="newton-c", **NO_FIGURES))
    return rows


NO_FIGURES = {"frac_stationary": None, "frac_minimum": None, "frac_global": None, "time_median_s": None}


def too_noisy():
    """lbfgs is 1.6 times faster in the median, and the rounds of both scatter by as much as they take."""
    rows = []
    for problem in "abc":
        for solver, time in (("newton-cg", 1.6e-3), ("lbfgs", 1e-3)):
            rows.append(row(problem=problem, solver=solver, kind=WAYS[solver], time_median_s=time,
                            time_iqr_s=1.5 * time, cell_id=f"{solver}-{problem}"))  # fmt: skip
    return rows


def accuracy_turns_the_order():
    """gd has two digits after a hundredth of its way, eight at its end; newton has all of them at once."""
    rows = []
    for problem in "abcd":
        parts = {f"work_{goal}_{digits}": part for goal in ("global", "minimum", "stationary")
                 for digits, part in ((2, 0.01), (5, 0.5), (8, 1.0))}  # fmt: skip
        rows.append(
            row(problem=problem, solver="gd", kind="descend", time_median_s=1e-2, cell_id=f"gd-{problem}", **parts)
        )
        rows += rows_of(problem, {"newton": 1e-3})
    return rows


def networks():
    """Nobody comes to rest, and nobody knows the minimum: what is left to say is who got lowest."""
    nowhere = {**ends(0, nowhere=100), "frac_global": None, "truth_standing": "unknown", "n_dim": 5000}
    facts = {"problem": "net", "problem_tags": "neural-network", "batch": 100, **nowhere}
    refused = row(**facts | NO_FIGURES, status="unsupported", status_detail="a step takes 9 s", cell_id="newton-net")
    return [
        refused,
        row(solver="lbfgs", kind="descend", f_best=0.25, time_median_s=50.0, cell_id="lbfgs-net", **facts),
        row(solver="gd", kind="descend", f_best=1.5, time_median_s=40.0, cell_id="gd-net", **facts),
    ]


SETS = {
    "saddles win": saddles_win,
    "a solver lacks problems": one_lacks_problems,
    "too noisy": too_noisy,
    "accuracy turns the order": accuracy_turns_the_order,
    "networks": networks,
}
