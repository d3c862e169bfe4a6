"""Everybody can read and use the page: axe-core in light and dark, no sideways scrolling."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.ui.fake_archive import FakeEngine
from tests.ui.page_server import CHROMIUM, ask, chromium, served, visit

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")

LOOKS = [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(FakeEngine()) as address:
        yield address


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands, one line per element."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['impact']} {rule['id']}: {node['html'][:200]}"
        for rule in found
        for node in rule["nodes"]
    ]


def opened(browser: Browser, url: str, look: tuple[str, int]) -> Page:
    scheme, width = look
    colours = "dark" if scheme == "dark" else "light"
    page = browser.new_page(color_scheme=colours, viewport={"width": width, "height": 844})
    visit(page, url)
    return page


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_axe_finds_nothing_wrong_with_the_conversation(
    browser: Browser, url: str, look: tuple[str, int]
) -> None:
    page = opened(browser, url, look)
    found = violations(page)
    ask(page, "What does the boat cost?")
    found += violations(page)
    page.click(".citation")
    page.wait_for_selector("#reader mark")
    found += violations(page)
    page.keyboard.press("Escape")
    ask(page, "Where are the dragons?", answers=2)
    assert found + violations(page) == []
    page.close()


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_axe_finds_nothing_wrong_with_filters_and_the_other_tabs(
    browser: Browser, url: str, look: tuple[str, int]
) -> None:
    page = opened(browser, url, look)
    page.click("#picker > button")
    page.click("#from input")
    page.click("[role=option] >> text=Otto Lind")
    page.wait_for_selector("#from .token")
    found = violations(page)
    for tab in ("mail", "evaluation"):
        page.click(f"#tab-{tab}-button")
        page.wait_for_selector(f"#tab-{tab} .sheet")
        found += violations(page)
    assert found == []
    page.close()


@pytest.mark.parametrize("width", [1440, 1024, 390, 320])
def test_nothing_scrolls_sideways(browser: Browser, url: str, width: int) -> None:
    page = opened(browser, url, ("light", width))
    ask(page, "What does the boat cost?")
    page.click(".citation")
    page.wait_for_selector("#reader mark")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
