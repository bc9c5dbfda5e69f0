"""Folders and archives of files: what is in them comes into memory, under its name, and nothing of it onto the disk."""

import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

MOST_UNPACKED = 500_000_000
"""Bytes that a folder or an archive may hold."""
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError)
"""What reading a damaged, a torn or an encrypted archive raises."""


class _Member(NamedTuple):
    name: str
    size: int
    read: Callable[[], bytes]


def gathered(path: Path, endings: tuple[str, ...]) -> dict[str, bytes]:
    """The files of a folder, and of the folders in it, whose names end so; no link is followed.

    Raises:
        ValueError: they are too large together.
    """
    return _within_limit(_in_folder(path, endings), path, endings)


def unpacked(content: bytes, path: Path, endings: tuple[str, ...]) -> dict[str, bytes] | None:
    """The files of a .zip, .tar or .tgz whose names end so; None if it is no archive.

    Raises:
        ValueError: it is torn or damaged, or unpacks to too much.
    """
    file = io.BytesIO(content)
    try:
        if content.startswith(_ZIPPED) or zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                return _within_limit(_in_zip(archive), path, endings)
        file.seek(0)
        if content.startswith(_COMPRESSED) or content[257:262] == b"ustar":
            with tarfile.open(fileobj=file) as tape:
                return _within_limit(_in_tar(tape), path, endings)
    except _DAMAGE as damage:
        raise ValueError(f"{path} is a torn or damaged archive, or none ({damage})") from None
    return None


_ZIPPED = b"PK\x03\x04"
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
"""How zip, and gzip, bzip2 and xz begin."""


def _within_limit(members: Iterator[_Member], path: Path, endings: tuple[str, ...]) -> dict[str, bytes]:
    files, total = {}, 0
    for member in members:
        total += member.size
        if total > MOST_UNPACKED:
            raise ValueError(f"{path} holds more than {MOST_UNPACKED // 10**6} MB; give it in parts")
        if member.name.endswith(endings):
            files[member.name] = member.read()
    return files


def _in_folder(path: Path, endings: tuple[str, ...]) -> Iterator[_Member]:
    for folder, _, names in os.walk(path):
        for file in (Path(folder, name) for name in sorted(names) if name.endswith(endings)):
            if file.is_file() and not file.is_symlink():
                yield _Member(file.relative_to(path).as_posix(), file.stat().st_size, file.read_bytes)


def _in_zip(archive: zipfile.ZipFile) -> Iterator[_Member]:
    for each in archive.infolist():
        yield _Member(each.filename, each.file_size, lambda each=each: archive.read(each))  # type: ignore[misc]


def _in_tar(tape: tarfile.TarFile) -> Iterator[_Member]:
    for each in tape:
        if each.isfile() and (file := tape.extractfile(each)) is not None:
            yield _Member(each.name.removeprefix("./"), each.size, file.read)
