"""Serves the real page over a fake engine, on a free port of the loopback address."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from rag.config import Settings
from tests.ui.fake_archive import FakeEngine, desk
from ui.web.app import create_app
from ui.web.archives import Archives

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()

#: How long a step may take on a busy machine; only a failing test waits as long.
PATIENCE_MS = 60_000
#: Resolves when the page has nothing left to do.
_SETTLED = "() => new Promise((done) => setTimeout(() => requestIdleCallback(() => done()), 200))"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@contextmanager
def served(engine: FakeEngine, settings: Settings | None = None) -> Iterator[str]:
    """The page over `engine` on a free port of the loopback address."""
    listener = socket.create_server(("127.0.0.1", 0))
    archives = Archives(desk(engine), settings)
    config = uvicorn.Config(create_app(archives), log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)
        listener.close()
        archives.close()


def visit(page: Page, url: str) -> None:
    """Open the page and wait until it shows what is in the archive."""
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    page.wait_for_selector(".example")


def write(page: Page, field: str, text: str) -> None:
    """Fill a field so that it stays filled: gradio empties one once, soon after showing it."""
    page.fill(field, text)
    page.evaluate(_SETTLED)
    page.fill(field, text)


def ask(page: Page, question: str, *, answers: int = 1) -> None:
    """Type a question, press Enter, and wait until the page shows `answers` answers."""
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.locator("#past .made-by").nth(answers - 1).wait_for()
