"""Stories and paths: the points are those of the compiled solver, and the pictures show what they are to show."""

import numpy as np
import pytest

from bench import cli
from bench.commands.plot import _map
from bench.sketches.paths import first_point, trail
from problems import get
from results.pictures import planes
from results.pictures.studies import style


def test_newtons_way_is_the_one_worked_by_hand():
    """f' = ln x + 1 - 1/(2 sqrt x), f'' = 1/x + 1/(4 x^1.5)."""
    problem, x = get("xlogx-sqrt"), 0.2
    way = trail(problem, "newton", np.array([x]))
    for point in way.points[:-1, 0]:
        assert point == pytest.approx(x, rel=1e-9)
        x -= (np.log(x) + 1 - 0.5 / np.sqrt(x)) / (1 / x + 0.25 * x**-1.5)
    assert (way.end, way.steps) == ("minimum", len(way.points) - 1)
    assert way.points[-1, 0] == pytest.approx(problem.truth.minimisers[0, 0], rel=1e-9)


def test_a_start_outside_the_box_is_one_line():
    problem = get("himmelblau")
    assert first_point(problem, "1,-2").tolist() == [1, -2]
    for wrong in ("1", "1,9", "a,b"):
        with pytest.raises(ValueError, match=r"give 2 numbers within -5 to 5, -5 to 5, as in 1,2\.5"):
            first_point(problem, wrong)


@pytest.mark.parametrize("words", ["story xlogx-sqrt", "path himmelblau --solvers newton,gd --start 1.4,-2.3"])
def test_the_pictures_are_drawn(words, tmp_path):
    target = tmp_path / "picture.svg"
    assert cli.main(["plot", *words.split(), "-o", str(target)]) == 0
    drawn = target.read_text()
    if words.startswith("story"):
        assert "closed form: 0.675841" in drawn
        assert "newton: " in drawn
    if words.startswith("path"):
        assert "steps, saddle" in drawn


def test_a_story_needs_one_variable(tmp_path, capsys):
    assert cli.main(["plot", "story", "himmelblau", "-o", str(tmp_path / "x.svg")]) == 2
    assert capsys.readouterr().err == "error: a story needs one variable; himmelblau has 2\n"
    assert cli.main(["plot", "story", "xlogx-sqrt", "--solvers", "gd", "-o", str(tmp_path / "x.svg")]) == 2
    assert "a story is of two solvers" in capsys.readouterr().err


def test_rosenbrocks_lines_close_round_its_minimum():
    name, heights, box, points = _map("rosenbrock-n2")
    with style():
        (ax,) = planes.contour(name, heights, box, points).axes
    lines = [path for drawn in ax.collections for path in drawn.get_paths() if drawn.get_facecolor().size == 0]
    closed = [line for path in lines for line in path.to_polygons(closed_only=False) if np.allclose(line[0], line[-1])]
    assert any(_encloses(line, (1.0, 1.0)) for line in closed)


def _encloses(line, point):
    turns = np.unwrap(np.arctan2(*(line - point).T[::-1]))
    return abs(turns[-1] - turns[0]) > 6
