"""The page on the real engine: the embedded emails, the real model, a cited span in the reader."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.ui.page_server import CHROMIUM, ask, chromium, visit

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")

ROOT = Path(__file__).resolve().parents[2]
EXHIBIT = [sys.executable, "-c", "from ui.cli import main; main()"]


@pytest.fixture(scope="session")
def real_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`exhibit chat` over a new index of the digest, quoting, with settings of its own."""
    folder = tmp_path_factory.mktemp("real")
    own = {name: v for name, v in os.environ.items() if not name.startswith("EXHIBIT_")}
    own |= {f"EXHIBIT_{name}": str(folder / name) for name in ("CACHE", "INDEX", "MODELS")}
    own |= {"EXHIBIT_ANSWERER": "extractive", "PYTHONPATH": str(ROOT)}
    digest = str(ROOT / "corpus" / "digest.jsonl")
    subprocess.run([*EXHIBIT, "ingest", digest, "--offline"], env=own, check=True)
    command = [*EXHIBIT, "chat", "--no-browser", "--port", str(free_port())]
    with subprocess.Popen(command, env=own, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            yield next(line.split()[1] for line in server.stderr if line.startswith("ready: "))
        finally:
            server.terminate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        yield opened


def test_real_question_is_answered_with_a_quote_that_stands_in_the_mail(
    page: Page, real_url: str
) -> None:
    visit(page, real_url)
    assert "85 restated messages" in page.inner_text("#status")
    ask(page, "What did Sutskever and Brockman write to Musk about absolute control of AGI?")
    page.click('.citation[data-n="1"]')
    page.wait_for_selector("#reader mark")
    marked = page.inner_text("#reader mark")
    assert "control" in marked
    assert marked in page.inner_text("#past .answer")
    assert "2017-09-20T1408-sutskever" in page.inner_text("#reader")
    ask(page, "How many emails did Zilis send?", answers=2)
    page.wait_for_function(
        "() => { const all = document.querySelectorAll('#past .asked');"
        " const top = all[all.length - 1].getBoundingClientRect().top;"
        " return all.length === 2 && top > 0 && top < 200; }"
    )
    assert page.locator("#past .turn:last-child .source .quote").count() == 0
