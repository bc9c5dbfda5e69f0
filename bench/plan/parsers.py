"""Texts of options made values: what cannot be one is a line that says what was got and what is allowed."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.ending import UsageError
from bench.machine.group import Group
from results.text import is_utf8, legible

LONGEST_S = 10**6
"""The system waits for a pipe at most 2^31 ms."""


class Shard(NamedTuple):
    """Part `part` of `of`, counted from 1."""

    part: int
    of: int


def choice(name: str, allowed: Sequence[str]) -> Callable[[str], str]:
    """One of the words allowed."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise UsageError(f'--{name} "{text}" is not known; allowed: {", ".join(allowed)}')
        return text

    return parse


def comma_list(parse: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Each once, separated by commas."""
    return lambda text: tuple(dict.fromkeys(parse(part.strip()) for part in text.split(",")))


def number(name: str, kind: type[int] | type[float], above: float, most: float) -> Callable[[str], Any]:
    """A number greater than `above` and at most `most`: more cannot be held by what it is handed to."""
    what, limit = ("a whole number", f"{most}") if kind is int else ("a number", f"{most:g}")

    def parse(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            value = float("nan")
        if not above < value <= most:
            raise UsageError(f'--{name} "{text}" is not allowed; give {what} greater than {above:g}, at most {limit}')
        return value

    return parse


def span_s(name: str, most: float) -> Callable[[str], float]:
    """2s, 500ms, or 2, which is in seconds."""

    def parse(text: str) -> float:
        found = re.fullmatch(r"([0-9.]+(?:e-?[0-9]+)?)\s*(ms|s|)", text.strip())
        try:
            value = float(found[1]) / (1000 if found[2] == "ms" else 1) if found else float("nan")
        except ValueError:
            value = float("nan")
        if not 0 < value <= most:
            raise UsageError(f'--{name} "{text}" is not allowed; give seconds, at most {most:g}: 2, 2s or 500ms')
        return value

    return parse


def switch(name: str) -> Callable[[str], bool]:
    """On or off."""
    return lambda text: choice(name, ("on", "off"))(text) == "on"


def path(name: str) -> Callable[[str], Path]:
    """Of the option or argument `name`; files that are written name it in UTF-8, so it must be."""

    def parse(text: str) -> Path:
        if not is_utf8(text):
            raise UsageError(f'{name} "{legible(text)}" is not UTF-8; give a path that is, or rename it')
        return Path(text)

    return parse


def shard(text: str) -> Shard:
    """I/N; of a million machines at most."""
    index, _, of = text.partition("/")
    small = re.fullmatch(r"[0-9]{1,6}", index) and re.fullmatch(r"[0-9]{1,6}", of)
    if not small or not 1 <= int(index) <= int(of):
        raise UsageError(f'--shard "{text}" is not understood; give I/N with 1 <= I <= N, as in 1/2')
    return Shard(int(index), int(of))


def address(text: str) -> str:
    """Of a Ray cluster."""
    if text != "local" and not _has_port(text.removeprefix("ray://")):
        raise UsageError(f'--cluster "{text}" is not understood; give local, HOST:PORT or ray://HOST:PORT')
    return text


def process_group(text: str) -> Group:
    """The processes that measure together."""
    if text == "auto":
        return Group()
    part, _, address = text.partition("@")
    if not _has_port(address):
        raise UsageError(
            f'--distributed "{text}" is not understood; give auto or I/N@HOST:PORT, as in 1/2@127.0.0.1:9876'
        )
    return Group(*shard(part), address)


def _has_port(address: str) -> bool:
    """Is it HOST:PORT?"""
    found = re.fullmatch(r"[\w.\[\]:-]+:([0-9]{1,5})", address)
    return found is not None and int(found[1]) < 2**16
