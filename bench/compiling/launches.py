"""What a program compiled for a GPU does there, read off its optimised HLO: launches, loops, waits of the host."""

import re
from typing import NamedTuple

_NOTHING = frozenset((
    *("parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all", "partition-id", "replica-id"),
    *("copy-done", "async-done", "all-reduce-done", "while", "conditional", "call"),
))  # fmt: skip
"""Instructions that start nothing on the device, or whose parts are counted one by one."""


class Loop(NamedTuple):
    """A loop of the program, as the host runs it, without the loops inside it."""

    depth: int
    launches: int
    """Of one pass, its condition included."""
    waits: int
    """How often the host waits for the device in a pass: for a condition, unless the number of passes is known."""


class Launches(NamedTuple):
    """Of a program."""

    once: int
    """Kernels, copies and library calls outside of loops."""
    waits: int
    """How often the host waits outside of loops, before the end."""
    loops: tuple[Loop, ...]

    @property
    def text(self) -> str:
        """For a table: 2, or 12 + (4, 2 waits) a pass of each loop."""
        return " + ".join([str(self.once), *(f"({loop.launches}, {loop.waits} waits)" for loop in self.loops)])


class _Instruction(NamedTuple):
    opcode: str
    line: str


class _Module(NamedTuple):
    entry: str
    computations: dict[str, list[_Instruction]]


def count(hlo: str) -> Launches:
    """Counts the launches of an optimised HLO module, given as text."""
    module = _module(hlo)
    loops: list[Loop] = []
    once, waits = _part(module, module.entry, loops, 0)
    return Launches(once, waits, tuple(loops))


def _module(hlo: str) -> _Module:
    entry, computations = "", {}
    for block in re.split(r"\n(?=(?:ENTRY )?%?[\w.\-]+ (?:\(|\{))", hlo):
        first, *lines = block.strip().splitlines() or [""]
        if match := re.match(r"(ENTRY )?%?([\w.\-]+) ", first):
            entry = match[2] if match[1] else entry
            computations[match[2]] = [_Instruction(m[1], line) for line in lines if (m := _INSTRUCTION.search(line))]
    return _Module(entry, computations)


_INSTRUCTION = re.compile(r"^\s+(?:ROOT )?%?[\w.\-]+ = .*?\s([a-z][\w\-]*)\(")


def _part(module: _Module, name: str, loops: list[Loop], depth: int) -> tuple[int, int]:
    """Launches and waits of a computation; its loops are added to `loops`, outer ones first."""
    launches = waits = 0
    for opcode, line in module.computations[name]:
        if opcode == "while":
            place = len(loops)
            known = "known_trip_count" in line
            parts = ["body"] if known else ["body", "condition"]
            passes = [_part(module, _called(line, part), loops, depth + 1) for part in parts]
            within = sum(w for _, w in passes) + (not known)
            loops.insert(place, Loop(depth, sum(n for n, _ in passes), within))
        elif opcode == "conditional":
            branches = [_part(module, branch, loops, depth) for branch in _branches(line)]
            launches, waits = launches + max(n for n, _ in branches), waits + 1 + max(w for _, w in branches)
        elif opcode == "call":
            inner = _part(module, _called(line, "to_apply"), loops, depth)
            launches, waits = launches + inner[0], waits + inner[1]
        elif opcode not in _NOTHING:
            launches += 1
    return launches, waits


def _branches(line: str) -> list[str]:
    listed = re.search(r"branch_computations=\{([^}]*)\}", line)
    if listed:
        return listed[1].replace("%", "").split(", ")
    return [_called(line, f"{side}_computation") for side in ("true", "false")]


def _called(line: str, role: str) -> str:
    match = re.search(rf"{role}=%?([\w.\-]+)", line)
    if match is None:
        raise ValueError(f"no {role} in: {line.strip()[:120]}")
    return match[1]
