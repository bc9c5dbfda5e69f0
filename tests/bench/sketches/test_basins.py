"""Basins: each start of the grid in its place, coloured by where the referee says it ended."""

import numpy as np
import pytest

from bench import cli
from bench.sketches.basins import basin
from problems import get


def test_root_finding_lands_on_all_kinds_and_descent_on_minima():
    himmelblau = get("himmelblau")
    newton, gd = (basin(himmelblau, solver, side=24) for solver in ("newton", "gd"))
    assert newton.shares.keys() == {"minimum", "saddle", "maximum"}
    assert sum(newton.shares.values()) == pytest.approx(1)
    assert gd.shares == {"minimum": 1.0}


def test_a_pixel_is_where_its_start_is():
    """Descent on Himmelblau: four basins around four minima, one a quadrant; rows count x2 from below."""
    image = basin(get("himmelblau"), "gd", side=24).image
    corners = image[[0, 0, -1, -1], [0, -1, 0, -1]].astype(float)
    hues = corners / corners.sum(axis=1, keepdims=True)
    apart = np.abs(hues[:, None] - hues).sum(axis=2)[~np.eye(4, dtype=bool)]
    assert apart.min() > 0.05
    lower_left, upper_right = image[:8, :8].reshape(-1, 3), image[-8:, -8:].reshape(-1, 3)
    for block, corner in ((lower_left, hues[0]), (upper_right, hues[3])):
        of = block / block.sum(axis=1, keepdims=True, dtype=float)
        assert (np.abs(of - corner).sum(axis=1) < 0.05).all()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["rosenbrock-n10"], "a picture of the plane needs two variables; rosenbrock-n10 has 10"),
        (["himmelblau", "--solvers", "closed-form"], "closed-form on himmelblau: has no starts"),
        (["himmelblau", "--solvers", "gauss-newton"], "no residuals: not a sum of squares"),
        (["himmelblo"], "nearest: himmelblau"),
    ],
)
def test_what_has_no_basins_says_why(words, reason, tmp_path, capsys):
    assert cli.main(["plot", "basins", *words, "-o", str(tmp_path / "x.png")]) == 2
    assert reason in capsys.readouterr().err


def test_a_contour_is_a_file(tmp_path):
    assert cli.main(["plot", "contour", "branin", "-o", str(tmp_path / "branin.png")]) == 0
    assert (tmp_path / "branin.png").stat().st_size > 10_000
