"""The verb that writes the page of runs."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from bench.commands.arguments import BASINS
from bench.ending import usage
from results.files import inside
from results.pictures import studies as pictures
from results.report.build import write_report


def run(words: Namespace) -> Iterator[str]:
    """Writes the page and says where."""
    first = words.runs[0]
    folder = first if first.is_dir() else first.parent
    target = words.output or folder / "report.html"
    if words.plugin:
        from bench.plan.options import resolve

        resolve({"plugin": words.plugin}, Path.cwd())
    for name in filter(None, map(str.strip, words.basins.split(","))):
        usage(partial(_save_basins, name, folder))
    yield f"report: {usage(lambda: write_report(words.runs, target))}"


def _save_basins(name: str, folder: Path, side: int | None = None, device: str = "auto") -> None:
    from bench.commands.plot import draw_basins, save  # only this needs JAX

    path = inside(folder, f"basins/{name}.png")
    path.parent.mkdir(exist_ok=True)
    with pictures.style():
        save(draw_basins(name, BASINS, side, device), path, dpi=130)


def save_telling_basins(frame: Any, folder: Path) -> None:
    """Draws the basins of the problem of two variables at which most roots of newton are no minima, if there is one.

    Coarse, since it is drawn at the end of a run, and on the CPU, where the run was.
    """
    rows = frame[frame["n_dim"].eq(2) & frame["solver"].eq("newton") & frame["status"].eq("ok") & frame["study"].isna()]
    astray = (rows["frac_stationary"] - rows["frac_minimum"]).astype(float)
    if (astray > 0).any() and set(rows["device"]) == {"cpu"}:
        with suppress(ValueError, OSError):  # the page does without
            _save_basins(str(rows.loc[astray.idxmax(), "problem"]), folder, _COARSE, "cpu")


_COARSE = 192
