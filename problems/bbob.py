"""The smooth functions of the bbob suite, through the package bbobax (extra `bbob`): bbob-sphere-n10.

The minimiser is drawn and the function built around it: x* and f* are exact. An instance is drawn from its name, so it
is the same on every machine, and is none of COCO's numbered ones. Functions without a gradient somewhere in the box
(slopes, steps, ridges, cusps, the maximum of Gaussians) are not among them.
"""

from importlib.util import find_spec
from typing import Any
from zlib import crc32

import jax
import numpy as np

from problems.installing import installs
from problems.problem import Problem, Truth
from problems.select import UnknownName

PREFIX = "bbob-"
SMOOTH = {
    "sphere": "Sphere",
    "ellipsoidal": "Ellipsoidal",
    "rastrigin": "Rastrigin",
    "rosenbrock": "Rosenbrock",
    "rosenbrock-rotated": "RosenbrockRotated",
    "ellipsoidal-rotated": "EllipsoidalRotated",
    "discus": "Discus",
    "bent-cigar": "BentCigar",
    "rastrigin-rotated": "RastriginRotated",
    "griewank-rosenbrock": "GriewankRosenbrock",
}
_SIZES = (2, 10)


def names() -> tuple[str, ...]:
    """The sizes that are listed; any n >= 2 can be had."""
    return tuple(f"{PREFIX}{name}-n{n}" for name in SMOOTH for n in _SIZES)


def bbob(name: str) -> Problem:
    """The problem of that full name.

    Raises:
        UnknownName: bbobax is not installed, or there is no such function or size.
    """
    family, _, digits = name.removeprefix(PREFIX).rpartition("-n")
    if family not in SMOOTH or not (digits.isascii() and digits.isdigit() and int(digits) >= 2):
        raise UnknownName(f'no problem "{name}"; there are bbob-NAME-nN, N >= 2, with NAME: {", ".join(SMOOTH)}')
    if find_spec("bbobax") is None or find_spec("flax") is None:
        raise UnknownName(f'"{name}" needs bbobax: {installs("bbob")}')
    import bbobax.bbob

    return _problem(name, getattr(bbobax.bbob, SMOOTH[family])(num_dims=int(digits)))


def _problem(name: str, source: Any) -> Problem:
    def load() -> Any:
        with jax.enable_x64(True):
            return jax.tree.map(np.asarray, source.sample(jax.random.key_data(jax.random.key(crc32(name.encode())))))

    def fn(x: Any, data: Any) -> Any:
        value, penalty = source._value(x, data)
        return (value + penalty + data.f_opt).astype(x.dtype)

    instance = load()
    minimiser = np.asarray(instance.x_opt, np.float64)[None]
    return Problem(
        name=name,
        fn=fn,
        lower=np.full(source.num_dims, -5.0),
        upper=np.full(source.num_dims, 5.0),
        truth=Truth("proved", "the function is built around x*", float(instance.f_opt), minimiser, digits=13.0),
        reference="Hansen, Finck, Ros & Auger 2009, INRIA RR-6829; bbobax (MIT)",
        load=lambda: instance,
        tags=frozenset({"bbob"}),
    )
