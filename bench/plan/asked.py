"""What a study measures of what is asked for by name, and the line for what it leaves out."""

from collections.abc import Iterator, Sequence

from bench.plan.cell import Cell
from bench.plan.options import Options


def study_solvers(options: Options, own: tuple[str, ...]) -> tuple[str, ...]:
    """The solvers of a study: its own; of those asked for its own, and all of them where its file is named.

    So `--solvers lbfgs` takes the place of a study's solvers where the study is what is asked for, and adds no study of
    lbfgs to every run of the suite.
    """
    if options.texts["solvers"] is None:
        return own
    return options.solvers if options.named else tuple(name for name in own if name in options.solvers)


def left_out(options: Options, cells: Sequence[Cell]) -> Iterator[str]:
    """The options that the cells of a file do not obey; of a file that is named also names that none of them has."""
    for option in ("budget", "target"):
        asked_for = getattr(options, option) is not None
        if asked_for and any(getattr(cell, _FIELDS[option]) is None for cell in cells):
            yield f"--{option} {options.texts[option]}"
    if options.named:
        yield from _missing_names(options, cells)


_FIELDS = {"budget": "budget_s", "target": "target"}


def _missing_names(options: Options, cells: Sequence[Cell]) -> Iterator[str]:
    measured = {"solvers": {name for cell in cells for name in (cell.solver, cell.peer)}}
    measured["problems"] = {cell.problem for cell in cells}
    asked = {
        "solvers": () if options.texts["solvers"] is None else options.solvers,
        "problems": options.asked_problems,
    }
    for option, names in asked.items():
        if missing := [name for name in names if name not in measured[option]]:
            yield f"--{option} {','.join(missing[:_SHOWN])}" + (",.." if len(missing) > _SHOWN else "")


_SHOWN = 5
"""Names in the line."""
