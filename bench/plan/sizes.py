"""The suite's sizes: what smoke, quick and full mean."""

from fnmatch import fnmatch
from typing import NamedTuple

from solvers.solver import Kind


class Size(NamedTuple):
    """Defaults of a run; every option on the command line overrides its field."""

    problems: str
    solvers: str
    batch: tuple[int, ...]
    dtype: tuple[str, ...]
    solve_steps: int
    """Step limit of solvers of kind `solve`, whose steps are dear and few."""
    descend_steps: int
    costly_steps: int
    """The step limit on costly problems, whatever the kind."""
    numbers: int
    """Without --batch, lanes times n is kept below this, so that large problems get fewer lanes."""
    rounds: int
    timed_s: float
    timeout_s: float
    """Deadline of a cell without --cell-timeout."""
    observe: str
    """on or off; it takes a second compile per cell."""
    scaling: tuple[int, ...]
    """The n of bench_scaling."""
    batches: tuple[int, ...]
    """The batches of bench_batch."""

    def max_steps_for(self, problem: str, kind: Kind) -> int:
        """The step limit of a kind of solver on a problem."""
        limit = self.solve_steps if kind == "solve" else self.descend_steps
        return min(limit, self.costly_steps) if fnmatch(problem, COSTLY) else limit


COSTLY = "mlp-*"
"""Problems of which one gradient costs as much as a whole solve of the others."""


SIZES = {
    "smoke": Size(
        problems="xlogx-sqrt,quadratic-n10,rosenbrock-n2,himmelblau,nist-longley,nist-misra1a-s2",
        solvers="closed-form,newton,gd,adam",
        batch=(64,),
        dtype=("float64",),
        solve_steps=100,
        descend_steps=1000,
        costly_steps=20,
        numbers=2**13,
        rounds=3,
        timed_s=1.0,
        timeout_s=60.0,
        observe="off",
        scaling=(2,),
        batches=(1, 100),
    ),
    "quick": Size(
        problems="xlogx-sqrt,quadratic-n2,quadratic-n10,quadratic-n100,quadratic-n1000,rosenbrock-n2,rosenbrock-n10,"
        "rosenbrock-n100,himmelblau,six-hump-camel,beale,branin,styblinski-tang-n2,styblinski-tang-n5,rastrigin-n2,"
        "nist-longley,nist-filip,nist-norris,nist-pontius,nist-wampler1,nist-misra1a-s?,nist-danwood-s?,nist-rat42-s?,"
        "nist-thurber-s?,nist-mgh09-s?,nist-hahn1-s?,regression-n10,logistic-breast-cancer,mlp-digits",
        solvers="closed-form,newton,gd,adam",
        batch=(128,),
        dtype=("float64",),
        solve_steps=200,
        descend_steps=1000,
        costly_steps=50,
        numbers=2**12,
        rounds=3,
        timed_s=1.0,
        timeout_s=60.0,
        observe="off",
        scaling=(2, 10, 100),
        batches=(1, 100, 10_000, 100_000),
    ),
    "full": Size(
        problems="*",
        solvers="*",
        batch=(4096,),
        dtype=("float64", "float32"),
        solve_steps=500,
        descend_steps=100_000,
        costly_steps=2000,
        numbers=2**18,
        rounds=5,
        timed_s=1.0,
        timeout_s=600.0,
        observe="on",
        scaling=(2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
        batches=(1, 10, 100, 1000, 10_000, 100_000, 1_000_000),
    ),
}
