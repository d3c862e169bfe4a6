"""The page is readable: contrast AA in light and dark, named controls, no sideways scrolling."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.ui.fake_archive import FakeEngine
from tests.ui.page_server import CHROMIUM, CHROMIUM_FLAGS, ask, served

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")

#: Texts below the AA ratio of WCAG 2.2 (4.5, large text 3), as "ratio colour on ground: text".
LOW_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (css) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255, 255];
  };
  const low = [];
  for (const e of document.querySelectorAll('body *')) {
    const words = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim());
    const text = words.join('');
    if (!text || !e.checkVisibility({opacityProperty: true}) || e.disabled) continue;
    if (e.closest('script,style,.sr-only')) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(rgba(style.color)), light(ground(e))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) low.push(`${ratio.toFixed(2)} ${style.color}: ${text}`);
  }
  return low;
}"""
UNNAMED = """() => [...document.querySelectorAll('button,input,textarea,summary')]
  .filter((e) => e.checkVisibility() && !(e.innerText || e.ariaLabel || e.title
    || e.labels?.[0]?.innerText || e.labels?.[0]?.textContent.trim()))
  .map((e) => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(FakeEngine()) as address:
        yield address


def low_contrast(page: Page, url: str) -> list[str]:
    """Too pale texts of the empty page, an answer, an abstention and the reader."""
    page.goto(url)
    page.wait_for_selector(".example")
    low: list[str] = page.evaluate(LOW_CONTRAST)
    ask(page, "What does the boat cost?")
    page.click(".citation")
    page.wait_for_selector("#reader mark")
    low += page.evaluate(LOW_CONTRAST)
    ask(page, "Where are the dragons?", answers=2)
    return low + list(page.evaluate(LOW_CONTRAST))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_aa_contrast(browser: Browser, url: str, scheme: str) -> None:
    colours = "dark" if scheme == "dark" else "light"
    page = browser.new_page(color_scheme=colours, viewport={"width": 1440, "height": 900})
    assert low_contrast(page, url) == []
    page.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_controls_have_names_and_nothing_scrolls_sideways(
    browser: Browser, url: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844})
    page.goto(url)
    ask(page, "What does the boat cost?")
    page.click(".citation")
    page.wait_for_selector("#reader mark")
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
