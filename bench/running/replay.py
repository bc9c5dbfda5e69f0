"""Hands durations measured in the worker to pytest-benchmark: its table and JSON equal our CSV to the last digit."""

from typing import Any


class ReplayClock:
    """A timer for pytest-benchmark; its time passes only when a recorded round is replayed."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        """The replayed time, in seconds."""
        return self._now

    def __repr__(self) -> str:
        # pytest-benchmark writes the timer's repr into its JSON.
        return "zerograd-replay"

    def replay(self, benchmark: Any, samples: list[float]) -> None:
        """Lets the `benchmark` fixture measure exactly `samples`, in seconds."""
        recorded = iter(samples)

        def rewind() -> None:
            # Every round starts from zero: a running sum would round the last digits of the differences.
            self._now = 0.0

        def one_round() -> None:
            self._now = next(recorded)

        benchmark.pedantic(one_round, setup=rewind, rounds=len(samples))
