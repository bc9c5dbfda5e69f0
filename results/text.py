"""Texts from outside, whatever the locale: what is written is UTF-8, and no letter ends a run."""

import codecs
import os
from typing import Any, TextIO


def legible(value: Any) -> Any:
    """A text, or a mapping or list with texts anywhere in it, such that UTF-8 can hold it.

    Under a locale that is not UTF-8 Python hands on the bytes of names and arguments that it cannot decode as lone
    surrogates (PEP 383). They are decoded as UTF-8 here, what is not even that becomes U+FFFD.
    """
    if isinstance(value, str):
        return value if value.isascii() else _decoded(value)
    if isinstance(value, dict):
        return {legible(key): legible(held) for key, held in value.items()}
    return [legible(held) for held in value] if isinstance(value, list | tuple) else value


def _decoded(text: str) -> str:
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:  # surrogates that are no bytes: not from the system
        return text.encode("utf-8", "replace").decode("utf-8")


def is_utf8(name: str) -> bool:
    """Are the bytes of a path or an argument, as the system has them, UTF-8?"""
    try:
        os.fsencode(name).decode("utf-8")
    except UnicodeError:
        return False
    return True


def forgiving(stream: TextIO) -> TextIO:
    """The stream, made to write as UTF-8 what its own encoding lacks; streams that cannot be told so are left alone."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors=_AS_UTF8)
    return stream


def _as_utf8(problem: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    return legible(problem.object[problem.start : problem.end]).encode("utf-8"), problem.end


_AS_UTF8 = "zerograd-as-utf-8"
codecs.register_error(_AS_UTF8, _as_utf8)
