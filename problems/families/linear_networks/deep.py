"""A linear network of layers of one unit, with weight decay: all stationary points, complex ones too, by hand.

The decay leaves isolated points of what are flat valleys without it (Mehta, Chen, Tang & Hauenstein 2018, "The loss
surface of deep linear networks viewed through the algebraic geometry lens", arXiv:1810.07716).
"""

from itertools import product
from typing import Any

import numpy as np

from problems.problem import Problem, Truth

_SLOPE, _DECAY = 2.0, 0.25
"""What the network is to multiply by, and its decay."""
_DEEPEST = 12
"""Layers: 2^n + 1 points are written down."""


def deep_linear(n: int) -> Problem:
    """1/2 (w_1 w_2 ... w_n - 2)^2 + 1/8 |w|^2 on [-2, 2]^n: n layers of one unit each.

    w_i df/dw_i = 0 reads (p - 2) p + w_i^2 / 4 = 0, p the product: all w_i^2 are one s, and p^2 = s^n. So real points
    other than 0 have |w_i| = u with u^(2n-2) - 2 u^(n-2) + 1/4 = 0 and an even number of negative weights; for n > 2
    the equation has two positive roots (Descartes' rule of signs), the larger of minima, and 0 is a minimum, too.
    Complex ones are (n - 1) 2^n + 1.
    """
    if not 2 <= n <= _DEEPEST:
        raise ValueError(f"deep-linear needs n >= 2 and n <= {_DEEPEST}")
    signs = np.array([s for s in product((1.0, -1.0), repeat=n) if np.prod(s) > 0])
    points = np.concatenate([np.zeros((1, n)), *(u * signs for u in _sizes(n))])
    heights = np.array([float(_loss(w)) for w in points])
    lowest = np.isclose(heights, heights.min(), rtol=1e-12)
    source = "all weights have one size; Descartes' rule of signs"
    return Problem(
        name=f"deep-linear-n{n}",
        fn=lambda w, data: _loss(w),
        lower=np.full(n, -2.0),
        upper=np.full(n, 2.0),
        truth=Truth("proved", source, float(heights.min()), points[lowest], points, True, 15.0),
        reference="Mehta, Chen, Tang & Hauenstein 2018, arXiv:1810.07716",
        load=lambda: np.zeros(0),
        tags=frozenset({"multimodal", "neural-network"}),
    )


def _loss(w: Any) -> Any:
    return (w.prod() - _SLOPE) ** 2 / 2 + _DECAY * (w * w).sum() / 2


def _sizes(n: int) -> list[float]:
    """The positive roots of u^(2n-2) - 2 u^(n-2) + 1/4, by bisection between their turning point and the ends."""
    if n == 2:
        return [float(np.sqrt(_SLOPE - _DECAY))]

    def slope(u: float) -> float:
        return u ** (2 * n - 2) - _SLOPE * u ** (n - 2) + _DECAY

    turn = (_SLOPE * (n - 2) / (2 * n - 2)) ** (1 / n)
    return [_bisected_between(slope, *ends) for ends in ((0.0, turn), (_SLOPE, turn))]


def _bisected_between(slope: Any, above: float, below: float) -> float:
    """The root between a place where the function is positive and one where it is negative."""
    for _ in range(100):
        middle = (above + below) / 2
        above, below = (middle, below) if slope(middle) > 0 else (above, middle)
    return above
