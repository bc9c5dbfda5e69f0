"""Profiles over all problems: failures are infinite cost, and the denominator is every problem."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from results.analysis.expected import main_rows, problems_told, solvers_asked
from results.analysis.families import measured
from results.schema import ACCURACIES, arrivals_of

MEASURES = ("time", "steps", "evaluations")


def costs(frame: pd.DataFrame, measure: str, goal: str = "minimum", digits: int = 5) -> pd.DataFrame:
    """Problems x solvers: expected cost of getting to a goal, restarts charged; infinite for who never does.

    Of the main rows, all problems on which the goal can be told and all iterative solvers, also those without figures.

    Args:
        frame: results.
        measure: time (seconds), steps, or evaluations (of f, its gradient, Hessian and products with it, each as one).
        goal: global, minimum or stationary.
        digits: 2, 5 or 8, of f.

    Raises:
        ValueError: another measure.
    """
    if measure not in MEASURES:
        raise ValueError(f'measure "{measure}" is not known; allowed: {", ".join(MEASURES)}')
    main = main_rows(frame)
    rows = measured(main[main["solver_kind"] != "exact"])
    spent = {
        "time": rows["time_median_s"],
        "steps": rows["steps_sum"].astype("float64"),
        "evaluations": rows[["n_f", "n_g", "n_h", "n_hvp"]].astype("float64").sum(axis=1, min_count=1),
    }[measure]
    count, work = arrivals_of(goal, digits)
    there = rows[count].astype("float64")
    each = rows[work].fillna(1.0) * spent / there.where(there > 0)
    table = rows.assign(each=each).pivot(index="problem", columns="solver", values="each")
    told = [s for s in solvers_asked(frame) if measure == "time" or spent[rows["solver"] == s].notna().any()]
    return table.reindex(index=problems_told(main, goal), columns=told).fillna(np.inf)


def arrival_costs(frame: pd.DataFrame, goal: str = "minimum") -> pd.DataFrame:
    """(Problem, digits) x solvers: expected seconds to a goal to so many digits of f, infinite for who never does.

    Hansen et al. 2009, INRIA RR-6828, the expected running time.
    """
    tables = {digits: costs(frame, "time", goal, digits) for digits in ACCURACIES}
    return pd.concat(tables, names=["digits", "problem"]).swaplevel()


def performance_profile(table: pd.DataFrame) -> pd.DataFrame:
    """Share of the problems that a solver solves within tau times the cost of the best one (index tau).

    Dolan & More 2002, Mathematical Programming 91, 201, section 2. Problems that nobody solves stay in the denominator.
    """
    best = table.min(axis=1)
    ratios = table.div(best, axis=0).where(np.isfinite(table), np.inf)
    return _shares(ratios)


def data_profile(table: pd.DataFrame, n: pd.Series) -> pd.DataFrame:
    """Share of the problems that a solver solves within kappa simplex gradients of n + 1 evaluations (index kappa).

    More & Wild 2009, SIAM J. Optimization 20(1), 172, equation 2.8, with evaluations of gradients for those of f.
    """
    return _shares(table.div(n.reindex(table.index).astype("float64") + 1, axis=0))


def ecdf(table: pd.DataFrame) -> pd.DataFrame:
    """Share of the rows, pairs of a problem and an accuracy, reached within so many seconds (index)."""
    return _shares(table)


def _shares(costs: pd.DataFrame) -> pd.DataFrame:
    """Per solver the share of rows at or below each cost that occurs."""
    finite = np.unique(costs.to_numpy(float)[np.isfinite(costs.to_numpy(float))])
    steps = {solver: _counts(costs[solver], finite) / len(costs) for solver in costs.columns}
    return pd.DataFrame(steps, index=pd.Index(finite, name="cost"))


def _counts(costs: Iterable[float], at: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.sort(np.asarray(list(costs), float)), at, side="right")
