"""The verb that writes the page of runs."""

from argparse import Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path

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


def _save_basins(name: str, folder: Path) -> None:
    from bench.commands.plot import draw_basins, save  # only this needs JAX

    path = inside(folder, f"basins/{name}.png")
    path.parent.mkdir(exist_ok=True)
    with pictures.style():
        save(draw_basins(name, BASINS), path, dpi=130)
