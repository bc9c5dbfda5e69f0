"""Names of solvers in the terminal have the colours of the page, and nothing else has."""

import io

import pytest

import results
from results.analysis.looks import look
from results.table import to_frame
from tests.results.runs import row


class Terminal(io.StringIO):
    """A stream that says that it is one."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _true_colours(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


def painted(solver):
    red, green, blue = (int(look(solver)["color"][k : k + 2], 16) for k in (1, 3, 5))
    return f"\x1b[38;2;{red};{green};{blue}m{solver}\x1b[0m"


def shown(stream):
    rows = [row(solver=name, kind=kind, seed=0) for name, kind in (("newton-cg", "solve"), ("optax-adam", "peer"))]
    results.render_all(to_frame(rows), results.console(stream))
    return stream.getvalue()


def test_tables_and_conclusion_name_solvers_in_their_colours():
    text = shown(Terminal())
    for solver in ("newton-cg", "optax-adam"):
        assert text.count(painted(solver)) >= 2
        assert text.count(solver) == text.count(painted(solver))


def test_nothing_is_coloured_in_a_pipe_or_where_nobody_wants_it(monkeypatch):
    assert "\x1b" not in shown(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "38;2" not in shown(Terminal())


def test_parts_of_words_and_paths_are_no_names():
    out = Terminal()
    results.console(out).print("/home/adam/newton.csv newtonian mine-gd gd-armijo-2 himmelblau", soft_wrap=True)
    assert "38;2" not in out.getvalue()
