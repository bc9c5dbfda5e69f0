"""What to install for an extra of the suite, in words that work wherever the suite itself came from."""

import re
from importlib.metadata import PackageNotFoundError, requires


def installs(extra: str) -> str:
    """The command that installs what the extra needs; it names the packages, since no index need have the suite."""
    try:
        stated = [line.partition(";") for line in requires("zerograd") or ()]
    except PackageNotFoundError:
        stated = []
    needed = [what.strip() for what, _, when in stated if re.search(rf"extra == ['\"]{extra}['\"]", when)]
    return "pip install " + (" ".join(f'"{what}"' for what in needed) or f'"zerograd[{extra}]"')
