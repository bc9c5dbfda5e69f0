"""Two solvers over the same problems: how much less one pays for a minimum, with an interval."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from results.format import factor
from results.outside.apart import own_rows

_KEY = ["problem", "batch", "dtype", "device"]
_RESAMPLES = 10_000
_FEWEST = 5
"""Pairs from which an interval is shown."""


class Paired(NamedTuple):
    """What a comparison of two solvers over problems yields."""

    first: str
    second: str
    ratios: np.ndarray
    """Per problem, what the second pays for a minimum over what the first does; of several batches the mean."""
    only_first: int
    """Problems on which only the first ends on minima."""
    only_second: int
    neither: int

    @property
    def mean(self) -> float:
        """The geometric mean of the ratios."""
        return float(np.exp(np.log(self.ratios).mean()))

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between which the mean lies in 95 of 100 resamples of the problems; None of fewer than five."""
        if self.ratios.size < _FEWEST:
            return None
        picks = np.random.default_rng(0).integers(self.ratios.size, size=(_RESAMPLES, self.ratios.size))
        low, high = np.quantile(np.log(self.ratios)[picks].mean(axis=1), [0.025, 0.975])
        return float(np.exp(low)), float(np.exp(high))


def paired(first: pd.DataFrame, one: str, second: pd.DataFrame, other: str) -> Paired:
    """Solver `one` of the first rows against `other` of the second, on the cells that both have.

    Raises:
        ValueError: a solver that is in no row, or no cell in common; the message says which there are.
    """
    mine, theirs = _prices(first, one), _prices(second, other)
    both = mine.add_suffix("_first").join(theirs.add_suffix("_second"), how="inner")
    if both.empty:
        raise ValueError(f"{one} and {other} have no problem, batch and dtype in common")
    logs = np.log(both["price_second"] / both["price_first"]).groupby("problem").mean()
    ends = both.notna().groupby("problem").any()[logs.isna()]
    mine_alone = ends["price_first"] & ~ends["price_second"]
    theirs_alone = ends["price_second"] & ~ends["price_first"]
    rest = len(ends) - int(mine_alone.sum()) - int(theirs_alone.sum())
    return Paired(one, other, np.exp(logs.dropna().to_numpy()), int(mine_alone.sum()), int(theirs_alone.sum()), rest)


def _prices(rows: pd.DataFrame, solver: str) -> pd.DataFrame:
    """Seconds for each start that ended on a minimum, by cell; missing where none did."""
    own = own_rows(rows)
    found = own[own["solver"].eq(solver) & own["peer"].isna()]
    if found.empty:
        raise ValueError(f'no row is of the solver "{solver}"; there are: {", ".join(sorted(own["solver"].unique()))}')
    some = found["status"].eq("ok") & found["n_minimum"].gt(0)
    price = (found["time_median_s"] / found["n_minimum"]).where(some)
    return found[_KEY].assign(price=price.astype(float)).groupby(_KEY)[["price"]].first()


def as_sentence(found: Paired) -> str:
    """The comparison in words."""
    told = f"{found.first} against {found.second}, time for each start that ends on a minimum"
    if found.ratios.size:
        faster = found.mean >= 1
        low_high = found.interval
        interval = ""
        if low_high:
            low, high = low_high if faster else (1 / low_high[1], 1 / low_high[0])
            interval = f" (95 % interval {factor(low)} to {factor(high)})"
        told += f", paired over {found.ratios.size} problems: {factor(max(found.mean, 1 / found.mean))} "
        told += f"{'faster' if faster else 'slower'}{interval}; faster on {int((found.ratios > 1).sum())} of them"
    else:
        told += ": no problem on which both reach one"
    alone = (
        (found.only_first, f"only {found.first} reaches minima"),
        (found.only_second, f"only {found.second} does"),
        (found.neither, "neither does"),
    )
    return "; ".join([told, *(f"on {count} more {what}" for count, what in alone if count)]) + "."
