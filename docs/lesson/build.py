"""Runs the lesson and writes it as a notebook and as a page; with --check it only runs it."""

import base64
import contextlib
import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class Part(NamedTuple):
    """A cell of the lesson: text, or code with what it printed and the picture that it ends on."""

    text: bool
    source: str
    printed: str = ""
    picture: bytes = b""


def parts(text: str) -> Iterator[Part]:
    """The cells of a source in the percent format."""
    for cell in text.split("\n# %%")[1:]:
        head, _, body = cell.partition("\n")
        lines = body.strip("\n").split("\n")
        is_text = "[markdown]" in head
        uncommented = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)
        yield Part(is_text, uncommented if is_text else body.strip("\n"))


def executed(cells: list[Part]) -> Iterator[Part]:
    """The cells with what they print and draw; whatever a cell asserts and is not so ends the run."""
    names: dict[str, Any] = {"__name__": "lesson"}
    for cell in cells:
        yield cell if cell.text else _run(cell, names)


def _run(cell: Part, names: dict[str, Any]) -> Part:
    told, lines = io.StringIO(), cell.source.split("\n")
    with contextlib.redirect_stdout(told):
        exec(compile(cell.source, "lesson.py", "exec"), names)
    shown = names[lines[-1]] if lines[-1].isidentifier() else None
    printed = told.getvalue() if shown is None else ""  # where a picture was put is nobody's business
    return cell._replace(printed=printed, picture=_smaller(shown._repr_png_()) if shown is not None else b"")


def _smaller(png: bytes) -> bytes:
    """Half as wide and in 256 colours: a repository keeps it for ever."""
    from PIL import Image

    target = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").reduce(2).quantize(256, Image.Quantize.FASTOCTREE).save(
        target, format="png", optimize=True
    )
    return target.getvalue()


def notebook(cells: list[Part]) -> str:
    """As nbformat 4.5."""
    written = [_written(number, cell) for number, cell in enumerate(cells)]
    python = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": written, "metadata": python, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def _written(number: int, cell: Part) -> dict[str, Any]:
    common = {"id": f"cell-{number}", "metadata": {}, "source": cell.source.splitlines(keepends=True)}
    if cell.text:
        return {"cell_type": "markdown"} | common
    outputs: list[dict[str, Any]] = []
    if cell.printed:
        outputs.append({"output_type": "stream", "name": "stdout", "text": cell.printed.splitlines(keepends=True)})
    if cell.picture:
        data = {"image/png": base64.b64encode(cell.picture).decode()}
        outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    return {"cell_type": "code", "execution_count": number, "outputs": outputs} | common


def page(cells: list[Part]) -> str:
    """As Markdown, pictures in files beside it."""
    pieces = []
    for number, cell in enumerate(cells):
        pieces.append(cell.source if cell.text else f"```python\n{cell.source}\n```")
        if cell.printed:
            pieces.append(f"```\n{cell.printed.rstrip()}\n```")
        if cell.picture:
            pieces.append(f"![the picture of the cell above](picture-{number}.png)")
    return "\n\n".join(pieces) + "\n"


def main(words: list[str]) -> None:
    """Runs everything; writes unless told to check only."""
    sys.path.insert(0, str(ROOT))
    began = time.perf_counter()
    cells = list(executed(list(parts("\n" + (HERE / "lesson.py").read_text(encoding="utf-8")))))
    if "--check" not in words:
        (HERE / "lesson.ipynb").write_text(notebook(cells), encoding="utf-8")
        (HERE / "README.md").write_text(page(cells), encoding="utf-8")
        for number, cell in enumerate(cells):
            if cell.picture:
                (HERE / f"picture-{number}.png").write_bytes(cell.picture)
    print(f"the lesson holds: {sum(not cell.text for cell in cells)} cells in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
