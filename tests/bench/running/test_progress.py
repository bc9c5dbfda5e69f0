"""What the line of a run says of the time that is left, worked by hand, and of a failure."""

import io
from dataclasses import replace
from itertools import chain, repeat

from bench.plan.cell import Cell
from bench.running.progress import Progress
from bench.running.worker import Outcome

QUICK = Cell("himmelblau", "newton", 4, "float64", 0, 1e-8, 200, rounds=1, timed_s=0.0)
SLOW = replace(QUICK, solver="adam")


def told(cells, ticks, to_measure=None):
    out = io.StringIO()
    clock = chain(ticks, repeat(ticks[-1]))
    progress = Progress(len(cells), cells if to_measure is None else to_measure, out, live=True, clock=clock.__next__)
    for cell in cells:
        progress.start(cell)
        progress.end(cell, Outcome("ok"))
    return [line.rpartition("  ")[2] for line in out.getvalue().split("\r\x1b[K")[1:]]


def test_what_is_left_is_what_cells_of_the_same_solver_took():
    """2 s of newton, 40 s of adam; then one of adam and two of newton are left."""
    cells = [replace(cell, problem=problem) for problem in ("beale", "branin") for cell in (QUICK, SLOW)]
    ticks = [0, 0, 0, 2, 2, 2, 42, 42, 42, 44]  # begun; then for each cell its start, the line, its end
    assert told([*cells, QUICK], ticks) == [
        "0:00 elapsed, very roughly 10 s left",
        "0:02 elapsed, about 0:08 left",
        "0:42 elapsed, about 0:44 left",
        "0:44 elapsed, about 0:42 left",
        "0:44 elapsed, about 0:02 left",
    ]


def test_cells_that_are_there_already_are_no_measure_of_the_rest():
    cells = [replace(QUICK, problem=problem) for problem in ("beale", "branin", "himmelblau")]
    lines = told(cells, [0, 0, 0, 0, 0, 0, 6, 6, 6, 12], to_measure=cells[1:])
    assert lines == [
        "0:00 elapsed, very roughly 4 s left",
        "0:00 elapsed, very roughly 4 s left",
        "0:06 elapsed, about 0:06 left",
    ]


def test_a_line_without_a_terminal_names_the_status_and_leaves_the_reason_to_the_tables():
    out = io.StringIO()
    progress = Progress(1, [QUICK], out, live=False, clock=lambda: 0.0)
    progress.start(QUICK)
    progress.end(QUICK, Outcome("error", "ArithmeticError: on purpose"))
    assert out.getvalue() == "[1/1] newton-himmelblau-b4-float64  error  0.0 s\n"
