"""What differs between versions of JAX and XLA beyond what they document: each line says what was seen, and where."""

import os

import jax

VERSION = tuple(int(part) for part in jax.__version__.split(".")[:2])

ONE_PASS = VERSION < (0, 12)
"""Are all results of a step of scalars computed in one loop over the lanes (`solvers.kernel.together`)?

It takes a half to a ninth of the time up to 0.11.2. In 0.12.0 most short steps take twice as long by it (adam on beale
2.7 to 3.2 times), and without XLA's optimisations such a loop inside a loop hands back what it was given: wrong ends.
"""

_NO_YNNPACK = "--xla_cpu_experimental_ynn_fusion_type="


def avoid_known_faults() -> None:
    """Sets what keeps XLA from known faults in this process; to be called before its backends start.

    In 0.12.0 XLA:CPU's fusions for the library YNNPACK end the process, by a segmentation fault, when the Hessian of a
    loss with second derivatives in it is compiled for a batch (pinn-poisson, three points): none are made. Other
    versions do not know the flag, and would refuse to start.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if VERSION == (0, 12) and _NO_YNNPACK not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_NO_YNNPACK}".strip()
