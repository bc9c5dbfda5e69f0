"""Several processes, of one machine or many, as one."""

from typing import NamedTuple


class Group(NamedTuple):
    """Several processes that run the same cells together; process `part` of `of`, counted from 1."""

    part: int = 0
    of: int = 0
    address: str | None = None
    """HOST:PORT where the first process listens; None to find all of it from SLURM, Open MPI or Kubernetes."""
