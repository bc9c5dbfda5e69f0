"""Problems of the paper that fit a model to a table of observations."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from problems.families.mgh.recipe import Recipe

BARD = "14 18 22 25 29 32 35 39 37 58 73 96 134 210 439"
GAUSSIAN = "9 44 175 540 1295 2420 3521 3989 3521 2420 1295 540 175 44 9"
KOWALIK = "1957 1947 1735 1600 844 627 456 342 323 235 246"
KOWALIK_U = "4 2 1 0.5 0.25 0.167 0.125 0.1 0.0833 0.0714 0.0625"
MEYER = "34780 28610 23650 19630 16370 13720 11540 9744 8261 7030 6005 5147 4427 3820 3307 2872"
OSBORNE_1 = (
    "844 908 932 936 925 908 881 850 818 784 751 718 685 658 628 603 580 558 538 522 506 490 478 467 457 448 438 431 "
    "424 420 414 411 406"
)
OSBORNE_2 = (
    "1366 1191 1112 1013 991 885 831 847 786 725 746 679 608 655 616 606 602 626 651 724 649 649 694 644 624 661 612 "
    "558 533 495 500 423 395 375 372 391 396 405 428 429 523 562 607 653 672 708 633 668 645 632 591 559 597 625 739 "
    "710 729 720 636 581 428 292 162 98 54"
)


def _numbers(text: str, unit: float = 1.0) -> Float[np.ndarray, " m"]:
    return np.array([float(word) for word in text.split()]) / unit


def bard() -> Recipe:
    """Another minimum of f = 17.4286 lies at infinity."""

    def residuals(x: Any, data: Any) -> Any:
        u, v, w, y = data
        return y - (x[0] + u / (v * x[1] + w * x[2]))

    u = np.arange(1.0, 16.0)
    data = (u, 16 - u, np.minimum(u, 16 - u), _numbers(BARD, 100))
    return Recipe(8, residuals, np.ones(3), data=data)


def gaussian() -> Recipe:
    """A bell through fifteen points."""

    def residuals(x: Any, data: Any) -> Any:
        t, y = data
        return x[0] * jnp.exp(-x[1] * (t - x[2]) ** 2 / 2) - y

    return Recipe(9, residuals, np.array([0.4, 1.0, 0.0]), data=((8 - np.arange(1.0, 16)) / 2, _numbers(GAUSSIAN, 1e4)))


def meyer() -> Recipe:
    """Thermistor: NIST's MGH10 from its second start."""

    def residuals(x: Any, data: Any) -> Any:
        t, y = data
        return x[0] * jnp.exp(x[1] / (t + x[2])) - y

    start = np.array([0.02, 4000.0, 250.0])
    return Recipe(10, residuals, start, data=(45 + 5 * np.arange(1.0, 17), _numbers(MEYER)), tags=("ill-conditioned",))


def kowalik_osborne() -> Recipe:
    """Enzyme kinetics; NIST's MGH09 with the 0.0833, 0.167 and 0.0714 of the paper, which rounds as NIST does."""

    def residuals(x: Any, data: Any) -> Any:
        u, y = data
        return y - x[0] * (u**2 + u * x[1]) / (u**2 + u * x[2] + x[3])

    start = np.array([0.25, 0.39, 0.415, 0.39])
    return Recipe(15, residuals, start, data=(_numbers(KOWALIK_U), _numbers(KOWALIK, 1e4)))


def osborne_1() -> Recipe:
    """Two exponentials and a constant: NIST's MGH17 from another start."""

    def residuals(x: Any, data: Any) -> Any:
        t, y = data
        return y - (x[0] + x[1] * jnp.exp(-t * x[3]) + x[2] * jnp.exp(-t * x[4]))

    start = np.array([0.5, 1.5, -1.0, 0.01, 0.02])
    return Recipe(17, residuals, start, data=(10 * np.arange(33.0), _numbers(OSBORNE_1, 1000)))


def osborne_2() -> Recipe:
    """An exponential and three bells through 65 points."""

    def residuals(x: Any, data: Any) -> Any:
        t, y = data
        bells = x[1:4, None] * jnp.exp(-((t - x[8:11, None]) ** 2) * x[5:8, None])
        return y - (x[0] * jnp.exp(-t * x[4]) + bells.sum(axis=0))

    start = np.array([1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5])
    return Recipe(19, residuals, start, data=(np.arange(65.0) / 10, _numbers(OSBORNE_2, 1000)))


RECIPES: dict[str, Callable[[], Recipe]] = {
    "bard": bard,
    "gaussian": gaussian,
    "meyer": meyer,
    "kowalik-osborne": kowalik_osborne,
    "osborne-1": osborne_1,
    "osborne-2": osborne_2,
}
