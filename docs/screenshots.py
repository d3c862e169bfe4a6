"""Redraws the pictures in docs/ from the bundled archive in a fresh index: `make screenshots`.

The cache is empty on purpose, so that the restated messages are shown and never the originals.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
QUESTION = "What did Sutskever and Brockman write to Musk about absolute control of AGI?"
ABSENT = "What did they write about self-driving taxis?"


def main() -> None:
    """Write the four pictures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder)) as url,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        draw(browser, url)
        browser.close()


def draw(browser: Browser, url: str) -> None:
    """Light, dark, phone, and the reader with a thread."""
    page = answered(browser.new_page(viewport=DESKTOP, color_scheme="light"), url, QUESTION)
    save(page, "chat-light")
    page.locator("#reader .thread li li button").first.click()
    page.wait_for_selector("#reader .thread li li [aria-current]")
    save(page, "chat-reader")
    page = answered(browser.new_page(viewport=DESKTOP, color_scheme="dark"), url, ABSENT)
    save(page, "chat-dark")
    page = answered(browser.new_page(viewport=PHONE, color_scheme="light"), url, QUESTION)
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('#conversation').scrollTop = 0")
    save(page, "chat-phone")


def answered(page: Page, url: str, question: str) -> Page:
    """The page after asking and opening the first source."""
    page.goto(url)
    page.wait_for_selector(".example")
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.wait_for_selector("#past .made-by", timeout=60_000)
    page.locator(".source").first.click()
    page.wait_for_selector("#reader mark")
    return page


def save(page: Page, name: str) -> None:
    """One picture, after scrolling and focus have settled."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    page.screenshot(path=DOCS / f"{name}.png")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The page over a new index of the bundled archive."""
    places = {
        "HOME": str(folder),
        "EXHIBIT_CACHE": str(folder / "cache"),
        "EXHIBIT_INDEX": str(folder / "exhibit/index"),
    }
    environment = {
        **os.environ,
        **places,
        "PYTHONPATH": str(ROOT),
        "EXHIBIT_ANSWERER": "extractive",
    }
    exhibit = [sys.executable, "-c", "from ui.cli import main; main()"]
    subprocess.run([*exhibit, "ingest", "--offline"], env=environment, check=True)  # noqa: S603 - ours
    command = [*exhibit, "chat", "--no-browser", "--port", "7869"]
    with subprocess.Popen(  # noqa: S603 - our own command line
        command, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            yield ready_url(server)
        finally:
            server.terminate()


def ready_url(server: subprocess.Popen[str]) -> str:
    """The address the server names once it answers."""
    for line in server.stderr or ():
        if line.startswith("ready: "):
            return line.split()[1]
    raise SystemExit("the page did not start; run `exhibit chat` to see why")


if __name__ == "__main__":
    main()
