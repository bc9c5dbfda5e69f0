"""The documents: every page is found from the index, no link leads nowhere, no line is too long for an editor."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FREE = {"performance-log.md"}
"""A diary, kept as it was written."""


def links(page):
    """The files of this repository that a page leads to."""
    found = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    return {(page.parent / link).resolve() for link in found if not link.startswith("http")}


def test_every_page_is_found_from_the_index():
    assert [page.name for page in (ROOT / "docs").glob("*.md") if page not in links(ROOT / "docs" / "index.md")] == [
        "index.md"
    ]
    assert ROOT / "docs" / "index.md" in links(ROOT / "README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    assert [str(link) for link in links(page) if not link.exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in FREE], ids=lambda page: page.name)
def test_lines_end_by_120_columns(page):
    """But for tables, blocks of code, pictures, and a piece of code that is as long itself."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    prose = [line for line in text.splitlines() if not line.startswith(("|", "    ", "![", "`f = "))]
    assert [line for line in prose if len(line) > 120] == []
