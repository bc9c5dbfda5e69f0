"""What decides how a batch is run, as numbers: one row per kind of device. Those of the CPU are measured.

How they were measured stands in docs/performance-log.md; those of a GPU follow from the card's own limits.
"""

from typing import NamedTuple

from solvers.engine.forms import BATCH_FIRST, BATCH_LAST, SCALARS, Form
from solvers.transforms.target import target


class Tuning(NamedTuple):
    """What a kind of device wants."""

    # In which form the points lie.
    few: int
    """Up to so many variables a system is solved in straight-line code, whatever its structure."""
    written_out: int
    """Variables that a diagonal Hessian may have in scalar code: vectors are as fast with more, and compile at once."""
    most_carried: int
    """Numbers that scalar code carries from one short step to the next."""
    long_evaluation: int
    """Numbers written by an evaluation, beyond which the shortest code, of rows, is the best for expensive steps."""

    # How many lanes are active.
    widths: dict[Form, tuple[int, int, int]]
    """Fewest active lanes, numbers that all of them may work on, and most lanes."""
    vector: int
    """Where lanes lie beside each other, a multiple of it is done in whole vectors, without a rest."""
    odd_vectors: int
    """From so many vectors on an odd number: arrays a power of two apart would share a few places of the cache."""
    worth_a_device: int
    """Numbers of a step for which another device is started."""

    # How they are stepped.
    expensive: int
    """Numbers of a lane's step beyond which it costs more than to write a result and to load a start."""
    chunk: dict[Form, int]
    """Steps between two looks at whether any lane still runs."""
    long_chunk: int
    """Of the shortest steps."""
    unroll: int
    """Short steps of scalars made in one pass over the lanes."""
    waiting: dict[Form, float]
    """The part of the active lanes that may stop before they are replaced."""
    early_exit: bool
    """Does a chunk of expensive steps look after every one of them whether any lane still runs?"""

    # The fused kernel.
    resident: int
    """Blocks of it that the device holds at once, at most; 0 where there is no such kernel."""
    worth_a_queue: int
    """Times as many lanes as are held at once, from which blocks share a queue."""


_CHUNK, _WAITING = {SCALARS: 8, BATCH_LAST: 4, BATCH_FIRST: 4}, {SCALARS: 1 / 2, BATCH_LAST: 1 / 8, BATCH_FIRST: 1 / 8}
CPU = Tuning(
    few=3,
    written_out=12,
    most_carried=12,  # a loop over the lanes that makes more is not vectorised
    long_evaluation=2**11,
    widths={
        SCALARS: (32, 2**17, 2064),
        BATCH_LAST: (32, 2**17, 528),
        BATCH_FIRST: (1, 2**20, 1024),
    },  # what stays near the core
    vector=16,
    odd_vectors=16,
    worth_a_device=2**16,  # to start a program on a device costs as much as some short steps
    expensive=2**14,
    chunk=_CHUNK,
    long_chunk=16,
    unroll=2,  # with more steps, or longer operations, there are too few registers
    waiting=_WAITING,
    early_exit=True,
    resident=0,
    worth_a_queue=0,
)
GPU = CPU._replace(
    few=2**10,
    most_carried=2**10,
    long_evaluation=0,  # libraries factor matrices of many lanes in one call
    # All lanes at once, up to 8 GiB of float64 worked on (10 GiB compiled, at most): an H100 runs 270 336 threads, a
    # refill waits for the host, and of newton on logistic-breast-cancer 150 lanes at once took 0.28 of the time of 37.
    widths=dict.fromkeys((SCALARS, BATCH_LAST, BATCH_FIRST), (1, 2**30, 2**20)),
    early_exit=False,  # each look is a copy to the host that everything waits for
    resident=132 * 32,  # an H100: 32 blocks on each multiprocessor; where fewer have room, the others end at once
    worth_a_queue=2,
)
"""Else as the CPU's: chunks of other lengths would give a lane that stalls another number of steps there."""


def tuning() -> Tuning:
    """That of the device that programs are made for."""
    return CPU if target() == "cpu" else GPU
