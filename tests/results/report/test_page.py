"""The report in a real browser: it loads from a file, runs its script, and asks nothing of anybody."""

import os
import shutil

import pytest

from results.report.build import write_report
from tests.results.runs import row, write_run

pytestmark = pytest.mark.heavy
ROWS = [
    row(problem=problem, solver=solver, kind=kind, time_median_s=time, cell_id=f"{solver}-{problem}")
    for problem, factor in (("himmelblau", 1), ("beale", 3), ("<b>odd</b>&co", 2))
    for solver, kind, time in (("newton", "solve", 1e-3 * factor), ("gd", "descend", 9e-3 / factor))
]
FAILED = row(problem="branin", status="timeout", status_detail="slow", time_median_s=None, cell_id="t")


@pytest.fixture(scope="module")
def chromium():
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None and "CI" not in os.environ:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    return write_report([write_run(folder / "run", [*ROWS, FAILED], noise=0.0)], folder / "report.html")


@pytest.fixture
def page(chromium, target):
    tab = chromium.new_page(viewport={"width": 1100, "height": 900})
    tab.said, tab.asked = [], []
    tab.on("console", lambda message: tab.said.append(message.text))
    tab.on("pageerror", lambda error: tab.said.append(str(error)))
    tab.on("request", lambda request: tab.asked.append(request.url))
    tab.goto(target.as_uri())
    yield tab
    tab.close()


def column(page, number):
    return page.eval_on_selector_all(
        f"#table tbody tr:not([hidden]) td:nth-child({number})", "cells => cells.map(cell => cell.textContent)"
    )


def test_it_loads_in_silence_and_asks_only_for_itself(page):
    assert page.said == []
    assert [address for address in page.asked if not address.startswith("data:")] == [page.url]
    assert page.text_content("#count") == "7 of 7 rows"


def test_columns_sort_both_ways_and_empty_fields_stay_below(page):
    head = page.locator("#table thead th", has_text="time per start")
    place = 1 + page.eval_on_selector_all(
        "#table thead th", "heads => heads.findIndex(head => head.textContent === 'time per start')"
    )
    head.click()
    rising = column(page, place)
    head.click()
    falling = column(page, place)
    assert rising[-1] == falling[-1] == ""
    assert len(rising) == 7
    assert rising[:-1] == falling[:-1][::-1]
    assert rising[0] == "10 us"
    assert head.get_attribute("aria-sort") == "descending"


def test_the_filter_takes_words_and_a_family_opens_its_rows(page):
    page.fill("#filter", "newton beale|branin")
    assert sorted(column(page, 1)) == ["beale", "branin"]
    page.fill("#filter", "timeout")
    assert column(page, 1) == ["branin"]
    page.locator(".answer:visible th a", has_text="many stationary points").click()
    assert set(column(page, 1)) == {"himmelblau", "beale", "<b>odd</b>&co", "branin"}


@pytest.mark.parametrize("width", [1280, 800, 390])
def test_no_width_needs_sideways_scrolling(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_labels_in_pictures_can_be_read_on_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 800})
    heights = page.eval_on_selector_all(
        "figure:not([data-of-goal]) svg text", "texts => texts.map(text => text.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) >= 7


def test_print_cuts_no_column(page):
    """A page of A4, landscape, with margins of 12 mm is 1031 px wide."""
    page.set_viewport_size({"width": 1031, "height": 800})
    page.emulate_media(media="print")
    right = page.eval_on_selector_all("table, figure", "all => all.map(each => each.getBoundingClientRect().right)")
    assert max(right) <= 1031
    assert page.evaluate("getComputedStyle(document.querySelector('.tall')).maxHeight") == "none"


def test_the_switch_shows_another_goal_everywhere(page):
    shown = lambda: page.eval_on_selector_all(  # noqa: E731
        "[data-of-goal]", "all => [...new Set(all.filter(e => e.offsetParent !== null).map(e => e.dataset.ofGoal))]"
    )
    assert shown() == ["minimum"]
    page.locator("button[data-goal=global]").first.click()
    assert shown() == ["global"]


def test_a_legend_hides_and_shows_a_solver(page):
    lines = "figure[data-of-goal=minimum] [data-solver=gd]"
    before = page.locator(lines).count()
    page.locator("figure[data-of-goal=minimum] [data-legend=gd]").first.click()
    hidden = page.eval_on_selector_all(lines, "all => all.filter(e => getComputedStyle(e).display === 'none').length")
    assert 0 < hidden < before  # in this picture alone
    assert page.locator(f"{lines} > title").first.text_content() == "gd"


def test_by_keyboard_a_legend_shows_whose_lines_are_whose(page):
    entry = page.locator("figure[data-of-goal=minimum] [data-legend=gd]").first
    page.keyboard.press("Tab")
    entry.focus()
    figure = entry.locator("xpath=ancestor::*[local-name()='svg']")
    assert figure.locator("[data-solver=newton].faint").count() > 0
    assert figure.locator("[data-solver=gd].faint").count() == 0
    page.keyboard.press("Space")
    assert figure.locator("[data-solver=gd].off").count() > 0


def test_on_paper_a_figure_says_to_which_goal_it_is_and_fits_on_a_page(page):
    """The switch is not printed; A4 landscape less its margins is 703 px high."""
    page.emulate_media(media="print")
    caption = page.locator("figure[data-of-goal=minimum] figcaption").first
    assert (caption.inner_text(), caption.is_visible()) == ("to a minimum", True)
    heights = page.eval_on_selector_all("figure", "all => all.map(each => each.getBoundingClientRect().height)")
    assert max(heights) <= 703


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_pictures_stand_out_in_both_schemes(page, scheme):
    page.emulate_media(color_scheme=scheme)
    ink, paper, drawn = page.evaluate(
        """() => {
            const brightness = (text) => text.match(/\\d+/g).slice(0, 3).map(Number).reduce((a, b) => a + b) / 3;
            const body = getComputedStyle(document.body);
            const label = getComputedStyle(document.querySelector('figure:not([data-of-goal]) svg text'));
            return [body.color, body.backgroundColor, label.fill].map(brightness);
        }"""
    )
    assert (paper > 200) == (scheme == "light")
    assert abs(ink - paper) > 120
    assert abs(drawn - paper) > 120
