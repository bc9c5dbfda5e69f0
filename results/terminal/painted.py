"""Names of solvers in the terminal, in the colours that they have on the page."""

import re

from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text

from results.analysis.looks import OWN, look

_LONGEST_FIRST = "|".join(map(re.escape, sorted(OWN, key=len, reverse=True)))
_NAME = re.compile(rf"(?<![\w./-])(?:(?:{_LONGEST_FIRST})|(?:optimistix|optax|jaxopt|scipy)[-:]\w[\w-]*)(?![\w/-])")
"""Of the suite's own and of the peers; no part of a longer word or of a path."""


class Painted(Highlighter):
    """Gives every name of a solver its colour; a console without colours leaves it out."""

    def highlight(self, text: Text) -> None:
        """Styles the names in `text`."""
        for found in _NAME.finditer(text.plain):
            text.stylize(Style(color=look(found.group())["color"]), *found.span())
