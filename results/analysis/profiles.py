"""Profiles over all problems: failures are infinite cost, and the denominator is every problem."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from results.analysis.families import measured

MEASURES = ("time", "steps", "evaluations")


def costs(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Problems x solvers: cost per start that ends stationary, infinite where none does; iterative solvers only.

    Args:
        frame: results.
        measure: time (seconds), steps, or evaluations (of f, its gradient, Hessian and products with it, each as one).

    Raises:
        ValueError: another measure.
    """
    if measure not in MEASURES:
        raise ValueError(f'measure "{measure}" is not known; allowed: {", ".join(MEASURES)}')
    asked = frame[frame["peer"].isna() & (frame["solver_kind"] != "exact")]
    rows = measured(asked)
    ends = rows["batch"].astype("float64") * rows["frac_stationary"]
    work = {
        "time": rows["time_median_s"],
        "steps": rows["steps_sum"].astype("float64"),
        "evaluations": rows[["n_f", "n_g", "n_h", "n_hvp"]].astype("float64").sum(axis=1, min_count=1),
    }[measure]
    table = rows.assign(work=work / ends.where(ends > 0)).pivot(index="problem", columns="solver", values="work")
    problems, solvers = asked["problem"].unique(), [s for s in asked["solver"].unique() if s in table.columns]
    told = [s for s in solvers if measure == "time" or rows.loc[rows["solver"] == s, "steps_sum"].notna().any()]
    return table.reindex(index=problems, columns=told).fillna(np.inf)


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


def target_costs(targets: pd.DataFrame, frame: pd.DataFrame, quantity: str = "gap") -> pd.DataFrame:
    """(Problem, target) x solvers: expected seconds to reach the target with restarts, infinite where nobody did.

    Steps of all lanes until there or until they stopped, over the lanes that reached it, times the row's seconds per
    step: Hansen et al. 2009, INRIA RR-6828, the expected running time.
    """
    keys = ["run_id", "cell_id", "attempt"]
    rows = measured(frame)
    rows = rows.assign(step_s=rows["time_median_s"] / rows["steps_sum"].astype("float64"))
    joined = targets[targets["quantity"] == quantity].merge(rows[[*keys, "problem", "solver", "step_s"]], on=keys)
    reached = joined["n_reached"].astype("float64")
    seconds = joined["steps_sum"].astype("float64") / reached.where(reached > 0) * joined["step_s"]
    table = joined.assign(seconds=seconds).pivot_table(
        index=["problem", "target"], columns="solver", values="seconds", aggfunc="first", dropna=False
    )
    return table.fillna(np.inf)


def ecdf(table: pd.DataFrame) -> pd.DataFrame:
    """Share of the (problem, target) pairs reached within so many seconds (index)."""
    return _shares(table)


def _shares(costs: pd.DataFrame) -> pd.DataFrame:
    """Per solver the share of rows at or below each cost that occurs."""
    finite = np.unique(costs.to_numpy(float)[np.isfinite(costs.to_numpy(float))])
    steps = {solver: _counts(costs[solver], finite) / len(costs) for solver in costs.columns}
    return pd.DataFrame(steps, index=pd.Index(finite, name="cost"))


def _counts(costs: Iterable[float], at: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.sort(np.asarray(list(costs), float)), at, side="right")
