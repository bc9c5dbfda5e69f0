"""Files of a run's folder, which may come from others: what lies outside it is neither read nor overwritten."""

import os
from pathlib import Path


def replace(path: Path, content: str | bytes) -> None:
    """Puts `content` in the place of what the file holds, by a file beside it and a rename; no link is followed.

    Raises:
        OSError: the disk is full, for instance; the file is as it was before.
    """
    draft = path.with_name(path.name + ".draft")
    try:
        draft.unlink(missing_ok=True)  # of a process that was killed; a link goes, not what it leads to
        with draft.open("xb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def inside(folder: Path, name: str) -> Path:
    """Where a run's folder has, or would have, the file `name`.

    Raises:
        ValueError: a link leads elsewhere.
    """
    path = folder / name
    if os.path.realpath(path) != os.path.join(os.path.realpath(folder), *Path(name).parts):
        raise ValueError(
            f"{path} is a link, or in a folder that is one; what a run's folder does not hold itself is not used: "
            "remove the link"
        )
    return path


def held(folder: Path, name: str) -> Path | None:
    """The file `name` of a run's folder, if it has one.

    Raises:
        ValueError: it is a link, or no regular file: a pipe or a device may have no end.
    """
    path = inside(folder, name)
    if not os.path.lexists(path):
        return None
    if not path.is_file():
        raise ValueError(f"{path} is no regular file; remove it")
    return path
