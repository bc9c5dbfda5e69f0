"""Cost against n: which solver is fastest at each size of a family, and where the lead changes hands."""

from collections.abc import Iterator, Mapping
from itertools import groupby, pairwise

import pandas as pd
from rich.console import Console
from rich.text import Text

from results.analysis.costs import Cost, cost, leaders
from results.format import duration, listed

FEWEST_SIZES = 3
"""A family with fewer sizes tells nothing about growth."""
Costs = Mapping[int, Mapping[str, Cost]]
"""Per size and solver, of those that reach a minimum."""


def render_scaling(frame: pd.DataFrame, out: Console) -> None:
    """Prints, for every family with three sizes or more, the time per minimum against n and the crossovers."""
    for name, costs in _families(frame):
        solvers = list(dict.fromkeys(solver for of_size in costs.values() for solver in of_size))
        out.print()
        out.print(Text(f"{name}: time per minimum against n, failures charged", style="bold"))
        out.print("  " + "n".rjust(6) + "".join(solver.rjust(14) for solver in solvers), soft_wrap=True)
        for n, of_size in costs.items():
            out.print(f"  {n:6}" + "".join(_cell(of_size.get(solver)) for solver in solvers), soft_wrap=True)
        for line in crossovers(costs):
            out.print(f"  -> {line}", markup=False)


def crossovers(costs: Costs) -> list[str]:
    """Who is fastest, and where that changes between two neighbouring sizes; solvers that are level lead together."""
    lead = [(n, frozenset(leaders(of_size))) for n, of_size in costs.items() if of_size]
    spans = [(names, [n for n, _ in span]) for names, span in groupby(lead, key=lambda each: each[1])]
    if len(spans) == 1:
        (names, sizes), *_ = spans
        return [f"{_claim(names)} at every n from {sizes[0]} to {sizes[-1]}."]
    return [
        f"{_claim(before)} up to n = {sizes[-1]}, {listed(sorted(after))} from n = {larger[0]}."
        for (before, sizes), (after, larger) in pairwise(spans)
    ]


def _claim(names: frozenset[str]) -> str:
    return f"{listed(sorted(names))} {'is' if len(names) == 1 else 'are'} fastest"


def _families(frame: pd.DataFrame) -> Iterator[tuple[str, Costs]]:
    """Per family and dtype, of the solvers that have starts; of several batches the one with the cheapest minimum."""
    rows = frame[(frame["status"] == "ok") & frame["peer"].isna() & (frame["solver_kind"] != "exact")]
    named = rows.assign(family=rows["problem"].str.extract(r"^(.+)-n\d+$", expand=False))
    for (family, dtype), of_family in named.groupby(["family", "dtype"], sort=False):
        costs: dict[int, dict[str, Cost]] = {n: {} for n in sorted(of_family["n_dim"].unique())}
        for row in of_family.itertuples():
            if (found := cost(row)) is not None:
                costs[row.n_dim][row.solver] = min(found, costs[row.n_dim].get(row.solver, found))
        costs = {n: of_size for n, of_size in costs.items() if of_size}
        if len(costs) >= FEWEST_SIZES and len({solver for of_size in costs.values() for solver in of_size}) > 1:
            yield f"{family} ({dtype})", costs


def _cell(found: Cost | None) -> str:
    return ("-" if found is None else duration(found.seconds)).rjust(14)
