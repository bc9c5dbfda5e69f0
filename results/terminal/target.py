"""What --target asks for, below a problem's table: who comes to that accuracy of f, how soon, and who never does."""

import pandas as pd

from results.analysis.costs import Row
from results.analysis.expected import target_cost, target_evaluations
from results.format import duration, missing, significant


def target_sentence(rows: pd.DataFrame) -> str | None:
    """One sentence for a problem, the soonest first; None where no target was asked for, or no row is ok."""
    asked = [row for row in rows[rows["status"].eq("ok")].itertuples() if not missing(row.target)]
    if not asked:
        return None
    if all(missing(row.f_target) for row in asked):
        return f"To {asked[0].target:g} of f: it cannot be judged, neither f* nor a value to aim at is known."
    costs = {row.solver: found for row in asked if (found := target_cost(row)) is not None}
    there = sorted((row for row in asked if row.solver in costs), key=lambda row: costs[row.solver].seconds)
    told = [_told(row, costs[row.solver].seconds) for row in there]
    never = [row.solver for row in asked if row.solver not in costs]
    told += [f"never {', '.join(never)}"] if never else []
    return f"To {_aim(asked[0])}, restarts charged: {'; '.join(told)}."


def _aim(row: Row) -> str:
    known = row.truth_standing != "unknown"
    return (
        f"{row.target:g} of f* (f <= {row.f_target:.10g})" if known else f"f <= {row.f_target:.10g}, fixed beforehand"
    )


def _told(row: Row, seconds: float) -> str:
    evaluations = target_evaluations(row)
    told = "" if evaluations is None else f" and {significant(evaluations, 3)} evaluations"
    return f"{row.solver} {duration(seconds)}{' a call' if row.solver_kind == 'exact' else ''}{told}"
